use super::wire::*;
use plumberd_testkit::esdb::proto::{
    Empty,
    streams::read_req::options::{
        FilterOptions,
        filter_options::{Expression, Filter, Window},
    },
};
use tonic::Code;

pub(super) fn filter(filter: Filter) -> FilterOptions {
    FilterOptions {
        checkpoint_interval_multiplier: 1,
        filter: Some(filter),
        window: Some(Window::Count(Empty {})),
    }
}

pub(super) fn expression(regex: &str, prefix: &[&str]) -> Expression {
    Expression {
        regex: regex.into(),
        prefix: prefix.iter().map(|prefix| (*prefix).into()).collect(),
    }
}

#[tokio::test]
async fn a_filter_is_a_pattern_or_beginnings_of_streams_or_types() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["Opened", "Paid"]).await?;
    peer.write("Invoice-1", &["Sent"]).await?;
    peer.write("$system", &["Opened"]).await?;
    let cases = [
        // What Python leaves out unless told, and what Rust and Node do.
        (
            Filter::StreamIdentifier(expression(r"^(?!(\$.+$|PersistentConfig\d+$))", &[])),
            vec!["0@Order-1", "1@Order-1", "0@Invoice-1"],
        ),
        (
            Filter::StreamIdentifier(expression(r"^[^\$].*", &[])),
            vec!["0@Order-1", "1@Order-1", "0@Invoice-1"],
        ),
        // Anywhere in the name.
        (
            Filter::StreamIdentifier(expression("voice", &["Order"])),
            vec!["0@Invoice-1"],
        ),
        (
            Filter::EventType(expression("", &["Op", "Se"])),
            vec!["0@Order-1", "0@Invoice-1", "0@$system"],
        ),
        (Filter::EventType(expression("", &[])), vec![]),
    ];
    for (wanted, expected) in cases {
        let read = peer.read(Read::all().filter(filter(wanted))).await?;
        assert_eq!(words(&read), expected);
    }
    let limited = Filter::EventType(expression("Opened", &[]));
    let read = Read::all()
        .filter(filter(limited))
        .count(1)
        .backwards()
        .at_end();
    assert_eq!(words(&peer.read(read).await?), ["0@$system"]);
    Ok(())
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write(&format!("Order-{}", "a".repeat(60)), &["Opened"])
        .await?;
    let patterns = [
        "(".to_owned(),
        "a".repeat(5_000),
        "(".repeat(4_000),
        "((((a{99}){99}){99}){99})".to_owned(),
        // Too much work rather than wrong: it is known when it is asked.
        r"^(?=(a+)+\1$)|^Order-(a|aa)+(?=b)$".to_owned(),
    ];
    for pattern in patterns {
        let wanted = Filter::StreamIdentifier(expression(&pattern, &[]));
        let refused = in_time(peer.read(Read::all().filter(filter(wanted)))).await;
        let refused = refused.expect_err(&pattern);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().len() < 100);
    }
    let whole = filter(Filter::EventType(expression("", &["A"])));
    let cases = [
        FilterOptions {
            filter: None,
            ..whole.clone()
        },
        FilterOptions {
            window: None,
            ..whole.clone()
        },
        FilterOptions {
            window: Some(Window::Max(0)),
            ..whole.clone()
        },
    ];
    for case in cases {
        let refused = peer.read(Read::all().filter(case)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let of_a_stream = peer.read(Read::stream("Order-1").filter(whole)).await;
    assert_eq!(of_a_stream.unwrap_err().code(), Code::InvalidArgument);
    Ok(())
}
