use super::{
    filter::{expression, filter},
    wire::*,
};
use plumberd_testkit::esdb::proto::streams::read_req::options::filter_options::{Filter, Window};
use tonic::Code;

#[tokio::test]
async fn a_subscription_confirms_then_tells_what_was_then_what_comes() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B", "C"]).await?;
    let mut following = peer.subscribe(Read::stream("Order-1").at(0)).await?;
    let history = ["confirmed", "1@Order-1", "2@Order-1", "caught up"];
    assert_eq!(following.words(4).await?, history);
    peer.write("Order-2", &["A"]).await?;
    peer.write("Order-1", &["D"]).await?;
    assert_eq!(following.words(1).await?, ["3@Order-1"]);
    peer.write("Order-1", &["E"]).await?;
    // It has not fallen behind, so it does not catch up again.
    assert_eq!(following.words(1).await?, ["4@Order-1"]);
    Ok(())
}

#[tokio::test]
async fn a_subscription_may_wait_for_a_stream_that_is_not_there() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut following = peer.subscribe(Read::stream("Order-1")).await?;
    assert_eq!(following.words(2).await?, ["confirmed", "caught up"]);
    peer.write("Order-1", &["A"]).await?;
    assert_eq!(following.words(1).await?, ["0@Order-1"]);
    peer.delete("Order-1", Expectation::Any).await?;
    peer.write("Order-1", &["B"]).await?;
    assert_eq!(following.words(1).await?, ["1@Order-1"]);
    peer.tombstone("Order-1", Expectation::Any).await?;
    let ended = following.next().await.unwrap_err();
    assert_eq!(exception(&ended), Some("stream-deleted"));
    Ok(())
}

#[tokio::test]
async fn a_subscription_from_the_end_misses_nothing_after_its_confirmation() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"]).await?;
    for read in [Read::stream("Order-1").at_end(), Read::all().at_end()] {
        let mut following = peer.subscribe(read).await?;
        assert_eq!(following.words(1).await?, ["confirmed"]);
        let written = peer.write("Order-1", &["B"]).await?;
        let mut next = following.words(1).await?.remove(0);
        if next == "caught up" {
            next = following.words(1).await?.remove(0);
        }
        let place = match written.current_revision_option {
            Some(plumberd_testkit::esdb::proto::streams::append_resp::success::CurrentRevisionOption::CurrentRevision(at)) => at,
            other => panic!("no revision: {other:?}"),
        };
        assert_eq!(next, format!("{place}@Order-1"));
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_to_everything_begins_after_its_position() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B"]).await?;
    let first = peer.events(Read::all().count(1)).await?.remove(0);
    let first = first.event.map_or(0, |event| event.commit_position);
    let mut following = peer.subscribe(Read::all().at(first)).await?;
    let words = following.words(3).await?;
    assert_eq!(words, ["confirmed", "1@Order-1", "caught up"]);
    Ok(())
}

#[tokio::test]
async fn a_filtered_subscription_says_how_far_it_has_come() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"; 5]).await?;
    peer.write("Invoice-1", &["A"]).await?;
    peer.write("Order-1", &["A"; 3]).await?;
    let mut options = filter(Filter::StreamIdentifier(expression("", &["Invoice-"])));
    options.window = Some(Window::Max(2));
    options.checkpoint_interval_multiplier = 2;
    let mut following = peer.subscribe(Read::all().filter(options)).await?;
    let expected = [
        "confirmed",
        "checkpoint 4",
        "0@Invoice-1",
        "checkpoint 8",
        "checkpoint 9",
        "caught up",
    ];
    assert_eq!(following.words(6).await?, expected);
    // Live, it is as often.
    peer.write("Order-1", &["A"; 3]).await?;
    peer.write("Invoice-1", &["A"; 2]).await?;
    let live = ["1@Invoice-1", "checkpoint 13", "2@Invoice-1"];
    assert_eq!(following.words(3).await?, live);
    Ok(())
}

