//! By hand: the generated `eventstore.v1` client, one connection.

use crate::{
    domain::{CREDITED, PlainAccount, plain_metadata},
    measure::Table,
    plumberd_side::PlumberdSide,
    side::Side,
    workloads,
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
use tonic::transport::Channel;

const TENANT: &str = "bench";
const PAGE: u32 = 1_000;

pub(crate) struct EventStoreV1Limit {
    client: EventStoreClient<Channel>,
}

impl EventStoreV1Limit {
    async fn new(server: &EventStoreV1Server) -> Self {
        let channel = Channel::from_shared(format!("http://{}", server.address()))
            .expect("an address")
            .connect()
            .await
            .expect("a connection");
        let client = EventStoreClient::new(channel).max_decoding_message_size(64 << 20);
        Self { client }
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

fn credit(account: &mut PlainAccount, nonce: u64) -> EventData {
    let id = new_event_id();
    let metadata = String::from_utf8(plain_metadata(id)).expect("text");
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
        payload: account.credit(100).into(),
    }
}

impl Side for EventStoreV1Limit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let mut account = PlainAccount::default();
        let events = (prior + 1..).take(count);
        let events = events.map(|nonce| credit(&mut account, nonce)).collect();
        self.write(id, prior, events).await;
    }

    async fn command(&self, id: Uuid) {
        let mut account = self.fold(id).await;
        let prior = u64::try_from(account.events()).expect("a length");
        let event = credit(&mut account, prior + 1);
        self.write(id, prior, vec![event]).await;
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(id).await.balance
    }
}

/// Both sides against one server in this process, with pages of one size.
pub(crate) async fn rows(table: &mut Table) {
    const STORE: &str = "eventstore-v1";
    if !table.wants_any(STORE) {
        return;
    }
    let server = EventStoreV1Server::start().await.expect("a server");
    let url = format!("{}?tenant={TENANT}&page_size={PAGE}", server.url());
    let by_plumberd = Arc::new(PlumberdSide::at(&url, false).await);
    let by_hand = Arc::new(EventStoreV1Limit::new(&server).await);
    let limit = || Arc::clone(&by_hand);
    let plumberd = async || Arc::clone(&by_plumberd);
    workloads::commands(table, STORE, limit, plumberd).await;
    workloads::appends(table, STORE, limit, plumberd).await;
    workloads::loads(table, STORE, limit, plumberd).await;
}
