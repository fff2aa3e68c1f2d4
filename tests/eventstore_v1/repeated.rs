//! Appends whose answer is lost, and what is found then.

use crate::support::{chain, connect, events, server, soon, stream};
use plumberd::{
    ErrorKind,
    store::{EventStore, IdempotencyReason, ReadOptions, StoreError},
    stream::{
        ExpectedRevision::{self, Any, Exact, NoStream, StreamExists},
        Revision,
    },
};
use plumberd_testkit::eventstore_v1::{
    AppendFault::{AnswerAfterCommit, CutAfterCommit, Refuse},
    Defect, EventStoreV1ServerConfig,
};
use tonic::Code;

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

    // As many attempts as a busy machine takes to answer one in time.
    let patient = connect(&server, "&retries=100&request_timeout=200ms").await;
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

fn unknown<T: std::fmt::Debug>(what: &str, result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::OutcomeUnknown { .. })),
        "{what}: {result:?}"
    );
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_written() {
    let server = server().await;
    let store = connect(&server, "").await;
    for lost in [
        CutAfterCommit,
        AnswerAfterCommit(Code::Internal as i32),
        AnswerAfterCommit(Code::Unknown as i32),
        AnswerAfterCommit(Code::DataLoss as i32),
        AnswerAfterCommit(Code::Unavailable as i32),
    ] {
        for code in [
            Code::Unauthenticated,
            Code::PermissionDenied,
            Code::InvalidArgument,
            Code::Unimplemented,
        ] {
            let (name, batch) = (stream(&format!("Order-{lost:?}-{code:?}")), events(2));
            server.fail_appends([lost, Refuse(code as i32)]);
            let first = soon("an answer", store.append(&name, NoStream, batch.clone())).await;
            unknown(&format!("{lost:?}, then {code:?}"), &first);
            let again = store.append(&name, NoStream, batch).await.unwrap();
            assert!(again.is_already_applied(), "{lost:?}, then {code:?}");
        }
    }
}

#[tokio::test]
async fn who_may_not_and_who_is_not_known_wrote_nothing_and_is_told_which() {
    let server = server().await;
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    for (code, kind) in [
        (Code::PermissionDenied, ErrorKind::Forbidden),
        (Code::Unauthenticated, ErrorKind::Unauthenticated),
    ] {
        server.fail_appends([Refuse(code as i32)]);
        let appended = soon("an answer", store.append(&name, NoStream, events(1))).await;
        server.refuse_reads(1, code as i32);
        let read = store.read_stream(&name, ReadOptions::forwards());
        let read = soon("an answer", read.collect_all()).await;

        for error in [appended.unwrap_err(), read.unwrap_err()] {
            assert_eq!(error.kind(), kind, "{error:?}");
            assert!(!error.is_transient(), "{error:?}");
            assert!(error.to_string().ends_with("; nothing was written"));
        }
        let read = store.read_stream(&name, ReadOptions::forwards());
        assert!(read.collect_all().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_look_that_fails_after_a_lost_answer_leaves_the_outcome_unknown() {
    let config = EventStoreV1ServerConfig::new().with_defect(Defect::ConflictBeforeKey);
    let server = config.start().await.unwrap();
    let store = connect(&server, "").await;
    for code in [
        Code::Unauthenticated,
        Code::Unavailable,
        Code::Unimplemented,
    ] {
        let (name, batch) = (stream(&format!("Order-{code:?}")), events(2));
        server.fail_appends([CutAfterCommit]);
        server.refuse_reads(100, code as i32);
        let first = soon("an answer", store.append(&name, NoStream, batch.clone())).await;
        unknown(&format!("{code:?}"), &first);
        server.refuse_reads(0, 0);
        let again = store.append(&name, NoStream, batch).await.unwrap();
        assert!(again.is_already_applied());
    }
}

#[tokio::test]
async fn an_internal_error_of_an_append_is_looked_into() {
    let server = server().await;
    let store = connect(&server, "").await;
    for (round, fault) in [
        AnswerAfterCommit(Code::Internal as i32),
        Refuse(Code::Internal as i32),
    ]
    .into_iter()
    .enumerate()
    {
        let name = stream(&format!("Order-{round}"));
        server.fail_appends([fault]);
        let outcome = soon("the outcome", store.append(&name, NoStream, events(2))).await;
        assert_eq!(outcome.unwrap().revision(), Revision::new(1), "{fault:?}");
        let read = store.read_stream(&name, ReadOptions::forwards());
        assert_eq!(read.collect_all().await.unwrap().len(), 2, "{fault:?}");
    }
    let stubborn = connect(&server, "&retries=1").await;
    server.fail_appends([Refuse(Code::Internal as i32); 2]);
    let name = stream("Order-9");
    let append = stubborn.append(&name, NoStream, events(1));
    unknown("always", &soon("an answer", append).await);
}

#[tokio::test]
async fn of_two_first_appends_none_fails_for_good_at_an_internal_error() {
    let server = server().await;
    let (one, two) = (connect(&server, "").await, connect(&server, "").await);
    let name = stream("Order-1");
    server.fail_appends([Refuse(Code::Internal as i32)]);
    let (first, second) = soon("both", async {
        tokio::join!(
            one.append(&name, Any, events(1)),
            two.append(&name, Any, events(1))
        )
    })
    .await;
    let mut revisions = [first, second].map(|outcome| outcome.unwrap().revision().as_u64());
    revisions.sort_unstable();
    assert_eq!(revisions, [0, 1]);
}

#[tokio::test]
async fn a_server_that_is_too_busy_is_asked_again() {
    let server = server().await;
    let store = connect(&server, "&retries=1").await;
    let (name, busy) = (stream("Order-1"), Code::ResourceExhausted as i32);
    server.fail_appends([Refuse(busy)]);
    server.refuse_reads(1, busy);
    store.append(&name, Any, events(1)).await.unwrap();

    server.fail_appends([Refuse(busy); 2]);
    let append = store.append(&name, NoStream, events(1)).await;
    assert!(
        matches!(append, Err(StoreError::Unavailable { .. })),
        "{append:?}"
    );
    server.refuse_reads(2, busy);
    let read = store.stream_info(&name).await;
    assert!(
        matches!(read, Err(StoreError::Unavailable { .. })),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_stored_id_with_another_tail_is_refused_by_a_server_that_takes_known_ids() {
    let config = EventStoreV1ServerConfig::new()
        .with_defect(Defect::TakesKnownIds)
        .with_defect(Defect::ConflictBeforeKey);
    let server = config.start().await.unwrap();
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    let (first, other) = (events(2), events(1));
    store.append(&name, Any, first.clone()).await.unwrap();
    let changed = vec![first[0].clone(), other[0].clone()];
    let refused = store.append(&name, Any, changed).await;
    assert!(
        matches!(
            &refused,
            Err(StoreError::Idempotency { event_id, reason: IdempotencyReason::OtherTail, .. })
                if *event_id == other[0].id()
        ),
        "{refused:?}"
    );
    let again = store.append(&name, Any, first).await.unwrap();
    assert!(again.is_already_applied());
    let read = store.read_stream(&name, ReadOptions::forwards());
    assert_eq!(read.collect_all().await.unwrap().len(), 2);
}