#[tokio::test]
async fn a_checkpoint_is_not_said_twice() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"; 4]).await?;
    let mut options = filter(Filter::StreamIdentifier(expression("", &["Invoice-"])));
    options.window = Some(Window::Max(2));
    let mut following = peer.subscribe(Read::all().filter(options)).await?;
    let expected = ["confirmed", "checkpoint 2", "checkpoint 4", "caught up"];
    assert_eq!(following.words(4).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut never = filter(Filter::StreamIdentifier(expression("", &["Invoice-"])));
    never.checkpoint_interval_multiplier = 0;
    for read in [Read::all().filter(never), Read::all().backwards()] {
        let refused = peer.subscribe(read).await.err().ok_or("subscribed")?;
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_ends_as_unavailable_when_the_server_stops() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut following = peer.subscribe(Read::all()).await?;
    assert_eq!(following.words(2).await?, ["confirmed", "caught up"]);
    peer.server.stop().await;
    assert_eq!(
        following.next().await.unwrap_err().code(),
        Code::Unavailable
    );
    Ok(())
}

#[tokio::test]
async fn a_server_stops_though_a_client_does_not_take_what_it_asked_for() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut large = proposed("A");
    for _ in 0..40 {
        large.id = Some(uuid_text(plumberd::event::new_event_id()));
        large.data = vec![b'x'; 500_000].into();
        peer.append("Order-1", any(), vec![large.clone()]).await?;
    }
    let slow = peer.subscribe(Read::stream("Order-1")).await?;
    let other = peer.read(Read::stream("Order-1").count(1)).await?;
    assert_eq!(words(&other), ["0@Order-1"]);
    in_time(peer.server.stop()).await;
    in_time(peer.server.restart()).await?;
    drop(slow);
    Ok(())
}

#[tokio::test]
async fn who_falls_behind_is_told_and_catches_up_again() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut following = peer.subscribe(Read::all()).await?;
    assert_eq!(following.words(2).await?, ["confirmed", "caught up"]);
    peer.write("Order-1", &vec!["A"; 3_000]).await?;
    assert_eq!(following.words(1).await?, ["fell behind"]);
    let words = following.words(3_001).await?;
    assert_eq!(words[0], "0@Order-1");
    assert_eq!(words[3_000], "caught up");
    Ok(())
}

#[tokio::test]
async fn a_stream_that_the_server_fills_is_followed_live() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"]).await?;
    let mut following = peer
        .subscribe(Read::stream("$ce-Order").resolving())
        .await?;
    let history = ["confirmed", "0@Order-1 by 0@$ce-Order", "caught up"];
    assert_eq!(following.words(3).await?, history);
    peer.write("Order-2", &["A"]).await?;
    let live = ["0@Order-2 by 1@$ce-Order"];
    assert_eq!(following.words(1).await?, live);
    let read = peer
        .read(Read::stream("$ce-Order").backwards().at_end())
        .await?;
    assert_eq!(words(&read), ["1@$ce-Order", "0@$ce-Order"]);
    Ok(())
}

#[tokio::test]
async fn streams_in_a_file_are_read_and_followed_as_those_in_memory() -> TestResult {
    let folder = plumberd_tests::TempFolder::new();
    let config = plumberd_testkit::esdb::EsdbServerConfig::new();
    let mut peer = Peer::with(config.with_file(folder.path().join("streams.db"))).await?;
    let event = proposed("A");
    peer.append("Order-1", no_stream(), vec![event.clone()])
        .await?;
    peer.append("Order-2", no_stream(), vec![event.clone()])
        .await?;
    let mut following = peer.subscribe(Read::all()).await?;
    let history = ["confirmed", "0@Order-1", "0@Order-2", "caught up"];
    assert_eq!(following.words(4).await?, history);
    peer.write("Order-1", &["B"; 700]).await?;
    let mut seen = Vec::new();
    while seen.last().map(String::as_str) != Some("700@Order-1") {
        seen.extend(following.words(1).await?);
    }
    seen.retain(|word| word != "fell behind" && word != "caught up");
    assert_eq!(seen.len(), 700);
    peer.server.restart().await?;
    let stored = peer.events(Read::stream("Order-2")).await?.remove(0).event;
    let stored = stored.ok_or("no event")?;
    assert_eq!(
        (stored.id, stored.custom_metadata),
        (event.id, event.custom_metadata)
    );
    Ok(())
}
