//! What the server cannot do is said, not ignored.

use crate::support::{connect, event, server, stream};
use plumberd::{
    event::{RawMetadata, RecordedEvent},
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError},
    stream::{
        ExpectedRevision::{Any, NoStream},
        Revision,
    },
};

fn unsupported<T: std::fmt::Debug>(what: &str, result: Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::Unsupported { .. })),
        "{what}: {result:?}"
    );
}

#[tokio::test]
async fn what_the_server_cannot_do_is_refused() {
    let server = server().await;
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    store
        .append(&name, NoStream, vec![event("Placed")])
        .await
        .unwrap();
    let read = store.read_stream(&name, ReadOptions::forwards());
    let placed = read.collect_all().await.unwrap().remove(0);

    unsupported("a delete", store.delete(&name, Any).await);
    unsupported("a tombstone", store.tombstone(&name, Any).await);
    unsupported(
        "metadata",
        store.truncate_before(&name, Revision::new(1)).await,
    );
    unsupported(
        "a link",
        store.append_link(&stream("L-1"), Any, &placed).await,
    );
    let projected = store.read_stream(&stream("$ce-Order"), ReadOptions::forwards());
    unsupported("a projection", projected.collect_all().await);
    let store = plumberd::connect(&server.url()).await.unwrap();
    let every = Filter::new().of_every_tenant();
    let read = store.read_all(ReadOptions::forwards(), every);
    unsupported("every tenant", read.collect_all().await);
    assert_eq!(RecordedEvent::LINK, "$>");
}

#[tokio::test]
async fn a_batch_that_fits_into_no_message_is_refused_before_it_is_sent() {
    let server = server().await;
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    // A key with a text is sent twice: in the metadata, and as a header.
    let of = |length: usize| {
        let json = format!("{{\"Note\":\"{}\"}}", "x".repeat(length));
        event("Noted").with_raw_metadata(RawMetadata::new(json.into()))
    };
    let batch = vec![of(699_000), of(699_000), of(699_000)];
    let refused = store.append(&name, NoStream, batch).await;
    assert!(
        matches!(&refused, Err(StoreError::LimitExceeded { limit, .. }) if *limit == 4 << 20),
        "{refused:?}"
    );
    store
        .append(&name, NoStream, vec![of(699_000), of(699_000)])
        .await
        .unwrap();
}
