//! By hand: the `eventstore` crate, one batch session.

use crate::{
    domain::{CREDITED, PlainAccount, plain_metadata},
    measure::{Table, timed},
    plumberd_side::PlumberdSide,
    side::Side,
    workloads,
};
use eventstore::{
    BatchAppendClient, Client, EventData, ExpectedRevision, ReadStreamOptions, StreamPosition,
    SubscribeToStreamOptions,
};
use plumberd::{event::new_event_id, prelude::*};
use plumberd_testkit::esdb::EsdbServer;
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, Mutex},
};

pub(crate) struct EsdbLimit {
    client: Client,
    session: BatchAppendClient,
    cache: Option<Mutex<HashMap<Uuid, PlainAccount>>>,
}

impl EsdbLimit {
    async fn new(url: &str, cached: bool) -> Self {
        let client = Client::new(url.parse().expect("settings")).expect("a client");
        let session = client
            .batch_append(&eventstore::BatchAppendOptions::default())
            .await
            .expect("a session");
        Self {
            client,
            session,
            cache: cached.then(Mutex::default),
        }
    }

    async fn write(&self, stream: &str, prior: u64, events: Vec<EventData>) {
        let expected = prior
            .checked_sub(1)
            .map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        self.session
            .append_to_stream(stream, expected, events)
            .await
            .expect("appended");
    }

    async fn fold(&self, stream: &str) -> PlainAccount {
        let options = ReadStreamOptions::default()
            .position(StreamPosition::Start)
            .forwards();
        let mut account = PlainAccount::default();
        let mut events = self
            .client
            .read_stream(stream, &options)
            .await
            .expect("a read");
        loop {
            match events.next().await {
                Ok(Some(event)) => {
                    let event = event.get_original_event();
                    account.apply(&event.event_type, &event.data);
                }
                Ok(None) | Err(eventstore::Error::ResourceNotFound) => return account,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Follows a stream until it has had so many events.
    async fn follow(&self, stream: &str, count: usize) {
        let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Start);
        let mut events = self.client.subscribe_to_stream(stream, &options).await;
        for _ in 0..count {
            black_box(events.next().await.expect("an event"));
        }
    }
}

fn credit(account: &mut PlainAccount) -> EventData {
    let id = new_event_id();
    let data = serde_json::value::RawValue::from_string(
        String::from_utf8(account.credit(100)).expect("text"),
    )
    .expect("JSON");
    EventData::json(CREDITED, &data)
        .expect("JSON")
        .id(id)
        .metadata(plain_metadata(id).into())
}

impl Side for EsdbLimit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let mut account = PlainAccount::default();
        let events = (0..count).map(|_| credit(&mut account)).collect();
        self.write(&format!("Account-{id}"), prior, events).await;
    }

    async fn command(&self, id: Uuid) {
        let stream = format!("Account-{id}");
        let known = self.cache.as_ref().and_then(|cache| {
            let cache = cache.lock().expect("a lock");
            cache.get(&id).cloned()
        });
        let mut account = match known {
            Some(account) => account,
            None => self.fold(&stream).await,
        };
        let prior = u64::try_from(account.events()).expect("a length");
        let event = credit(&mut account);
        self.write(&stream, prior, vec![event]).await;
        if let Some(cache) = &self.cache {
            cache.lock().expect("a lock").insert(id, account);
        }
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(&format!("Account-{id}")).await.balance
    }
}

/// Both sides against one server in this process.
pub(crate) async fn rows(table: &mut Table) {
    if !table.wants_any("esdb") {
        return;
    }
    let server = EsdbServer::start().await.expect("a server");
    let url = server.url();
    // Before the bare crate: the first one sets up TLS for the process.
    let plumberd = Arc::new(PlumberdSide::at(&url, false).await);
    let cached = Arc::new(PlumberdSide::at(&url, true).await);
    let limit = Arc::new(EsdbLimit::new(&url, false).await);
    let cached_limit = Arc::new(EsdbLimit::new(&url, true).await);

    workloads::commands(
        table,
        "esdb",
        || Arc::clone(&limit),
        async || Arc::clone(&plumberd),
    )
    .await;
    workloads::commands(
        table,
        "esdb, cached",
        || Arc::clone(&cached_limit),
        async || Arc::clone(&cached),
    )
    .await;
    workloads::appends(
        table,
        "esdb",
        || Arc::clone(&limit),
        async || Arc::clone(&plumberd),
    )
    .await;
    workloads::loads(
        table,
        "esdb",
        || Arc::clone(&limit),
        async || Arc::clone(&plumberd),
    )
    .await;
    subscriptions(table, &limit, &plumberd).await;
}

async fn subscriptions(table: &mut Table, limit: &EsdbLimit, plumberd: &PlumberdSide) {
    const EVENTS: usize = 10_000;
    let name = "esdb: follow 10000 events";
    if !table.wants(name) {
        return;
    }
    let id = new_event_id();
    for batch in 0..10 {
        plumberd.append(id, batch * 1000, 1000).await;
    }
    let stream = format!("Account-{id}");
    table
        .measure(
            name,
            EVENTS,
            async || timed(limit.follow(&stream, EVENTS)).await,
            async || timed(plumberd.follow(&stream, EVENTS)).await,
        )
        .await;
}
