//! Readers whose checkpoint is newer than the store: it was restored from a
//! backup since.

use crate::bell::handlers;
use plumberd::{
    backend::memory::Memory,
    command::{CommandServer, ServerError},
    event::{NewEvent, new_event_id},
    prelude::*,
    store::StoreError,
    stream::ExpectedRevision::Any,
};

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Happened".parse().unwrap(), "{}")
}

#[tokio::test]
async fn a_command_server_whose_checkpoint_is_newer_than_the_store_says_so() {
    let store = Memory::new();
    let stream = StreamName::raw(">SessionInCheckpoint-Bells").unwrap();
    let kind = "CommandsAnswered".parse().unwrap();
    let checkpoint = NewEvent::new(new_event_id(), kind, r#"{"Position":1000000}"#);
    store.append(&stream, Any, vec![checkpoint]).await.unwrap();

    let started = CommandServer::new(store, "Bells", handlers()).start().await;

    assert!(
        matches!(
            &started,
            Err(ServerError::Store(StoreError::NotReached {
                after: 1_000_000,
                ..
            }))
        ),
        "{started:?}"
    );
}

#[tokio::test]
async fn the_error_says_what_was_asked_where_the_store_ends_and_what_to_do() {
    let store = Memory::new();
    let stream: StreamName = "Thing-1".parse().unwrap();
    store.append(&stream, Any, vec![event()]).await.unwrap();

    let after = SubscribeFrom::After(Revision::new(7));
    let of_stream = store.subscribe_stream(&stream, after).await.unwrap_err();
    let never = "Thing-2".parse().unwrap();
    let of_none = store.subscribe_stream(&never, after).await.unwrap_err();
    let after = SubscribeFrom::After(plumberd::stream::Position::new(512));
    let of_all = store.subscribe_all(after, Filter::new()).await.unwrap_err();

    assert_eq!(
        [of_stream, of_none, of_all].map(|error| {
            assert!(!error.is_transient());
            error.to_string()
        }),
        [
            "revision 7 of stream `Thing-1` is not there to follow on after: the memory store has it up to revision 0; \
             restore the later state it was kept of, or begin anew",
            "revision 7 of stream `Thing-2` is not there to follow on after: the memory store has no event of it; \
             restore the later state it was kept of, or begin anew",
            "position 512 is not there to follow on after: the memory store ends at position 1; \
             restore the later state it was kept of, or begin anew",
        ]
    );
}

/// Positions are the store's: a tenant's reader may stand where another's
/// events are.
#[tokio::test]
async fn a_tenants_reader_goes_on_after_every_position_of_the_store() {
    let store = Memory::new();
    let one = store.for_tenant(&"one".parse().unwrap()).unwrap();
    let stream: StreamName = "Thing-1".parse().unwrap();
    one.append(&stream, Any, vec![event()]).await.unwrap();
    let other = store.append(&stream, Any, vec![event()]).await.unwrap();

    let after = SubscribeFrom::After(other.position());
    one.subscribe_all(after, Filter::new()).await.unwrap();
    let after = SubscribeFrom::After(plumberd::stream::Position::new(3));
    let beyond = one.subscribe_all(after, Filter::new()).await;

    assert!(
        matches!(beyond, Err(StoreError::NotReached { end: Some(2), .. })),
        "{beyond:?}"
    );
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn subscriptions_end_when_an_older_state_is_put_back_under_them() {
    let folder = plumberd_tests::TempFolder::new();
    let url = format!("{}?poll_interval=10ms", folder.sqlite_url("a.db"));
    let store = plumberd::connect(&url).await.unwrap();
    let stream: StreamName = "Thing-1".parse().unwrap();
    for _ in 0..5 {
        store.append(&stream, Any, vec![event()]).await.unwrap();
    }
    let mut one = store
        .subscribe_stream(&stream, SubscribeFrom::Start)
        .await
        .unwrap();
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, Filter::new())
        .await
        .unwrap();
    for subscription in [&mut one, &mut all] {
        for _ in 0..5 {
            subscription.next_event().await.unwrap().unwrap();
        }
    }

    // As SQLite's backup does: it writes into the file that is open.
    let file = rusqlite::Connection::open(folder.path().join("a.db")).unwrap();
    file.execute_batch(
        "BEGIN IMMEDIATE; DELETE FROM events WHERE position > 2;
         UPDATE sqlite_sequence SET seq = 2 WHERE name = 'events'; COMMIT",
    )
    .unwrap();

    for (subscription, after, end) in [(&mut one, 4, 1), (&mut all, 5, 2)] {
        let ended = subscription.next_event().await;
        assert!(
            matches!(
                &ended,
                Err(StoreError::NotReached { after: at, end: Some(last), .. })
                    if (*at, *last) == (after, end)
            ),
            "{ended:?}"
        );
    }
    store.close().await;
}
