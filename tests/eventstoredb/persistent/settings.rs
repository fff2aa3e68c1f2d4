//! What the settings of a group do.

use super::{connect, from_start, next, stream, take, until, write, write_typed};
use plumberd::{
    backend::eventstoredb::{
        ConsumerStrategy, EventStoreDb, GroupFilter, GroupStart, Nack, PersistentError,
        PersistentSettings, PersistentSubscription, Source,
    },
    store::{EventStore, Filter, ReadOptions},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use plumberd_testkit::esdb::{
    EsdbServer,
    proto::{
        Empty, StreamIdentifier,
        persistent_subscriptions::{
            GetInfoReq, SubscriptionInfo, get_info_req,
            persistent_subscriptions_client::PersistentSubscriptionsClient,
        },
    },
};
use std::time::Duration;
use tonic::transport::Channel;

/// What the server says of the group `g`, in its own words.
async fn raw_info(server: &EsdbServer, source: &Source) -> SubscriptionInfo {
    use get_info_req::{Options, options::StreamOption};

    let url = format!("http://{}", server.address());
    let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
    let source = match source {
        Source::Stream(stream) => StreamOption::StreamIdentifier(StreamIdentifier {
            stream_name: stream.as_str().to_owned().into(),
        }),
        Source::All => StreamOption::All(Empty {}),
    };
    let options = Options {
        group_name: "g".to_owned(),
        stream_option: Some(source),
    };
    let request = GetInfoReq {
        options: Some(options),
    };
    let mut client = PersistentSubscriptionsClient::new(channel);
    let answer = client.get_info(request).await.unwrap().into_inner();
    answer.subscription_info.unwrap()
}

/// The revisions of the next events, which are acknowledged.
async fn revisions(consumer: &mut PersistentSubscription, count: usize) -> Vec<u64> {
    let mut revisions = Vec::new();
    for delivery in take(consumer, count).await {
        consumer.ack(&delivery).await.unwrap();
        revisions.push(delivery.event.revision.as_u64());
    }
    revisions
}

async fn positions(store: &EventStoreDb) -> Vec<Position> {
    let filter = Filter::new().stream_prefix("Order-");
    let read = store.read_all(ReadOptions::forwards(), filter);
    let events = read.collect_all().await.unwrap();
    events.iter().map(|event| event.position).collect()
}

#[tokio::test]
async fn every_setting_arrives_when_a_group_is_made_and_when_it_is_changed() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    write(&store, &stream("1"), 1).await;
    let position = positions(&store).await[0];
    let settings = PersistentSettings::new()
        .with_resolve_links(true)
        .with_message_timeout(Duration::from_millis(1_001))
        .with_max_retries(2)
        .with_checkpoint(Duration::from_millis(3_003), 4, 5)
        .with_max_subscribers(6)
        .with_live_buffer(7)
        .with_read_batch(8)
        .with_history_buffer(9)
        .with_strategy(ConsumerStrategy::Pinned);
    let of_stream = Source::Stream(stream("1"));
    let by_revision = GroupStart::Revision(Revision::new(10));
    let by_position = GroupStart::Position(position);
    let at = position.as_u64();
    for (source, start, text) in [
        (&of_stream, by_revision, "10".to_owned()),
        (&Source::All, by_position, format!("C:{at}/P:{at}")),
    ] {
        let settings = settings.clone().with_start(start);
        for change in [false, true] {
            if change {
                groups.delete(source, "g").await.unwrap();
                let default = PersistentSettings::new();
                groups.create(source, "g", &default).await.unwrap();
                groups.update(source, "g", &settings).await.unwrap();
            } else {
                groups.create(source, "g", &settings).await.unwrap();
            }
            let info = raw_info(&server, source).await;
            assert!(info.resolve_link_tos);
            assert!(!info.extra_statistics);
            assert_eq!(info.message_timeout_milliseconds, 1_001);
            assert_eq!(info.max_retry_count, 2);
            assert_eq!(info.check_point_after_milliseconds, 3_003);
            assert_eq!(info.min_check_point_count, 4);
            assert_eq!(info.max_check_point_count, 5);
            assert_eq!(info.max_subscriber_count, 6);
            assert_eq!(info.live_buffer_size, 7);
            assert_eq!(info.read_batch_size, 8);
            assert_eq!(info.buffer_size, 9);
            assert_eq!(info.named_consumer_strategy, "Pinned");
            assert_eq!(info.start_from, text);
        }
    }
}

