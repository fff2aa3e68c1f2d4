use super::wire::*;
use bytes::Bytes;
use plumberd::event::EventType;
use plumberd_testkit::esdb::proto::{
    StreamIdentifier, Uuid as ProtoUuid,
    streams::{append_req, read_req::options::StreamOption},
    uuid as proto_uuid,
};
use tonic::{Code, Status};

fn refused<T: std::fmt::Debug>(result: Result<T, Status>) {
    let status = result.expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().len() < 300, "{status}");
}

#[tokio::test]
async fn names_that_are_none_are_refused_in_every_call() -> TestResult {
    let mut peer = Peer::start().await?;
    let long = "x".repeat(2_000_000);
    for name in ["", "a\nb", long.as_str()] {
        refused(peer.append(name, any(), vec![proposed("A")]).await);
        refused(peer.read(Read::stream(name)).await);
        refused(peer.subscribe(Read::stream(name)).await.map(|_| ()));
        refused(peer.delete(name, Expectation::Any).await);
        refused(peer.tombstone(name, Expectation::Any).await);
    }
    let rubbish = Read::stream("a").with(|options| {
        if let Some(StreamOption::Stream(stream)) = &mut options.stream_option {
            stream.stream_identifier = Some(StreamIdentifier {
                stream_name: Bytes::from_static(&[0xff, 0xfe, b'a']),
            });
        }
    });
    refused(peer.read(rubbish).await);
    let long_type = "x".repeat(EventType::MAX_LEN + 1);
    for event_type in ["", "a\0b", long_type.as_str()] {
        refused(
            peer.append("Order-1", any(), vec![proposed(event_type)])
                .await,
        );
    }
    assert!(peer.events(Read::all()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn ids_that_are_none_are_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    let text = |text: &str| {
        Some(ProtoUuid {
            value: Some(proto_uuid::Value::String(text.into())),
        })
    };
    let long = "f".repeat(100_000);
    let ids = [
        None,
        Some(ProtoUuid { value: None }),
        text(""),
        text("no id"),
        text(&long),
    ];
    for id in ids {
        let event = append_req::ProposedMessage {
            id,
            ..proposed("A")
        };
        refused(peer.append("Order-1", any(), vec![event]).await);
    }
    Ok(())
}

#[tokio::test]
async fn the_largest_numbers_are_numbers() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"]).await?;
    for count in [u64::MAX, u64::MAX - 1, 1 << 63] {
        let read = Read::stream("Order-1").count(count);
        assert_eq!(peer.events(read).await?.len(), 1);
    }
    for read in [Read::stream("Order-1"), Read::all()] {
        assert!(peer.events(read.clone().at(u64::MAX)).await?.is_empty());
        let mut following = peer.subscribe(read.at(u64::MAX)).await?;
        assert_eq!(following.words(2).await?, ["confirmed", "caught up"]);
    }
    conflict(
        peer.append("Order-1", exactly(u64::MAX), vec![proposed("A")])
            .await?,
    );
    Ok(())
}

#[tokio::test]
async fn events_of_no_bytes_are_counted() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut event = proposed("A");
    event.data = Bytes::new();
    event.custom_metadata = Bytes::new();
    let requests = append_requests("Order-1", any(), vec![event; 65_537]);
    let status = in_time(peer.append_raw(requests)).await.unwrap_err();
    assert_eq!(exception(&status), Some("maximum-append-size-exceeded"));
    Ok(())
}

#[tokio::test]
async fn metadata_that_no_store_understands_are_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    for data in ["{", "[]", r#"{"$maxCount":-1}"#, r#"{"$tb":"soon"}"#] {
        let mut metadata = proposed("$metadata");
        metadata.data = Bytes::copy_from_slice(data.as_bytes());
        refused(peer.append("$$Order-1", any(), vec![metadata]).await);
    }
    refused(
        peer.append("$$Order-1", any(), vec![proposed("Other")])
            .await,
    );
    Ok(())
}
