//! What becomes of answers, and of what was not answered.

use super::{
    PATIENCE, connect, connect_within, ending, from_start, next, stream, take, until, write,
};
use crate::faults::at_last;
use plumberd::backend::eventstoredb::{
    Delivery, EventStoreDb, EventStoreDbConfig, Nack, PersistentError, PersistentSubscription,
    Source,
};
use plumberd_testkit::esdb::EsdbServer;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// Answers everything; the answers may come to nothing, but not wait.
async fn answer_all(consumer: &PersistentSubscription, held: &[Delivery]) {
    for (index, delivery) in held.iter().enumerate() {
        let answered = timeout(PATIENCE, consumer.ack(delivery)).await;
        let answered = answered.unwrap_or_else(|_| panic!("answer {index} waits"));
        assert!(
            matches!(answered, Ok(()) | Err(PersistentError::Ended)),
            "{answered:?}"
        );
    }
}

/// A long answer.
async fn skip(
    consumer: &PersistentSubscription,
    delivery: &Delivery,
) -> Result<(), PersistentError> {
    let reason = "x".repeat(16_384);
    consumer.nack(delivery, Nack::Skip, reason).await
}

/// How many answers fit on the way to a server that takes none.
async fn skip_what_fits(consumer: &PersistentSubscription, held: &[Delivery]) -> usize {
    let mut taken = 0;
    while taken < held.len()
        && let Ok(answered) =
            timeout(Duration::from_millis(500), skip(consumer, &held[taken])).await
    {
        answered.unwrap();
        taken += 1;
    }
    assert!(taken < held.len(), "nothing was held back");
    taken
}

#[tokio::test]
async fn answers_do_not_wait_for_a_server_that_is_gone() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    // One more waits to be taken, and none behind it: the end is seen at once.
    write(&store, &stream("1"), 71).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups
        .subscribe_with_buffer(&source, "g", 100)
        .await
        .unwrap();
    let held = take(&mut consumer, 70).await;

    server.stop().await;

    answer_all(&consumer, &held).await;
}

#[tokio::test]
async fn answers_do_not_wait_after_the_group_was_changed_or_deleted() {
    for delete in [false, true] {
        let server = EsdbServer::start().await.unwrap();
        let store = connect(&server).await;
        let groups = store.persistent_subscriptions();
        let source = Source::Stream(stream("1"));
        // One more waits to be taken, and none behind it: the end is seen at once.
        write(&store, &stream("1"), 71).await;
        groups.create(&source, "g", &from_start()).await.unwrap();
        let mut consumer = groups
            .subscribe_with_buffer(&source, "g", 100)
            .await
            .unwrap();
        let held = take(&mut consumer, 70).await;

        if delete {
            groups.delete(&source, "g").await.unwrap();
        } else {
            groups.update(&source, "g", &from_start()).await.unwrap();
        }

        answer_all(&consumer, &held).await;
        // What had come before the end, and then why.
        let end = loop {
            match timeout(PATIENCE, consumer.next()).await.unwrap() {
                Ok(_) => {}
                Err(end) => break end,
            }
        };
        match end {
            PersistentError::Dropped { .. } => assert!(!delete),
            PersistentError::DoesNotExist { .. } => assert!(delete),
            end => panic!("{end:?}"),
        }
        assert!(matches!(
            ending(&mut consumer).await,
            PersistentError::Ended
        ));
        assert!(matches!(
            consumer.ack(&held[0]).await,
            Err(PersistentError::Ended)
        ));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_in_time_ends_the_connection_so_that_its_event_comes_again() {
    let server = EsdbServer::start().await.unwrap();
    // What a busy machine may be late with is done without the short deadline.
    let patient = connect(&server).await;
    let store = connect_within(&server, Duration::from_secs(2)).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&patient, &stream("1"), 1_000).await;
    // The server never takes back what it sent over a connection that stays.
    let settings = from_start().with_message_timeout(Duration::ZERO);
    let made = patient.persistent_subscriptions();
    made.create(&source, "g", &settings).await.unwrap();
    let subscribe = async || groups.subscribe_with_buffer(&source, "g", 1_000).await;
    let mut consumer = at_last(subscribe).await;
    let held = take(&mut consumer, 1_000).await;

    server.faults().freeze();
    let taken = skip_what_fits(&consumer, &held).await;
    // There is room again when the first has waited long enough.
    let late = timeout(PATIENCE, skip(&consumer, &held[taken])).await;
    late.unwrap().unwrap();
    server.faults().thaw();
    for delivery in &held[taken + 1..] {
        let answered = timeout(PATIENCE, skip(&consumer, delivery)).await;
        answered.unwrap().unwrap();
    }

    // All that is not answered comes again; in the end nothing is open.
    let answering = async {
        loop {
            let delivery = consumer.next().await.unwrap();
            consumer.ack(&delivery).await.unwrap();
        }
    };
    tokio::select! {
        () = answering => {}
        () = until(&groups, &source, |info| {
            info.connections == 1 && info.in_flight == 0 && info.retrying == 0
        }) => {}
    }
}

#[tokio::test]
async fn what_was_answered_before_the_consumer_is_dropped_is_answered() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 50).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups
        .subscribe_with_buffer(&source, "g", 50)
        .await
        .unwrap();
    for delivery in take(&mut consumer, 49).await {
        consumer.ack(&delivery).await.unwrap();
    }

    drop(consumer);

    until(&groups, &source, |info| info.connections == 0).await;
    let mut other = groups.subscribe(&source, "g").await.unwrap();
    assert_eq!(next(&mut other).await.event.revision.as_u64(), 49);
    until(&groups, &source, |info| {
        info.in_flight == 1 && info.retrying == 0
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_before_the_consumer_is_closed_outlives_its_runtime() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 50).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let url = server.url();
    let process = tokio::task::spawn_blocking(move || {
        let config = EventStoreDbConfig::from_url(&url).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = EventStoreDb::connect(config).await.unwrap();
            let groups = store.persistent_subscriptions();
            let source = Source::Stream(stream("1"));
            let subscribing = groups.subscribe_with_buffer(&source, "g", 50);
            let mut consumer = subscribing.await.unwrap();
            for delivery in take(&mut consumer, 49).await {
                consumer.ack(&delivery).await.unwrap();
            }
            consumer.close().await;
        });
    });

    process.await.unwrap();

    until(&groups, &source, |info| info.connections == 0).await;
    let mut other = groups.subscribe(&source, "g").await.unwrap();
    assert_eq!(next(&mut other).await.event.revision.as_u64(), 49);
}