#[tokio::test]
async fn every_strategy_is_taken() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    for (strategy, name) in [
        (ConsumerStrategy::RoundRobin, "RoundRobin"),
        (ConsumerStrategy::DispatchToSingle, "DispatchToSingle"),
        (ConsumerStrategy::Pinned, "Pinned"),
    ] {
        let source = Source::Stream(stream(name));
        write(&store, &stream(name), 3).await;
        let settings = from_start().with_strategy(strategy);
        groups.create(&source, "g", &settings).await.unwrap();
        let mut consumer = groups.subscribe(&source, "g").await.unwrap();
        assert_eq!(revisions(&mut consumer, 3).await, [0, 1, 2]);
        let info = raw_info(&server, &source).await;
        assert_eq!(info.named_consumer_strategy, name);
    }
}

#[tokio::test]
async fn a_group_begins_where_it_is_told() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let of_stream = Source::Stream(stream("1"));
    write(&store, &stream("1"), 5).await;
    let position = positions(&store).await[3];
    for (name, source, start, first) in [
        ("by default", &of_stream, None, 5),
        ("end", &of_stream, Some(GroupStart::End), 5),
        ("start", &of_stream, Some(GroupStart::Start), 0),
        (
            "revision",
            &of_stream,
            Some(GroupStart::Revision(Revision::new(2))),
            2,
        ),
        (
            "position",
            &Source::All,
            Some(GroupStart::Position(position)),
            3,
        ),
        ("end of all", &Source::All, Some(GroupStart::End), 5),
    ] {
        let mut settings = PersistentSettings::new();
        if let Some(start) = start {
            settings = settings.with_start(start);
        }
        groups.create(source, name, &settings).await.unwrap();
        if first == 5 {
            // What is written before anybody consumes is not missed.
            continue;
        }
        let mut consumer = groups.subscribe(source, name).await.unwrap();
        assert_eq!(revisions(&mut consumer, 1).await, [first], "{name}");
    }
    write(&store, &stream("1"), 1).await;
    for (name, source) in [
        ("by default", &of_stream),
        ("end", &of_stream),
        ("end of all", &Source::All),
    ] {
        let mut consumer = groups.subscribe(source, name).await.unwrap();
        let delivery = loop {
            let delivery = next(&mut consumer).await;
            // Everything is also what the server writes for itself.
            if delivery.event.stream == stream("1") {
                break delivery;
            }
            consumer.ack(&delivery).await.unwrap();
        };
        assert_eq!(delivery.event.revision.as_u64(), 5, "{name}");
    }
}

