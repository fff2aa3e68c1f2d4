use super::wire::*;
use plumberd_testkit::esdb::proto::streams::{delete_resp, tombstone_resp};
use tonic::Code;

#[tokio::test]
async fn a_deleted_stream_is_not_found_and_its_numbers_go_on() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B"]).await?;
    let deleted = peer.delete("Order-1", Expectation::Exactly(1)).await?;
    assert!(matches!(
        deleted.position_option,
        Some(delete_resp::PositionOption::Position(at)) if at.commit_position > 0
    ));
    assert_eq!(
        words(&peer.read(Read::stream("Order-1")).await?),
        ["not found"]
    );
    // Again, as often as one likes.
    peer.delete("Order-1", Expectation::Any).await?;

    success(
        peer.append("Order-1", exactly(1), vec![proposed("C")])
            .await?,
    )?;
    assert_eq!(
        words(&peer.read(Read::stream("Order-1")).await?),
        ["2@Order-1"]
    );
    Ok(())
}

#[tokio::test]
async fn a_deleted_stream_takes_no_append_that_expects_another() -> TestResult {
    let mut peer = Peer::start().await?;
    for stream in ["Order-1", "Order-2"] {
        peer.write(stream, &["A", "B"]).await?;
        peer.delete(stream, Expectation::StreamExists).await?;
    }
    conflict(
        peer.append("Order-1", exactly(0), vec![proposed("C")])
            .await?,
    );
    success(
        peer.append("Order-1", no_stream(), vec![proposed("C")])
            .await?,
    )?;

    let refused = peer
        .append("Order-2", stream_exists(), vec![proposed("C")])
        .await;
    assert_eq!(exception(&refused.unwrap_err()), Some("stream-deleted"));
    let refused = peer.delete("Order-2", Expectation::StreamExists).await;
    assert_eq!(exception(&refused.unwrap_err()), Some("stream-deleted"));
    Ok(())
}

#[tokio::test]
async fn a_delete_of_another_state_says_which() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B"]).await?;
    let cases = [
        ("Order-1", Expectation::Exactly(0), "0", "1"),
        ("Order-1", Expectation::NoStream, "-1", "1"),
        ("Order-2", Expectation::Any, "-2", "-1"),
        ("Order-2", Expectation::StreamExists, "-4", "-1"),
    ];
    for (stream, expected, number, actual) in cases {
        let refused = peer.delete(stream, expected).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(
            refused.message(),
            format!(
                "Delete failed due to WrongExpectedVersion. Stream: {stream}, \
                 Expected version: {number}, Actual version: {actual}"
            )
        );
        assert_eq!(exception(&refused), Some("wrong-expected-version"));
        assert_eq!(trailer(&refused, "stream-name"), Some(stream));
        assert_eq!(trailer(&refused, "expected-version"), Some(number));
        assert_eq!(trailer(&refused, "actual-version"), Some(actual));
    }
    let refused = peer.tombstone("Order-1", Expectation::Exactly(0)).await;
    assert!(
        refused
            .unwrap_err()
            .message()
            .starts_with("Delete failed due to")
    );
    Ok(())
}

#[tokio::test]
async fn a_tombstone_is_for_ever_and_every_call_says_so() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Örder-1", &["A"]).await?;
    let position = peer
        .tombstone("Örder-1", Expectation::Any)
        .await?
        .position_option;
    assert!(matches!(
        position,
        Some(tombstone_resp::PositionOption::Position(at)) if at.commit_position > 1
    ));
    let mut following = peer.subscribe(Read::stream("Örder-1")).await?;
    assert_eq!(following.words(1).await?, ["confirmed"]);
    let refusals = [
        peer.read(Read::stream("Örder-1")).await.unwrap_err(),
        peer.append("Örder-1", any(), vec![proposed("B")])
            .await
            .unwrap_err(),
        peer.append("Örder-1", any(), vec![]).await.unwrap_err(),
        peer.delete("Örder-1", Expectation::Any).await.unwrap_err(),
        peer.tombstone("Örder-1", Expectation::Any)
            .await
            .unwrap_err(),
        following.next().await.unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(refused.message(), "Event stream 'Örder-1' is deleted.");
        assert_eq!(exception(&refused), Some("stream-deleted"));
        assert_eq!(trailer(&refused, "stream-name"), Some("%C3%96rder-1"));
    }
    let mut metadata = proposed("$metadata");
    metadata.data = bytes::Bytes::from_static(b"{}");
    success(peer.append("$$Örder-1", any(), vec![metadata]).await?)?;
    let refused = peer.read(Read::stream("$$Örder-1")).await.unwrap_err();
    assert_eq!(exception(&refused), Some("stream-deleted"));
    Ok(())
}