#[tokio::test]
async fn to_close_a_consumer_takes_no_longer_than_two_deadlines_when_the_server_keeps_silent() {
    let server = EsdbServer::start().await.unwrap();
    // What a busy machine may be late with is done without the short deadline.
    let patient = connect(&server).await;
    let store = connect_within(&server, Duration::from_secs(1)).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&patient, &stream("1"), 1_000).await;
    let made = patient.persistent_subscriptions();
    made.create(&source, "g", &from_start()).await.unwrap();
    let subscribe = async || groups.subscribe_with_buffer(&source, "g", 1_000).await;
    let mut consumer = at_last(subscribe).await;
    let held = take(&mut consumer, 1_000).await;
    server.faults().freeze();
    skip_what_fits(&consumer, &held).await;

    let closed = timeout(PATIENCE, consumer.close()).await;

    assert!(closed.is_ok());
}

#[tokio::test]
async fn waiting_for_the_next_event_may_be_given_up_without_losing_one() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..50 {
                write(&store, &stream("1"), 2).await;
            }
        }
    });

    let mut seen = Vec::new();
    let (mut given_up, begun) = (0, tokio::time::Instant::now());
    while seen.len() < 100 {
        assert!(begun.elapsed() < PATIENCE, "{} of 100 came", seen.len());
        tokio::select! {
            biased;
            next = consumer.next() => {
                let delivery = next.unwrap();
                seen.push(delivery.event.revision.as_u64());
                consumer.ack(&delivery).await.unwrap();
            }
            () = tokio::task::yield_now() => given_up += 1,
        }
    }
    writing.await.unwrap();

    assert!(given_up > 0);
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_not_answered_when_the_connection_is_cut_comes_again() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 30).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    let mut seen = BTreeSet::new();
    for delivery in take(&mut consumer, 10).await {
        consumer.ack(&delivery).await.unwrap();
        seen.insert(delivery.event.revision.as_u64());
    }
    // These are on their way to be processed.
    let held = take(&mut consumer, 5).await;

    assert!(server.faults().drop_connections() > 0);

    let mut again = BTreeSet::new();
    while seen.len() < 30 {
        let delivery = next(&mut consumer).await;
        // To answer what came before the cut does no harm.
        if let Some(late) = held.iter().find(|held| held.event.id == delivery.event.id) {
            consumer.ack(late).await.unwrap();
            again.insert(delivery.event.revision.as_u64());
            assert!(delivery.retry_count > 0, "{delivery:?}");
        }
        consumer.ack(&delivery).await.unwrap();
        seen.insert(delivery.event.revision.as_u64());
    }
    assert_eq!(again, (10..15).collect());
    until(&groups, &source, |info| {
        info.in_flight == 0 && info.retrying == 0
    })
    .await;
}

#[tokio::test]
async fn a_consumer_that_stops_ends_and_its_event_goes_to_another() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut stops = groups.subscribe(&source, "g").await.unwrap();
    let delivery = next(&mut stops).await;

    stops.nack(&delivery, Nack::Stop, "no more").await.unwrap();

    let end = ending(&mut stops).await;
    assert!(matches!(end, PersistentError::Dropped { .. }), "{end:?}");
    let mut other = groups.subscribe(&source, "g").await.unwrap();
    assert_eq!(next(&mut other).await.event.id, delivery.event.id);
}

#[tokio::test]
async fn an_event_that_is_not_answered_in_time_comes_again_and_counts_and_is_parked_in_the_end() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    let settings = from_start()
        .with_message_timeout(Duration::from_millis(1))
        .with_max_retries(2);
    groups.create(&source, "g", &settings).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();

    for retry in 0..=2 {
        assert_eq!(next(&mut consumer).await.retry_count, retry);
    }

    until(&groups, &source, |info| info.parked == 1).await;
    // An answer that is too late changes nothing.
    write(&store, &stream("1"), 1).await;
    assert_eq!(next(&mut consumer).await.event.revision.as_u64(), 1);
}

#[tokio::test]
async fn an_event_that_was_retried_too_often_is_parked() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    let settings = from_start().with_max_retries(3);
    groups.create(&source, "g", &settings).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();

    for retry in 0..=3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.retry_count, retry);
        consumer
            .nack(&delivery, Nack::Retry, "not yet")
            .await
            .unwrap();
    }

    until(&groups, &source, |info| info.parked == 1).await;
}
