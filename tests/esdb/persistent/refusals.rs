//! Refusals, word for word.

use super::peer::*;
use crate::raw::trailer;
use plumberd_testkit::esdb::{
    Status,
    proto::persistent_subscriptions::{
        CreateReq, DeleteReq, GetInfoReq, ListReq, ReplayParkedReq, Settings, UpdateReq,
        list_req::{self, StreamOption, options::ListOption, stream_option},
        read_req::nack::Action,
    },
};
use tonic::Code;

/// Checks a refusal about the group `g` on the stream `Order-1`.
fn about(status: &Status, code: Code, message: &str, exception: &str) {
    assert_eq!(status.code(), code, "{status}");
    assert_eq!(status.message(), message);
    assert_eq!(trailer(status, "exception"), Some(exception));
    assert_eq!(trailer(status, "stream-name"), Some("Order-1"));
    assert_eq!(trailer(status, "group-name"), Some("g"));
}

fn missing(status: &Status) {
    about(
        status,
        Code::NotFound,
        "Subscription group g on stream Order-1 does not exist.",
        "persistent-subscription-does-not-exist",
    );
}

fn dropped(status: &Status) {
    about(
        status,
        Code::Cancelled,
        "Subscription group g on stream Order-1 was dropped.",
        "persistent-subscription-dropped",
    );
}

fn failed(status: &Status, reason: &str) {
    let message = format!("Subscription group g on stream Order-1 failed: '{reason}'");
    about(
        status,
        Code::Internal,
        &message,
        "persistent-subscription-failed",
    );
    assert_eq!(trailer(status, "reason"), Some(reason));
}

fn invalid<T: std::fmt::Debug>(result: Result<T, Status>) {
    let status = result.expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_missing_in_every_call() -> TestResult {
    let mut peer = Peer::start().await?;
    let stream = Source::Stream("Order-1");
    missing(&peer.update(stream, "g", settings()).await.unwrap_err());
    missing(&peer.delete("Order-1", "g").await.unwrap_err());
    missing(&peer.info("Order-1", "g").await.unwrap_err());
    missing(&peer.replay("Order-1", "g", None).await.unwrap_err());
    let consumer = peer.consume("Order-1", "g", 10).await.map(drop);
    missing(&consumer.unwrap_err());
    Ok(())
}

#[tokio::test]
async fn a_group_is_created_once() -> TestResult {
    let mut peer = Peer::start().await?;
    let stream = Source::Stream("Order-1");
    peer.create(stream.clone(), "g", settings()).await?;
    about(
        &peer.create(stream, "g", settings()).await.unwrap_err(),
        Code::AlreadyExists,
        "Subscription group g on stream Order-1 exists.",
        "persistent-subscription-exists",
    );
    Ok(())
}

#[tokio::test]
async fn a_group_takes_no_more_consumers_than_it_may() -> TestResult {
    let mut peer = Peer::start().await?;
    let one = Settings {
        max_subscriber_count: 1,
        ..settings()
    };
    peer.create(Source::Stream("Order-1"), "g", one).await?;
    let first = peer.consume("Order-1", "g", 10).await?;
    let second = peer.consume("Order-1", "g", 10).await.map(drop);
    about(
        &second.unwrap_err(),
        Code::FailedPrecondition,
        "Maximum subscriptions reached for subscription group g on stream Order-1.",
        "maximum-subscribers-reached",
    );
    drop(first);
    peer.info_when("Order-1", "g", |info| info.connections.is_empty())
        .await?;
    peer.consume("Order-1", "g", 10).await?;
    Ok(())
}

#[tokio::test]
async fn consumers_are_told_that_their_group_was_changed_or_deleted() -> TestResult {
    let mut peer = Peer::start().await?;
    let stream = Source::Stream("Order-1");
    peer.create(stream.clone(), "g", settings()).await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    peer.update(stream, "g", settings()).await?;
    dropped(&consumer.ending().await);

    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    peer.delete("Order-1", "g").await?;
    missing(&consumer.ending().await);
    Ok(())
}

#[tokio::test]
async fn a_consumer_that_says_stop_is_dropped_and_its_events_go_to_others() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 1).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    let event = consumer.next().await?;
    consumer.nack(&event, Action::Stop).await;
    dropped(&consumer.ending().await);
    let mut other = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(id(&other.take().await?), id(&event));
    Ok(())
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_with_their_reason() -> TestResult {
    let mut peer = Peer::start().await?;
    let stream = || Source::Stream("Order-1");
    let small = Settings {
        history_buffer_size: 20,
        ..settings()
    };
    failed(
        &peer.create(stream(), "g", small.clone()).await.unwrap_err(),
        "the history buffer size 20 must be larger than the read batch size 20",
    );
    let strange = Settings {
        consumer_strategy: "Random".to_owned(),
        named_consumer_strategy: 7,
        ..settings()
    };
    failed(
        &peer.create(stream(), "g", strange).await.unwrap_err(),
        "Consumer strategy Random (7) does not exist.",
    );
    peer.create(stream(), "g", settings()).await?;
    failed(
        &peer.update(stream(), "g", small).await.unwrap_err(),
        "the history buffer size 20 must be larger than the read batch size 20",
    );
    assert_eq!(peer.info("Order-1", "g").await?.buffer_size, 500);
    Ok(())
}

