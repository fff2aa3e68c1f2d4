//! By hand: the generated `eventstore.v1` client, one connection.

use crate::rows::{
    Bench, Rows,
    domain::{CREDITED, PlainAccount, PlainCredited},
    plumberd_side::PlumberdSide,
    side::{Side, Spread},
};
use plumberd::{
    backend::eventstore_v1::proto::{
        AppendRequest, EventData, EventMetadata, ReadStreamRequest,
        event_store_client::EventStoreClient,
    },
    event::new_event_id,
    prelude::*,
};
use plumberd_testkit::eventstore_v1::EventStoreV1Server;
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::transport::Channel;

const TENANT: &str = "bench";
const PAGE: u32 = 1_000;

const LEFT_OUT: &str = "retries, finding out what came of a lost answer, what the metadata adds to \
     the protocol, reading back what is raised; both sides share the machine with the server";

#[derive(Clone)]
struct EventStoreV1Limit {
    client: EventStoreClient<Channel>,
    _server: Arc<EventStoreV1Server>,
}

impl EventStoreV1Limit {
    async fn open() -> Self {
        let server = EventStoreV1Server::start().await.expect("a server");
        let channel = Channel::from_shared(format!("http://{}", server.address()))
            .expect("an address")
            .connect()
            .await
            .expect("a connection");
        let client = EventStoreClient::new(channel).max_decoding_message_size(64 << 20);
        Self {
            client,
            _server: server.into(),
        }
    }

    async fn write(&self, id: Uuid, prior: u64, events: Vec<EventData>) {
        let count = u64::try_from(events.len()).expect("a length");
        let request = AppendRequest {
            tenant_id: TENANT.to_owned(),
            aggregate_id: format!("Account-{id}"),
            aggregate_type: "Account".to_owned(),
            expected_aggregate_nonce: prior,
            idempotency_key: String::new(),
            events,
        };
        let answer = self.client.clone().append(request).await.expect("appended");
        assert_eq!(answer.into_inner().last_aggregate_nonce, prior + count);
    }

    async fn fold(&self, id: Uuid) -> PlainAccount {
        let mut account = PlainAccount::default();
        let mut from = 1;
        loop {
            let request = ReadStreamRequest {
                tenant_id: TENANT.to_owned(),
                aggregate_id: format!("Account-{id}"),
                from_aggregate_nonce: from,
                max_count: PAGE,
                forward: true,
            };
            let read = self.client.clone().read_stream(request).await;
            let page = read.expect("a page").into_inner();
            for event in &page.events {
                let meta = event.meta.as_ref().expect("metadata");
                account.apply(&meta.event_type, &event.payload);
                from = meta.aggregate_nonce + 1;
            }
            if page.is_end || page.events.is_empty() {
                return account;
            }
        }
    }
}

fn encode(event: &PlainCredited, nonce: u64) -> EventData {
    let (id, mut payload) = (new_event_id(), Vec::with_capacity(256));
    let data = event.encode(id, &mut payload);
    let metadata = String::from_utf8(payload.split_off(data)).expect("text");
    EventData {
        meta: Some(EventMetadata {
            event_id: id.to_string(),
            aggregate_nonce: nonce,
            event_type: CREDITED.to_owned(),
            event_version: 1,
            content_type: "application/json".to_owned(),
            headers: [("metadata".to_owned(), metadata)].into(),
            ..EventMetadata::default()
        }),
        payload: payload.into(),
    }
}

impl Side for EventStoreV1Limit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let events = (prior + 1..).take(count);
        let events = events.map(|nonce| encode(&PlainCredited::some(), nonce));
        self.write(id, prior, events.collect()).await;
    }

    async fn command(&self, id: Uuid) {
        let mut account = self.fold(id).await;
        let prior = u64::try_from(account.events()).expect("a length");
        let event = encode(&account.credit(100), prior + 1);
        self.write(id, prior, vec![event]).await;
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(id).await.balance
    }
}

impl Spread for EventStoreV1Limit {
    async fn spread(&self, tasks: usize, each: usize) {
        let mut running = JoinSet::new();
        for task in 0..tasks {
            let side = self.clone();
            running.spawn(async move {
                let id = Uuid::from_u128(u128::try_from(task).expect("a number") + 1);
                for prior in 0..each {
                    side.append(id, u64::try_from(prior).expect("a length"), 1)
                        .await;
                }
            });
        }
        running.join_all().await;
    }
}

async fn plumberd() -> PlumberdSide {
    let server = EventStoreV1Server::start().await.expect("a server");
    let url = format!("{}?tenant={TENANT}&page_size={PAGE}", server.url());
    PlumberdSide::at(&url, false).await.keeping(server)
}

/// Each side has a server in this process, and pages of one size.
pub(crate) fn rows(bench: &mut impl Bench) {
    let limit = async || EventStoreV1Limit::open().await;
    let side = async || plumberd().await;
    let mut rows = Rows::new(bench, "eventstore-v1", LEFT_OUT);
    rows.threads = true;
    rows.commands(&[0, 10, 100, 1_000], limit, side);
    rows.appends(limit, side);
    rows.spread(64, limit, side);
    rows.loads(limit, side);
}
