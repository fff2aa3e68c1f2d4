//! URLs: every option is honoured or refused.

use plumberd::{
    backend::eventstore_v1::{Credentials, EventStoreV1Config},
    connect::ConnectError,
};

fn refused(url: &str) -> String {
    EventStoreV1Config::from_url(url).unwrap_err().to_string()
}

#[test]
fn nothing_malformed_is_ignored() {
    for (url, part) in [
        ("eventstore+ftp://h", "does not begin with"),
        ("eventstore+http:h", "does not begin with"),
        ("eventstore+http://", "`host:port`"),
        ("eventstore+http://h:port", "`host:port`"),
        ("eventstore+http://h:70000", "`host:port`"),
        ("eventstore+http://h/path", "`host:port`"),
        ("eventstore+http://h#x", "`%23`"),
        ("eventstore+http://user@h", "without a password"),
        ("eventstore+http://h?tennant=x", "no option `tennant`"),
        ("eventstore+http://h?tenant=", "`tenant` takes"),
        ("eventstore+http://h?tenant=a&tenant=b", "named twice"),
        ("eventstore+http://h?tenant=%2", "two hexadecimal digits"),
        ("eventstore+http://h?tenant=%ff", "UTF-8"),
        ("eventstore+http://h?page_size=0", "from 1 to 1000"),
        ("eventstore+http://h?page_size=1001", "from 1 to 1000"),
        ("eventstore+http://h?max_connections=0", "from 1"),
        ("eventstore+http://h?request_timeout=30", "such as `5s`"),
        ("eventstore+http://h?request_timeout=0s", "such as `5s`"),
        ("eventstore+http://h?connection_timeout=x", "such as `5s`"),
        ("eventstore+http://h?poll_interval=0ms", "such as `5s`"),
        ("eventstore+http://h?retries=-1", "from 0"),
        (
            "eventstore+http://h?plain_credentials=yes",
            "`true` or `false`",
        ),
        (
            "eventstore+http://h?plain_credentials=true",
            "no credentials",
        ),
        (
            "eventstore+http://h?tls_ca=/x",
            "only for `eventstore+https:`",
        ),
        ("eventstore+http://h?tls_cert=/x&tls_key=/y", "only for"),
        ("eventstore+https://h?tls_cert=/x", "belong together"),
        ("eventstore+https://h?tls_key=/x", "belong together"),
        (
            "eventstore+https://u:p@h?token=x",
            "not together with a user",
        ),
        ("eventstore+http://h?token=s3cret", "no TLS"),
        ("eventstore+http://u:s3cret@h", "no TLS"),
        // Characters that should have been escaped.
        ("eventstore+https://h?token=ab&s3cret", "without `=`"),
        ("eventstore+https://h?token=ab&s3cret=", "no option"),
        ("eventstore+https://user:12?s3cret@h", "without `=`"),
        ("eventstore+https://h?token=ab&s3cret==&x", "no option"),
    ] {
        let said = refused(url);
        assert!(said.contains(part), "{url}: {said}");
        assert!(!said.contains("s3cret"), "{url}: {said}");
    }
}

#[test]
fn what_may_be_a_piece_of_a_secret_is_not_shown() {
    for url in [
        "eventstore+https://h?token=ab&hush",
        "eventstore+https://user:12?hush@h",
        "eventstore+https://h?token=ab&hush+1=x",
        "eventstore+https://h?token=ab&hush==",
    ] {
        let said = refused(url);
        assert!(!said.contains("hush"), "{url}: {said}");
    }
}

#[test]
fn secrets_are_in_no_debug_text() {
    for url in [
        "eventstore+https://joe:s3cret@h",
        "eventstore+https://h?token=s3cret",
        "eventstore+http://h?token=s3cret&plain_credentials=true",
    ] {
        let shown = format!("{:?}", EventStoreV1Config::from_url(url).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    let basic = format!("{:?}", Credentials::basic("joe", "s3cret"));
    assert_eq!(basic, "Basic(\"joe\", …)");
}

#[test]
fn every_option_is_taken() {
    let config = EventStoreV1Config::from_url(
        "eventstore+https://j%40e:p%3Aw@[::1]:7?tenant=acme&tls_ca=/ca.pem&tls_cert=/c.pem\
         &tls_key=/k.pem&tls_server_name=events&connection_timeout=250ms&request_timeout=2s\
         &max_connections=3&page_size=9&poll_interval=1s&actor=robot&retries=7",
    )
    .unwrap();
    let shown = format!("{config:?}");
    for part in [
        "host: \"::1\"",
        "port: 7",
        "tenant: Some(`acme`)",
        "ca_file: Some(\"/ca.pem\")",
        "identity: Some((\"/c.pem\", \"/k.pem\"))",
        "server_name: Some(\"events\")",
        "Basic(\"j@e\"",
        "connection_timeout: 250ms",
        "request_timeout: 2s",
        "max_connections: 3",
        "page_size: 9",
        "poll_interval: 1s",
        "actor: Some(\"robot\")",
        "retries: 7",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let plain = format!(
        "{:?}",
        EventStoreV1Config::from_url("eventstore+http://h").unwrap()
    );
    for part in [
        "port: 50051",
        "connection_timeout: 5s",
        "request_timeout: 30s",
        "page_size: 100",
    ] {
        assert!(plain.contains(part), "{part} is not in {plain}");
    }
}

#[tokio::test]
async fn a_url_opens_a_store_or_says_why_not() {
    let wrong = plumberd::connect("eventstore+http://h?x=1")
        .await
        .unwrap_err();
    assert!(
        matches!(wrong, ConnectError::InvalidUrl { .. }),
        "{wrong:?}"
    );
    // A port without a listener.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let unreachable = plumberd::connect(&format!("EventStore+HTTP://{address}")).await;
    assert!(
        matches!(unreachable, Err(ConnectError::Open { .. })),
        "{unreachable:?}"
    );
}
