//! Appends whose answer is lost, and what is found then.

use crate::support::{chain, connect, events, server, soon, stream};
use plumberd::{
    store::{EventStore, IdempotencyReason, ReadOptions, StoreError},
    stream::{
        ExpectedRevision::{self, Any, Exact, NoStream, StreamExists},
        Revision,
    },
};
use plumberd_testkit::eventstore_v1::{Defect, EventStoreV1ServerConfig};

fn modes() -> [ExpectedRevision; 3] {
    [Any, Exact(Revision::new(0)), StreamExists]
}

#[tokio::test]
async fn an_append_that_was_cut_off_is_found_and_written_once() {
    for conflict_first in [false, true] {
        let mut config = EventStoreV1ServerConfig::new();
        if conflict_first {
            config = config.with_defect(Defect::ConflictBeforeKey);
        }
        let server = config.start().await.unwrap();
        let store = connect(&server, "").await;
        let name = stream("Order-1");
        for (round, mode) in modes().into_iter().enumerate() {
            let name = stream(&format!("Order-{round}"));
            store.append(&name, NoStream, events(1)).await.unwrap();
            server.cut_after_commit(1);
            let append = store.append(&name, mode, events(2));
            let outcome = soon("the outcome", append).await.unwrap();
            assert_eq!(
                (outcome.first_revision(), outcome.revision()),
                (Revision::new(1), Revision::new(2))
            );
            let read = store.read_stream(&name, ReadOptions::forwards());
            let read = read.collect_all().await.unwrap();
            assert_eq!(read.len(), 3, "{mode} wrote another number of events");
            assert_eq!(outcome.position(), read[2].position);
        }
        let again = store.stream_info(&name).await.unwrap();
        assert_eq!(again.last_revision, Some(Revision::new(2)));
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_told_and_the_same_batch_tells() {
    let server = server().await;
    let store = connect(&server, "&retries=0").await;
    let (name, batch) = (stream("Order-1"), events(2));
    server.cut_after_commit(1);
    let cut = soon("the cut", store.append(&name, NoStream, batch.clone())).await;
    assert!(
        matches!(cut, Err(StoreError::OutcomeUnknown { .. })),
        "{cut:?}"
    );

    let again = store.append(&name, NoStream, batch.clone()).await.unwrap();
    assert!(again.is_already_applied());
    assert_eq!(again.revision(), Revision::new(1));
    // Another handle, that knows of nothing.
    let other = connect(&server, "").await;
    let again = other.append(&name, NoStream, batch).await.unwrap();
    assert!(again.is_already_applied());
}

#[tokio::test]
async fn a_call_without_an_answer_ends_when_its_time_is_over() {
    let server = server().await;
    let store = connect(&server, "&retries=0&request_timeout=100ms").await;
    let name = stream("Order-1");
    server.stay_silent(1);
    let read = store.read_stream(&name, ReadOptions::forwards());
    let error = soon("the read", read.collect_all()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(
        chain(&error).contains("no answer within 100ms"),
        "{}",
        chain(&error)
    );
    server.stay_silent(1);
    let append = soon("the append", store.append(&name, NoStream, events(1))).await;
    assert!(
        matches!(append, Err(StoreError::OutcomeUnknown { .. })),
        "{append:?}"
    );

    let patient = connect(&server, "&retries=1&request_timeout=200ms").await;
    server.stay_silent(1);
    let append = soon("the append", patient.append(&name, NoStream, events(1))).await;
    assert!(append.is_ok(), "{append:?}");
}

#[tokio::test]
async fn an_append_to_a_server_that_is_down_wrote_nothing() {
    let server = server().await;
    let store = connect(&server, "&retries=1&max_connections=1").await;
    let name = stream("Order-1");
    store.append(&name, NoStream, events(1)).await.unwrap();
    server.stop().await;
    // The first call may learn of it the hard way.
    let _ = soon("a read", store.stream_info(&name)).await;
    let down = soon("the append", store.append(&name, NoStream, events(1))).await;
    assert!(
        matches!(down, Err(StoreError::Unavailable { .. })),
        "{down:?}"
    );
    server.restart().await.unwrap();
    let up = soon("the append", store.append(&name, Any, events(1))).await;
    assert_eq!(up.unwrap().revision(), Revision::new(1));
}

#[tokio::test]
async fn an_id_of_another_stream_is_refused_where_the_expectation_holds() {
    let server = server().await;
    let store = connect(&server, "&page_size=2").await;
    let batch = events(3);
    store
        .append(&stream("Order-1"), NoStream, batch.clone())
        .await
        .unwrap();
    for mode in [NoStream, Any] {
        let refused = store.append(&stream("Order-2"), mode, batch.clone()).await;
        assert!(
            matches!(
                &refused,
                Err(StoreError::Idempotency { event_id, reason: IdempotencyReason::OtherStream, .. })
                    if *event_id == batch[0].id()
            ),
            "{refused:?}"
        );
    }
}