#[tokio::test]
async fn a_place_of_another_kind_is_refused() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let revision = GroupStart::Revision(Revision::new(1));
    let position = GroupStart::Position(Position::new(1));
    for (source, start) in [
        (Source::All, revision),
        (Source::Stream(stream("1")), position),
    ] {
        let settings = PersistentSettings::new().with_start(start);
        let refused = groups.create(&source, "g", &settings).await;
        assert!(
            matches!(
                refused,
                Err(PersistentError::InvalidSettings {
                    setting: "start",
                    ..
                })
            ),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_group_on_everything_lets_through_the_types_of_its_filter_also_after_a_change() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let filter = GroupFilter::EventTypePrefixes(vec!["Paid".to_owned(), "Sent".to_owned()]);
    let settings = from_start().with_filter(filter);
    groups.create(&Source::All, "g", &settings).await.unwrap();
    for event_type in ["Placed", "PaidInFull", "Packed", "Sent"] {
        write_typed(&store, &stream("1"), event_type, 1).await;
    }
    let mut consumer = groups.subscribe(&Source::All, "g").await.unwrap();
    assert_eq!(revisions(&mut consumer, 2).await, [1, 3]);
    drop(consumer);

    let refused = groups.update(&Source::All, "g", &settings).await;
    assert!(
        matches!(
            refused,
            Err(PersistentError::InvalidSettings {
                setting: "filter",
                ..
            })
        ),
        "{refused:?}"
    );
    let changed = from_start().with_max_retries(1);
    groups.update(&Source::All, "g", &changed).await.unwrap();
    for event_type in ["Placed", "Sent"] {
        write_typed(&store, &stream("2"), event_type, 1).await;
    }
    let mut consumer = groups.subscribe(&Source::All, "g").await.unwrap();
    let delivery = loop {
        let delivery = next(&mut consumer).await;
        let event_type = delivery.event.event_type.as_str();
        assert!(matches!(event_type, "PaidInFull" | "Sent"), "{delivery:?}");
        if delivery.event.stream == stream("2") {
            break delivery;
        }
        consumer.ack(&delivery).await.unwrap();
    };
    assert_eq!(delivery.event.revision.as_u64(), 1);
}

#[tokio::test]
async fn a_change_that_names_no_start_leaves_it_and_what_is_still_to_come() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    write(&store, &stream("1"), 5).await;
    let at = GroupStart::Position(positions(&store).await[2]);
    for (source, start, first) in [
        (Source::Stream(stream("1")), GroupStart::Start, 0),
        (Source::All, at, 2),
    ] {
        let settings = PersistentSettings::new().with_start(start);
        groups.create(&source, "g", &settings).await.unwrap();

        let changed = PersistentSettings::new().with_max_retries(1);
        groups.update(&source, "g", &changed).await.unwrap();

        assert_eq!(raw_info(&server, &source).await.max_retry_count, 1);
        let mut consumer = groups.subscribe(&source, "g").await.unwrap();
        assert_eq!(revisions(&mut consumer, 1).await, [first]);
        let missing = groups.update(&source, "other", &changed).await;
        assert!(
            matches!(missing, Err(PersistentError::DoesNotExist { .. })),
            "{missing:?}"
        );
    }
}

#[tokio::test]
async fn links_are_delivered_as_what_they_point_to_and_links_to_nothing_are_passed_over() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let category = StreamName::raw("$ce-Order").unwrap();
    let source = Source::Stream(category.clone());
    for id in ["1", "2", "3"] {
        write(&store, &stream(id), 1).await;
    }
    store
        .delete(&stream("2"), ExpectedRevision::Any)
        .await
        .unwrap();
    let settings = from_start().with_resolve_links(true);
    groups.create(&source, "g", &settings).await.unwrap();

    let mut consumer = groups.subscribe(&source, "g").await.unwrap();

    for (id, at) in [("1", 0), ("3", 2)] {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.event.stream, stream(id));
        let link = delivery.event.link.as_ref().unwrap();
        assert_eq!((&link.stream, link.revision.as_u64()), (&category, at));
        consumer.ack(&delivery).await.unwrap();
    }
    assert_eq!(store.unresolved_links(), 1);
    // It is not only left out but answered.
    until(&groups, &source, |info| info.in_flight == 0).await;
    assert_eq!(groups.info(&source, "g").await.unwrap().total, 3);
}

#[tokio::test]
async fn a_message_time_out_that_would_be_sent_as_none_is_refused() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    let settings = |timeout| PersistentSettings::new().with_message_timeout(timeout);

    let refused = groups
        .create(&source, "g", &settings(Duration::from_micros(999)))
        .await;

    assert!(
        matches!(
            refused,
            Err(PersistentError::InvalidSettings {
                setting: "message_timeout",
                ..
            })
        ),
        "{refused:?}"
    );
    for (timeout, sent) in [(Duration::ZERO, 0), (Duration::from_micros(1_999), 1)] {
        groups
            .create(&source, "g", &settings(timeout))
            .await
            .unwrap();
        let info = raw_info(&server, &source).await;
        assert_eq!(info.message_timeout_milliseconds, sent);
        groups.delete(&source, "g").await.unwrap();
    }
}

