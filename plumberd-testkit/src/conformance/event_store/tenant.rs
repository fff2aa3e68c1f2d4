//! Tenants: several customers in one store, who never see each other.

use super::scene::{
    Follower, Scene, events, exact, ids, new_ids, put, read_all, read_forwards, revisions, written,
};
use plumberd::{
    event::new_event_id,
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::{ExpectedRevision, Revision, TenantId},
};
use std::sync::Arc;

/// Two tenants of one store, with names of their own.
struct Tenants {
    ids: [TenantId; 2],
    one: Arc<dyn EventStore>,
    two: Arc<dyn EventStore>,
}

impl Tenants {
    fn new(store: &impl EventStore) -> Self {
        let tag = new_event_id().simple();
        let ids = ["one", "two"]
            .map(|name| TenantId::new(format!("{name}-{tag}")).expect("a valid tenant"));
        let handle = |tenant| {
            let handle = store.for_tenant(tenant);
            handle.unwrap_or_else(|error| panic!("there is no handle for {tenant}: {error:?}"))
        };
        Self {
            one: handle(&ids[0]),
            two: handle(&ids[1]),
            ids,
        }
    }
}

/// The same name and even the same event ids in two tenants are two streams.
pub async fn tenants_have_streams_and_ids_of_their_own<S: EventStore>(store: S) {
    let (tenants, stream) = (Tenants::new(&store), Scene::new().stream(1));
    let batch = events(2);
    for tenant in [&tenants.one, &tenants.two] {
        let outcome = tenant
            .append(&stream, ExpectedRevision::NoStream, batch.clone())
            .await;
        let new = outcome
            .as_ref()
            .map(|o| (o.is_already_applied(), o.revision().as_u64()));
        assert!(
            matches!(new, Ok((false, 1))),
            "a tenant's first append: got {outcome:?}"
        );
    }
    written(&tenants.one, &stream, 1).await;

    let lengths = [&tenants.one, &tenants.two].map(|tenant| read_forwards(tenant, &stream));
    let [one, two] = lengths;
    assert_eq!(
        revisions(&one.await),
        [0, 1, 2],
        "a tenant's stream has other events"
    );
    assert_eq!(
        revisions(&two.await),
        [0, 1],
        "a tenant's stream has another's events"
    );
    let again = tenants
        .two
        .append(&stream, ExpectedRevision::Any, batch)
        .await;
    assert!(
        again.is_ok_and(|outcome| outcome.is_already_applied()),
        "a tenant's repeated append is not recognised"
    );
}

/// What one tenant knows is not what the other does.
pub async fn tenants_do_not_touch_each_others_streams<S: EventStore>(store: S) {
    let (tenants, stream) = (Tenants::new(&store), Scene::new().stream(1));
    let batch = written(&tenants.one, &stream, 3).await;

    let info = tenants
        .two
        .stream_info(&stream)
        .await
        .expect("it can be asked");
    assert_eq!(
        info.last_revision, None,
        "a tenant knows of another's stream"
    );
    let found = tenants.two.find_event(&stream, batch[0].id()).await;
    assert!(
        matches!(found, Ok(None)),
        "a tenant finds another's event: {found:?}"
    );
    written(&tenants.two, &stream, 1).await;
    let found = tenants.one.find_event(&stream, batch[0].id()).await;
    assert!(
        matches!(found, Ok(Some(_))),
        "an event is not found: {found:?}"
    );
    let info = tenants.one.stream_info(&stream).await;
    assert_eq!(
        info.expect("it can be asked").last_revision,
        Some(Revision::new(2)),
        "a tenant's append counts in another's stream"
    );
}

/// What one tenant deletes and truncates is not hidden from the other.
pub async fn tenants_do_not_hide_each_others_events<S: EventStore>(store: S) {
    let (tenants, stream) = (Tenants::new(&store), Scene::new().stream(1));
    let batch = written(&tenants.one, &stream, 3).await;
    let refused = tenants.two.delete(&stream, ExpectedRevision::Any).await;
    assert!(refused.is_err(), "a tenant deletes another's stream");

    written(&tenants.two, &stream, 3).await;
    tenants
        .two
        .truncate_before(&stream, Revision::new(2))
        .await
        .expect("a stream is truncated");
    assert_eq!(
        read_forwards(&tenants.one, &stream).await.len(),
        3,
        "a truncation hid another's"
    );
    tenants
        .two
        .delete(&stream, exact(2))
        .await
        .expect("a stream is deleted");
    assert_eq!(
        read_forwards(&tenants.one, &stream).await.len(),
        3,
        "a delete hid another's"
    );
    let found = tenants.one.find_event(&stream, batch[0].id()).await;
    assert!(
        matches!(found, Ok(Some(_))),
        "an event is not found: {found:?}"
    );
}

