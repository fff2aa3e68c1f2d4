//! Acknowledged is remembered, in this process or in the store.

use crate::{
    fake::{Fake, Script, placed},
    support::{connect, events, server, soon, stream},
};
use plumberd::{
    backend::eventstore_v1::{Acked, Checkpoints, MemoryCheckpoints, StreamCheckpoints},
    store::{EventStore, Filter, StoreError},
    stream::{ExpectedRevision::Any, Position},
};
use std::sync::Arc;

#[tokio::test]
async fn a_reader_goes_on_after_what_it_acknowledged() {
    let server = server().await;
    let store = connect(&server, "").await;
    let kept: [Arc<dyn Checkpoints>; 2] = [
        Arc::new(MemoryCheckpoints::new()),
        Arc::new(StreamCheckpoints::new(store.clone())),
    ];
    let batch = events(5);
    store
        .append(&stream("Order-1"), Any, batch.clone())
        .await
        .unwrap();
    for checkpoints in kept {
        let mut seen = Vec::new();
        for _ in 0..5 {
            // A reader that handles two, acknowledges one, and stops.
            let mut reader = Acked::open(&store, Arc::clone(&checkpoints), "orders", Filter::new())
                .await
                .unwrap();
            let event = soon("an event", reader.next_event())
                .await
                .unwrap()
                .unwrap();
            reader.ack(event.position).await.unwrap();
            assert_eq!(reader.acked(), Some(event.position));
            seen.push(event.id);
            if seen.len() < 5 {
                soon("an event", reader.next_event())
                    .await
                    .unwrap()
                    .unwrap();
            }
            // An older one changes nothing.
            reader.ack(Position::new(0)).await.unwrap();
        }
        let wanted: Vec<_> = batch.iter().map(plumberd::event::NewEvent::id).collect();
        assert_eq!(seen, wanted);
    }
}

#[tokio::test]
async fn readers_of_other_names_are_others() {
    let server = server().await;
    let store = connect(&server, "").await;
    let checkpoints = StreamCheckpoints::new(store.clone());
    checkpoints.save("a", Position::new(7)).await.unwrap();
    checkpoints.save("a", Position::new(9)).await.unwrap();
    assert_eq!(checkpoints.load("a").await.unwrap(), Some(Position::new(9)));
    assert_eq!(checkpoints.load("b").await.unwrap(), None);
    assert!(checkpoints.save("a\n", Position::new(1)).await.is_err());
}

#[tokio::test]
async fn a_checkpoint_never_moves_back() {
    let server = server().await;
    let store = connect(&server, "").await;
    let kept: [Arc<dyn Checkpoints>; 2] = [
        Arc::new(MemoryCheckpoints::new()),
        Arc::new(StreamCheckpoints::new(store.clone())),
    ];
    for checkpoints in kept {
        let open = || Acked::open(&store, Arc::clone(&checkpoints), "reader", Filter::new());
        let (mut quick, mut stale) = (open().await.unwrap(), open().await.unwrap());
        quick.ack(Position::new(9)).await.unwrap();
        stale.ack(Position::new(5)).await.unwrap();
        let kept = checkpoints.load("reader").await.unwrap();
        assert_eq!(kept, Some(Position::new(9)), "{checkpoints:?}");

        let saves = (10..30).map(|position| checkpoints.save("reader", Position::new(position)));
        let all = soon("the saves", futures_util::future::join_all(saves)).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let kept = checkpoints.load("reader").await.unwrap();
        assert_eq!(kept, Some(Position::new(29)), "{checkpoints:?}");
    }
}

/// It was acknowledged of a later state of the store, or of another store.
#[tokio::test]
async fn a_reader_that_acknowledged_what_the_store_has_not_is_told_so() {
    let server = server().await;
    let store = connect(&server, "").await;
    let appended = store.append(&stream("Order-1"), Any, events(3)).await;
    let last = appended.unwrap().position();
    for checkpoints in [
        Arc::new(MemoryCheckpoints::new()) as Arc<dyn Checkpoints>,
        Arc::new(StreamCheckpoints::new(store.clone())),
    ] {
        let beyond = Position::new(last.as_u64() + 1_000);
        checkpoints.save("orders", beyond).await.unwrap();

        let opened = Acked::open(&store, checkpoints, "orders", Filter::new()).await;
        let ended = match opened {
            Ok(mut reader) => soon("the end", reader.next_message()).await.map(|_| ()),
            Err(error) => Err(error),
        };

        assert!(
            matches!(ended, Err(StoreError::NotReached { after, .. }) if after == beyond.as_u64()),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn a_reader_ends_when_the_server_comes_back_with_an_older_state() {
    let script = Script {
        events: [1, 2, 3].map(|nonce| placed("t1", nonce)).to_vec().into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("&poll_interval=20ms").await;
    let checkpoints = Arc::new(MemoryCheckpoints::new());
    let open = || Acked::open(&store, checkpoints.clone(), "orders", Filter::new());
    let mut reader = open().await.unwrap();
    for _ in 0..3 {
        let event = soon("an event", reader.next_event()).await.unwrap();
        reader.ack(event.unwrap().position).await.unwrap();
    }

    server.script.events.lock().unwrap().truncate(1);

    let ended = soon("the end", reader.next_event()).await;
    assert!(
        matches!(
            ended,
            Err(StoreError::NotReached {
                after: 3,
                end: Some(1),
                ..
            })
        ),
        "{ended:?}"
    );
    let again = match open().await {
        Ok(mut reader) => soon("the end", reader.next_event()).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(
        matches!(again, Err(StoreError::NotReached { after: 3, .. })),
        "{again:?}"
    );
}