#[tokio::test]
async fn a_group_whose_place_no_stream_can_keep_is_refused_and_not_for_now() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    let longest = 987 - stream("1").as_str().len();
    for name in ["x".repeat(1_100), "x".repeat(longest + 1), "x\ny".into()] {
        let refused = groups.create(&source, &name, &from_start()).await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(
                refused,
                PersistentError::InvalidSettings {
                    setting: "group",
                    ..
                }
            ),
            "{refused:?}"
        );
        assert!(!refused.is_transient());
        let missing = groups.subscribe(&source, &name).await;
        assert!(
            matches!(missing, Err(PersistentError::DoesNotExist { .. })),
            "{missing:?}"
        );
    }
    let name = "x".repeat(longest);
    groups.create(&source, &name, &from_start()).await.unwrap();
}

#[tokio::test]
async fn no_more_parked_events_are_replayed_than_the_limit_says_also_the_second_time() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    write(&store, &stream("1"), 3).await;
    let filter = GroupFilter::StreamPrefixes(vec!["Order-".to_owned()]);
    let of_all = from_start().with_filter(filter);
    for (source, settings) in [
        (Source::Stream(stream("1")), from_start()),
        (Source::All, of_all),
    ] {
        groups.create(&source, "g", &settings).await.unwrap();
        // Nothing is parked yet.
        groups.replay_parked(&source, "g", Some(1)).await.unwrap();
        let mut consumer = groups.subscribe(&source, "g").await.unwrap();
        for limit in [None, Some(2)] {
            let parked = take(&mut consumer, 3).await;
            for delivery in &parked {
                consumer.nack(delivery, Nack::Park, "later").await.unwrap();
            }
            until(&groups, &source, |info| info.parked == 3).await;
            if limit.is_none() {
                groups.replay_parked(&source, "g", None).await.unwrap();
                continue;
            }
            groups.replay_parked(&source, "g", Some(0)).await.unwrap();
            groups.replay_parked(&source, "g", limit).await.unwrap();
            let again = take(&mut consumer, 2).await;
            assert_eq!(again[0].event.id, parked[0].event.id);
            assert_eq!(again[1].event.id, parked[1].event.id);
            until(&groups, &source, |info| info.parked == 1).await;
            groups
                .replay_parked(&source, "g", Some(usize::MAX))
                .await
                .unwrap();
            assert_eq!(next(&mut consumer).await.event.id, parked[2].event.id);
        }
        let missing = groups.replay_parked(&source, "other", Some(1)).await;
        assert!(
            matches!(missing, Err(PersistentError::DoesNotExist { .. })),
            "{missing:?}"
        );
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_group_and_its_place_and_its_parked_events_are_there_after_a_restart() {
    let folder = plumberd_tests::TempFolder::new();
    let file = folder.path().join("streams.db");
    let config = plumberd_testkit::esdb::EsdbServerConfig::new().with_file(file);
    let server = config.start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 5).await;
    let settings = from_start()
        .with_checkpoint(Duration::ZERO, 1, 1)
        .with_max_retries(7);
    groups.create(&source, "g", &settings).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    let parked = next(&mut consumer).await;
    consumer.nack(&parked, Nack::Park, "later").await.unwrap();
    assert_eq!(revisions(&mut consumer, 3).await, [1, 2, 3]);
    until(&groups, &source, |info| {
        let place = Revision::new(3);
        info.checkpoint == Some(plumberd::backend::eventstoredb::GroupPlace::Revision(place))
    })
    .await;
    drop(consumer);

    server.restart().await.unwrap();

    assert_eq!(raw_info(&server, &source).await.max_retry_count, 7);
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    assert_eq!(groups.info(&source, "g").await.unwrap().parked, 1);
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    assert_eq!(revisions(&mut consumer, 1).await, [4]);
    groups.replay_parked(&source, "g", Some(1)).await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, parked.event.id);
}