/// The global order of a tenant is its own events; of no tenant, those of none.
pub async fn tenants_read_only_their_own_events<S: EventStore>(store: S) {
    let (tenants, scene) = (Tenants::new(&store), Scene::new());
    let stream = scene.stream(1);
    let of_one = new_ids(&written(&tenants.one, &stream, 2).await);
    let of_two = new_ids(&written(&tenants.two, &stream, 1).await);

    for (tenant, id, wanted) in [
        (&tenants.one, &tenants.ids[0], &of_one),
        (&tenants.two, &tenants.ids[1], &of_two),
    ] {
        for filter in [
            scene.filter(),
            Filter::new(),
            scene.filter().of_tenant(id.clone()),
        ] {
            let read = read_all(tenant, ReadOptions::forwards(), filter).await;
            assert_eq!(ids(&read), *wanted, "a tenant reads other events");
            assert!(
                read.iter().all(|event| event.tenant.as_ref() == Some(id)),
                "an event does not bear its tenant"
            );
        }
    }
}

/// A handle of no tenant may read all of them, knowing whose each event is,
/// and follow them.
pub async fn the_root_handle_reads_every_tenant_when_asked<S: EventStore>(store: S) {
    let (tenants, scene) = (Tenants::new(&store), Scene::new());
    let stream = scene.stream(1);
    let filter = || scene.filter().of_every_tenant();
    let mut follower = Follower::all(&store, SubscribeFrom::Start, filter()).await;
    let mut wanted = new_ids(&written(&tenants.one, &stream, 2).await);
    wanted.extend(new_ids(&written(&tenants.two, &stream, 1).await));

    let read = read_all(&store, ReadOptions::forwards(), filter()).await;
    assert_eq!(ids(&read), wanted, "the root handle reads other events");
    let whose: Vec<_> = read.iter().map(|event| event.tenant.clone()).collect();
    let [one, two] = tenants.ids.clone().map(Some);
    assert_eq!(
        whose,
        [one.clone(), one, two],
        "an event does not bear its tenant"
    );
    assert_eq!(
        ids(&follower.events(3).await),
        wanted,
        "the root handle follows other events"
    );
    let of_two = scene.filter().of_tenant(tenants.ids[1].clone());
    let read = read_all(&store, ReadOptions::forwards(), of_two).await;
    assert_eq!(
        ids(&read),
        wanted[2..],
        "the root handle reads others of one tenant"
    );
}

/// Without being asked, a handle of no tenant sees none of theirs; a store for
/// tenants only may refuse it instead.
pub async fn the_root_handle_sees_no_tenants_events_unasked<S: EventStore>(store: S) {
    let (tenants, scene) = (Tenants::new(&store), Scene::new());
    let stream = scene.stream(1);
    written(&tenants.one, &stream, 2).await;

    let reads = [
        store.read_stream(&stream, ReadOptions::forwards()),
        store.read_all(ReadOptions::forwards(), scene.filter()),
    ];
    for read in reads {
        match read.collect_all().await {
            Ok(events) => assert!(events.is_empty(), "a tenant's events are seen without it"),
            Err(error) => assert!(
                matches!(error, StoreError::TenantRequired),
                "a read without a tenant: got {error:?}"
            ),
        }
    }
}

/// A tenant's handle cannot widen its view, whatever filter it passes.
pub async fn a_tenants_handle_cannot_ask_for_others<S: EventStore>(store: S) {
    let (tenants, scene) = (Tenants::new(&store), Scene::new());
    written(&tenants.two, &scene.stream(1), 1).await;
    for filter in [
        scene.filter().of_every_tenant(),
        scene.filter().of_tenant(tenants.ids[1].clone()),
    ] {
        let read = tenants
            .one
            .read_all(ReadOptions::forwards(), filter.clone())
            .collect_all()
            .await;
        forbidden("a read", &read);
        let followed = match tenants
            .one
            .subscribe_all(SubscribeFrom::Start, filter)
            .await
        {
            Err(error) => Err(error),
            Ok(mut subscription) => subscription.next_message().await,
        };
        forbidden("a subscription", &followed);
    }
}

fn forbidden<T: std::fmt::Debug>(what: &str, result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::TenantForbidden)),
        "{what} of another tenant's events: got {result:?}"
    );
}

/// A handle is one tenant's for good: a second name would be a way out.
pub async fn a_tenants_handle_is_for_one_tenant<S: EventStore>(store: S) {
    let tenants = Tenants::new(&store);
    for tenant in &tenants.ids {
        let again = tenants.one.for_tenant(tenant);
        assert!(
            matches!(again, Err(StoreError::Unsupported { .. })),
            "a tenant's handle leads on to {tenant}: got {again:?}"
        );
    }
    let still = read_all(&tenants.one, ReadOptions::forwards(), Filter::new()).await;
    assert!(still.is_empty(), "a new tenant has events");
}

/// Followers of one tenant are not woken into another's events.
pub async fn tenants_follow_only_their_own_events<S: EventStore>(store: S) {
    let (tenants, scene) = (Tenants::new(&store), Scene::new());
    let stream = scene.stream(1);
    let mut of_stream = Follower::stream(&tenants.one, &stream, SubscribeFrom::Start).await;
    let mut of_all = Follower::all(&tenants.one, SubscribeFrom::Start, scene.filter()).await;
    let mut from_end = Follower::all(&tenants.one, SubscribeFrom::End, Filter::new()).await;
    put(&tenants.two, &stream, events(2)).await;
    let wanted = new_ids(&written(&tenants.one, &stream, 1).await);

    for follower in [&mut of_stream, &mut of_all, &mut from_end] {
        let got = follower.event().await;
        assert_eq!([got.id], wanted[..], "a tenant follows another's events");
    }
}
