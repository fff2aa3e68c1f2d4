//! Tenants: the rules of the conformance suite that need no reader of every
//! tenant, and what a handle without one may do.

use crate::support::{connect, event, server, stream};
use plumberd::{
    Store,
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::{conformance::event_store::tenant, eventstore_v1::EventStoreV1Server};

async fn root() -> (EventStoreV1Server, Store) {
    let server = server().await;
    let store = plumberd::connect(&server.url()).await.unwrap();
    (server, store)
}

#[tokio::test]
async fn tenants_keep_to_themselves() {
    let (_server, store) = root().await;
    tenant::tenants_have_streams_and_ids_of_their_own(store.clone()).await;
    tenant::the_root_handle_sees_no_tenants_events_unasked(store.clone()).await;
    tenant::a_tenants_handle_cannot_ask_for_others(store.clone()).await;
    tenant::a_tenants_handle_is_for_one_tenant(store.clone()).await;
    tenant::tenants_follow_only_their_own_events(store).await;
}

#[tokio::test]
async fn a_handle_without_a_tenant_does_nothing() {
    fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) {
        assert!(
            matches!(result, Err(StoreError::TenantRequired)),
            "{result:?}"
        );
    }
    let (_server, store) = root().await;
    let name = stream("Order-1");
    refused(store.append(&name, Any, vec![event("Placed")]).await);
    refused(store.stream_info(&name).await);
    refused(store.find_event(&name, uuid::Uuid::nil()).await);
    refused(store.subscribe_stream(&name, SubscribeFrom::Start).await);
    refused(
        store
            .subscribe_all(SubscribeFrom::Start, Filter::new())
            .await,
    );
    refused(
        store
            .read_stream(&name, ReadOptions::forwards())
            .collect_all()
            .await,
    );
    let read = store.read_all(ReadOptions::forwards(), Filter::new());
    refused(read.collect_all().await);
    refused(store.delete(&name, Any).await);
}

#[tokio::test]
async fn the_tenant_of_the_url_is_the_handles() {
    let (server, root) = root().await;
    let store = connect(&server, "").await;
    store
        .append(&stream("Order-1"), Any, vec![event("Placed")])
        .await
        .unwrap();
    for (name, count) in [("t1", 1), ("t2", 0)] {
        let read = root
            .tenant(name)
            .unwrap()
            .read_all(ReadOptions::forwards(), Filter::new());
        assert_eq!(read.collect_all().await.unwrap().len(), count, "{name}");
        let of = Filter::new().of_tenant(name.parse().unwrap());
        let read = root.read_all(ReadOptions::forwards(), of);
        assert_eq!(read.collect_all().await.unwrap().len(), count, "{name}");
    }
}