#[tokio::test]
async fn where_there_is_no_group_there_is_nothing_to_list() -> TestResult {
    let mut peer = Peer::start().await?;
    let of = |stream: &str| {
        let stream = stream_option::StreamOption::Stream(crate::streams::wire::identifier(stream));
        let option = StreamOption {
            stream_option: Some(stream),
        };
        ListReq {
            options: Some(list_req::Options {
                list_option: Some(ListOption::ListForStream(option)),
            }),
        }
    };
    let nothing = peer.list().await.unwrap_err();
    assert_eq!(nothing.code(), Code::NotFound);
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    assert_eq!(peer.list().await?.len(), 1);
    let listed = peer.groups.list(of("Order-1")).await?.into_inner();
    assert_eq!(listed.subscriptions[0].group_name, "g");
    assert_eq!(listed.subscriptions[0].event_source, "Order-1");
    let nothing = peer.groups.list(of("Order-2")).await.unwrap_err();
    assert_eq!(nothing.code(), Code::NotFound);
    Ok(())
}

#[tokio::test]
async fn requests_that_leave_out_what_they_are_about_are_invalid() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    invalid(peer.groups.create(CreateReq::default()).await);
    invalid(peer.groups.update(UpdateReq::default()).await);
    invalid(peer.groups.delete(DeleteReq::default()).await);
    invalid(peer.groups.get_info(GetInfoReq::default()).await);
    invalid(peer.groups.replay_parked(ReplayParkedReq::default()).await);
    invalid(peer.groups.list(ListReq::default()).await);
    for (stream, group) in [("", "g"), ("a\nb", "g"), ("Order-1", "")] {
        let source = Source::Stream(stream);
        invalid(peer.create(source.clone(), group, settings()).await);
        invalid(peer.update(source, group, settings()).await);
        invalid(peer.delete(stream, group).await);
        invalid(peer.info(stream, group).await);
        invalid(peer.replay(stream, group, None).await);
        invalid(peer.consume(stream, group, 1).await.map(drop));
    }
    invalid(peer.replay("Order-1", "g", Some(-1)).await);
    for size in [0, -1, i32::MIN] {
        invalid(peer.consume("Order-1", "g", size).await.map(drop));
    }
    let mut no_form = options("Order-1", "g", 1);
    no_form.uuid_option = None;
    let by = tonic::Request::new(());
    invalid(peer.consume_as(by, no_form).await.map(drop));
    Ok(())
}

#[tokio::test]
async fn a_filter_that_says_nothing_or_is_no_pattern_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    let long = "x".repeat(5_000);
    let mut without = filter("", &[]);
    without.filter = None;
    for filter in [
        filter("", &[]),
        filter("(", &[]),
        filter(&long, &[]),
        without,
    ] {
        let source = Source::All(Some(filter));
        invalid(peer.create(source, "g", settings()).await);
    }
    assert_eq!(peer.list().await.unwrap_err().code(), Code::NotFound);
    Ok(())
}
