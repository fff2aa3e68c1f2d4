//! Subscriptions to a server that comes back with an older state.

use crate::faults::{EVER, append, next_revision, store, stream};
use plumberd::{
    store::{EventStore, Filter, StoreError, SubscribeFrom, Subscription},
    stream::{Position, Revision},
};
use plumberd_testkit::esdb::EsdbServerConfig;
use plumberd_tests::TempFolder;
use std::path::Path;
use tokio::time::timeout;

/// Puts the older file in the place of the newer, and of what SQLite keeps
/// beside it.
fn put_back(older: &Path, newer: &Path) {
    for beside in ["-wal", "-shm"] {
        let mut name = newer.as_os_str().to_owned();
        name.push(beside);
        let _ = std::fs::remove_file(name);
    }
    std::fs::remove_file(newer).unwrap();
    std::fs::copy(older, newer).unwrap();
}

async fn end_of(mut subscription: Subscription) -> StoreError {
    loop {
        let next = timeout(EVER, subscription.next_message());
        if let Err(error) = next.await.expect("an end") {
            return error;
        }
    }
}

#[tokio::test]
async fn subscriptions_end_when_the_server_comes_back_with_an_older_state() {
    let folder = TempFolder::new();
    let (file, backup) = (folder.path().join("a.db"), folder.path().join("backup.db"));
    let server = EsdbServerConfig::new().with_file(&file).start().await;
    let server = server.unwrap();
    let store = store(&server).await;
    for _ in 0..2 {
        append(&store, "Order-1").await;
    }
    server.stop().await;
    std::fs::copy(&file, &backup).unwrap();
    server.restart().await.unwrap();
    for _ in 0..3 {
        append(&store, "Order-1").await;
    }

    let name = stream("Order-1");
    let mut followed = vec![
        store.subscribe_stream(&name, SubscribeFrom::Start).await,
        store
            .subscribe_all(SubscribeFrom::Start, Filter::new())
            .await,
        store
            .subscribe_all(SubscribeFrom::Start, Filter::new().stream(name.clone()))
            .await,
    ];
    for subscription in &mut followed {
        let subscription = subscription.as_mut().unwrap();
        while next_revision(subscription).await < Revision::new(4) {}
    }
    // Begun anew after what these have seen.
    let seen = store.subscribe_all(SubscribeFrom::Start, Filter::new());
    let mut seen = seen.await.unwrap();
    let mut last = Position::new(0);
    for _ in 0..5 {
        last = seen.next_event().await.unwrap().unwrap().position;
    }
    drop(seen);

    server.stop().await;
    put_back(&backup, &file);
    server.restart().await.unwrap();

    let mut streams = vec![Some(name.clone()), None, None].into_iter();
    for subscription in followed {
        let error = end_of(subscription.unwrap()).await;
        assert!(
            matches!(
                &error,
                StoreError::NotReached { stream, after, end: Some(end), .. }
                    if Some(stream) == streams.next().as_ref() && after > end
            ),
            "{error:?}"
        );
        assert!(!error.is_transient());
    }
    let anew = [
        store
            .subscribe_stream(&name, SubscribeFrom::After(Revision::new(4)))
            .await,
        store
            .subscribe_all(SubscribeFrom::After(last), Filter::new())
            .await,
    ];
    for subscribed in anew {
        let error = subscribed.map(|_| ()).unwrap_err();
        assert!(matches!(error, StoreError::NotReached { .. }), "{error:?}");
    }
}
