//! Reads page by page.

use crate::support::{connect, events, server, soon, stream};
use plumberd::{
    event::NewEvent,
    store::{EventStore, Filter, ReadOptions, StoreError},
    stream::ExpectedRevision::Any,
};
use tonic::Code;

#[tokio::test]
async fn a_long_read_has_every_event_in_both_directions() {
    let server = server().await;
    let store = connect(&server, "&page_size=2").await;
    let (name, batch) = (stream("Order-1"), events(25));
    store.append(&name, Any, batch.clone()).await.unwrap();
    let mut wanted: Vec<_> = batch.iter().map(NewEvent::id).collect();
    for backwards in [false, true] {
        let one = if backwards {
            store.read_stream(&name, ReadOptions::backwards())
        } else {
            store.read_stream(&name, ReadOptions::forwards())
        };
        let all = if backwards {
            store.read_all(ReadOptions::backwards(), Filter::new())
        } else {
            store.read_all(ReadOptions::forwards(), Filter::new())
        };
        for read in [one, all] {
            let read = soon("the read", read.collect_all()).await.unwrap();
            let ids: Vec<_> = read.iter().map(|event| event.id).collect();
            assert_eq!(ids, wanted, "backwards: {backwards}");
        }
        wanted.reverse();
    }
}

#[tokio::test]
async fn only_who_asks_for_a_second_page_has_more_read_ahead() {
    let server = server().await;
    let store = connect(&server, "&page_size=2").await;
    let name = stream("Order-1");
    store.append(&name, Any, events(20)).await.unwrap();
    let before = server.pages_asked();
    let mut read = store.read_stream(&name, ReadOptions::forwards());
    read.next_page().await.unwrap();
    // A call that would come after one that was made ahead.
    store.stream_info(&name).await.unwrap();
    assert_eq!(server.pages_asked() - before, 2);
    drop(read);

    let before = server.pages_asked();
    let read = store.read_stream(&name, ReadOptions::forwards().limit(4));
    assert_eq!(read.collect_all().await.unwrap().len(), 4);
    assert_eq!(server.pages_asked() - before, 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_page_that_was_read_ahead_is_told() {
    let server = server().await;
    let store = connect(&server, "&page_size=2").await;
    let name = stream("Order-1");
    store.append(&name, Any, events(20)).await.unwrap();
    let mut read = store.read_stream(&name, ReadOptions::forwards());
    for _ in 0..2 {
        assert!(read.next_page().await.unwrap().is_some());
    }
    server.refuse_reads(100, Code::Unauthenticated as i32);
    let rest = soon("the rest", read.collect_all()).await;
    assert!(
        matches!(rest, Err(StoreError::Unauthenticated { .. })),
        "{rest:?}"
    );
}
