use super::wire::*;
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::proto::streams::{
    append_resp::success::{CurrentRevisionOption, PositionOption},
    batch_append_req::options::ExpectedStreamPosition,
    batch_append_resp,
};

#[tokio::test]
async fn an_append_says_where_it_ended_and_is_read_back() -> TestResult {
    let mut peer = Peer::start().await?;
    let first = peer.write("Order-1", &["Opened", "Paid"]).await?;
    assert_eq!(
        first.current_revision_option,
        Some(CurrentRevisionOption::CurrentRevision(1))
    );
    assert!(matches!(
        first.position_option,
        Some(PositionOption::Position(position)) if position.commit_position > 0
    ));
    let events = peer.read(Read::stream("Order-1")).await?;
    assert_eq!(words(&events), ["0@Order-1", "1@Order-1"]);
    let events = peer.read(Read::all().backwards().at_end()).await?;
    assert_eq!(words(&events), ["1@Order-1", "0@Order-1"]);
    Ok(())
}

#[tokio::test]
async fn a_batch_in_several_chunks_is_one_append() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let id = uuid_halves(new_event_id());
    let options = batch_options("Order-1", ExpectedStreamPosition::NoStream(()));
    let chunk = |options, last| batch(id.clone(), options, vec![proposed("Opened")], last);
    session.send(chunk(Some(options), false)).await;
    session.send(chunk(None, false)).await;
    session.send(chunk(None, true)).await;
    let answer = session.answer().await?;
    assert_eq!(answer.correlation_id, Some(id.clone()));
    assert_eq!(answer.stream_identifier, Some(identifier("Order-1")));
    assert_eq!(
        answer.expected_stream_position,
        Some(batch_append_resp::ExpectedStreamPosition::NoStream(()))
    );
    let Some(batch_append_resp::Result::Success(success)) = answer.result else {
        panic!("no success: {answer:?}");
    };
    assert_eq!(
        success.current_revision_option,
        Some(batch_append_resp::success::CurrentRevisionOption::CurrentRevision(2))
    );
    assert_eq!(peer.events(Read::stream("Order-1")).await?.len(), 3);
    Ok(())
}
