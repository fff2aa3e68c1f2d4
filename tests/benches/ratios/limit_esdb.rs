//! By hand: the `eventstore` crate, one batch session.

use crate::rows::{
    Bench, Rows,
    domain::{CREDITED, PlainAccount, PlainCredited},
    plumberd_side::PlumberdSide,
    side::{Side, Spread},
    work::Work,
};
use eventstore::{
    BatchAppendClient, Client, EventData, ExpectedRevision, ReadStreamOptions, StreamPosition,
    SubscribeToStreamOptions,
};
use plumberd::{event::new_event_id, prelude::*, store::SubscribeFrom};
use plumberd_testkit::esdb::EsdbServer;
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, Mutex},
};
use tokio::{sync::OnceCell, task::JoinSet};

const LEFT_OUT: &str = "links, deletion, retries, finding out what came of a lost answer, reading \
     back what is raised; both sides share the machine with the server";

#[derive(Clone)]
struct EsdbLimit {
    client: Client,
    session: Arc<BatchAppendClient>,
    cache: Option<Arc<Mutex<HashMap<Uuid, PlainAccount>>>>,
    _server: Arc<EsdbServer>,
}

impl EsdbLimit {
    async fn open(cached: bool) -> Self {
        // The first client sets up TLS for the process, and plumberd wants to be it.
        static SET_UP: OnceCell<()> = OnceCell::const_new();
        SET_UP
            .get_or_init(async || drop(plumberd(false).await))
            .await;
        let server = EsdbServer::start().await.expect("a server");
        let client = Client::new(server.url().parse().expect("settings")).expect("a client");
        let session = client
            .batch_append(&eventstore::BatchAppendOptions::default())
            .await
            .expect("a session");
        Self {
            client,
            session: session.into(),
            cache: cached.then(Arc::default),
            _server: server.into(),
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
}

fn encode(event: &PlainCredited) -> EventData {
    let (id, mut bytes) = (new_event_id(), Vec::with_capacity(256));
    let data = event.encode(id, &mut bytes);
    let metadata = bytes.split_off(data);
    let data = String::from_utf8(bytes).expect("text");
    let data = serde_json::value::RawValue::from_string(data).expect("JSON");
    EventData::json(CREDITED, &data)
        .expect("JSON")
        .id(id)
        .metadata(metadata.into())
}

impl Side for EsdbLimit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let events = (0..count).map(|_| encode(&PlainCredited::some())).collect();
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
        let event = encode(&account.credit(100));
        self.write(&stream, prior, vec![event]).await;
        if let Some(cache) = &self.cache {
            cache.lock().expect("a lock").insert(id, account);
        }
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(&format!("Account-{id}")).await.balance
    }
}

impl Spread for EsdbLimit {
    async fn spread(&self, tasks: usize, each: usize) {
        let mut running = JoinSet::new();
        for task in 0..tasks {
            let side = self.clone();
            running.spawn(async move {
                let stream = format!("Account-{task}");
                for prior in 0..each {
                    let prior = u64::try_from(prior).expect("a length");
                    let events = vec![encode(&PlainCredited::some())];
                    side.write(&stream, prior, events).await;
                }
            });
        }
        running.join_all().await;
    }
}

/// A subscription to one stream until all its events have come.
struct Follows {
    events: usize,
}

impl Follows {
    const ID: Uuid = Uuid::from_u128(1);

    async fn fill(&self, side: &impl Side) {
        for prior in (0..self.events).step_by(1_000) {
            let prior = u64::try_from(prior).expect("a length");
            side.append(Self::ID, prior, 1_000).await;
        }
    }
}

impl Work<EsdbLimit> for Follows {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.events
    }

    async fn prepare(&self, side: &EsdbLimit) {
        self.fill(side).await;
    }

    async fn run(&self, side: &EsdbLimit, (): ()) {
        let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Start);
        let stream = format!("Account-{}", Self::ID);
        let mut events = side.client.subscribe_to_stream(stream, &options).await;
        for _ in 0..self.events {
            black_box(events.next().await.expect("an event"));
        }
    }
}

impl Work<PlumberdSide> for Follows {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.events
    }

    async fn prepare(&self, side: &PlumberdSide) {
        self.fill(side).await;
    }

    async fn run(&self, side: &PlumberdSide, (): ()) {
        let stream = StreamName::new("Account", Self::ID).expect("a name");
        let mut events = side
            .store
            .subscribe_stream(&stream, SubscribeFrom::Start)
            .await
            .expect("a subscription");
        for _ in 0..self.events {
            black_box(events.next_event().await.expect("an event"));
        }
    }
}

async fn plumberd(cached: bool) -> PlumberdSide {
    let server = EsdbServer::start().await.expect("a server");
    let side = PlumberdSide::at(&server.url(), cached).await;
    side.keeping(server)
}

/// Each side has a server in this process.
pub(crate) fn rows(bench: &mut impl Bench) {
    let (limit, side) = (
        async || EsdbLimit::open(false).await,
        async || plumberd(false).await,
    );
    let mut rows = Rows::new(bench, "esdb", LEFT_OUT);
    rows.threads = true;
    rows.commands(&[0, 10, 100, 1_000], limit, side);
    rows.appends(limit, side);
    rows.spread(64, limit, side);
    rows.loads(limit, side);
    rows.row(
        "follow 10000 events",
        limit,
        side,
        Follows { events: 10_000 },
    );
    let (limit, side) = (
        async || EsdbLimit::open(true).await,
        async || plumberd(true).await,
    );
    let mut rows = Rows::new(bench, "esdb, cached", LEFT_OUT);
    rows.threads = true;
    rows.commands(&[0, 10, 100, 1_000], limit, side);
}
