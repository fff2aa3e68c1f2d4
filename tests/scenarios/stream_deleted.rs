//! What subscriptions tell of deletes, beyond what every store must.

use plumberd::{
    Store,
    backend::memory::Memory,
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{Deletion, StreamDeleted, Subscription, SubscriptionMessage},
    stream::ExpectedRevision::Any,
};
use plumberd_tests::{TempFolder, counter::Counter};

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Happened".parse().unwrap(), "{}")
}

async fn stores(folder: &TempFolder) -> Vec<Store> {
    let mut stores = vec![Store::new(Memory::new())];
    if cfg!(feature = "sqlite") {
        let url = folder.sqlite_url("a.db");
        stores.push(plumberd::connect(&url).await.unwrap());
    }
    stores
}

async fn until_caught_up(subscription: &mut Subscription) -> Vec<SubscriptionMessage> {
    let mut messages = Vec::new();
    loop {
        match subscription.next_message().await.unwrap().unwrap() {
            SubscriptionMessage::CaughtUp => return messages,
            SubscriptionMessage::Checkpoint(_) => {}
            message => messages.push(message),
        }
    }
}

fn deletions(messages: &[SubscriptionMessage]) -> Vec<&StreamDeleted> {
    let deletions = messages.iter().filter_map(|message| match message {
        SubscriptionMessage::StreamDeleted(deleted) => Some(deleted),
        _ => None,
    });
    deletions.collect()
}

#[tokio::test]
async fn a_deleted_aggregate_is_told_and_next_event_passes_over_it() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let counters = store.repository::<Counter>();
        let id = new_event_id();
        counters.execute(id, |c| c.add(1)).await.unwrap();
        counters.delete(&id).await.unwrap();
        counters.execute(id, |c| c.add(2)).await.unwrap();

        let filter = || Filter::new().category("Counter").unwrap();
        let all = store.subscribe_all(SubscribeFrom::Start, filter());
        let messages = until_caught_up(&mut all.await.unwrap()).await;
        let deleted = deletions(&messages);
        assert_eq!(deleted.len(), 1, "{messages:?}");
        assert_eq!(deleted[0].what, Deletion::SoftDeleted);
        assert_eq!(messages.len(), 3);
        let all = store.subscribe_all(SubscribeFrom::Start, filter());
        let mut all = all.await.unwrap();
        for revision in 0..2 {
            let event = all.next_event().await.unwrap().unwrap();
            assert_eq!(event.revision.as_u64(), revision);
        }
        store.close().await;
    }
}

#[tokio::test]
async fn with_system_events_the_event_comes_just_before_what_it_says() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let stream: StreamName = "Thing-1".parse().unwrap();
        store.append(&stream, Any, vec![event()]).await.unwrap();
        store.delete(&stream, Any).await.unwrap();
        store.tombstone(&stream, Any).await.unwrap();

        let filter = Filter::new().with_system_events();
        let all = store.subscribe_all(SubscribeFrom::Start, filter);
        let messages = until_caught_up(&mut all.await.unwrap()).await;

        let short: Vec<_> = messages
            .iter()
            .map(|message| match message {
                SubscriptionMessage::Event(event) => event.event_type.to_string(),
                SubscriptionMessage::StreamDeleted(deleted) => format!("{:?}", deleted.what),
                other => panic!("{other:?}"),
            })
            .collect();
        let wanted = [
            "Happened",
            "$metadata",
            "SoftDeleted",
            "$streamDeleted",
            "Tombstoned",
        ];
        assert_eq!(short, wanted);
        store.close().await;
    }
}

#[tokio::test]
async fn who_follows_every_tenant_is_told_whose_stream_it_was() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let acme = store.tenant("acme").unwrap();
        let stream: StreamName = "Thing-1".parse().unwrap();
        for store in [&store, &acme] {
            store.append(&stream, Any, vec![event()]).await.unwrap();
        }
        acme.delete(&stream, Any).await.unwrap();

        let every = Filter::new().of_every_tenant();
        let all = store.subscribe_all(SubscribeFrom::Start, every);
        let messages = until_caught_up(&mut all.await.unwrap()).await;

        let [deleted] = deletions(&messages)[..] else {
            panic!("{messages:?}");
        };
        assert_eq!(deleted.tenant.as_ref().unwrap().as_str(), "acme");
        store.close().await;
    }
}

/// A page of history has many events and deletions between them, across pages.
#[tokio::test]
async fn deletions_stand_where_they_happened_across_pages() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let streams: Vec<StreamName> = (0..3)
            .map(|number| StreamName::new("Thing", number).unwrap())
            .collect();
        for round in 0..400 {
            for stream in &streams {
                store.append(stream, Any, vec![event()]).await.unwrap();
            }
            if round % 100 == 50 {
                store.delete(&streams[round / 150], Any).await.unwrap();
            }
        }

        let all = store.subscribe_all(SubscribeFrom::Start, Filter::new());
        let of_all = until_caught_up(&mut all.await.unwrap()).await;
        let one = store.subscribe_stream(&streams[1], SubscribeFrom::Start);
        let of_one = until_caught_up(&mut one.await.unwrap()).await;

        for (messages, count) in [(&of_all, 4), (&of_one, 2)] {
            let positions: Vec<_> = messages
                .iter()
                .filter_map(|message| match message {
                    SubscriptionMessage::Event(event) => Some(event.position),
                    SubscriptionMessage::StreamDeleted(deleted) => Some(deleted.position),
                    _ => None,
                })
                .collect();
            assert!(positions.is_sorted_by(|one, next| one < next));
            assert_eq!(deletions(messages).len(), count);
        }
        assert_eq!(of_all.len(), 1_204);
        store.close().await;
    }
}
