//! By hand: a map of vectors on the caller's thread.

use super::{
    domain::{CREDITED, PlainAccount, PlainCredited},
    side::{Contend, Project, Side},
};
use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};
use uuid::Uuid;

pub(crate) const LEFT_OUT: &str = "locks, futures, unpredictable ids, tenants, categories, stored \
     times, links, deletion, followers, retries, reading back what is raised";

pub(crate) const LEFT_OUT_BESIDE_A_CACHE: &str = "the cache: it folds the stream; and locks, \
     futures, unpredictable ids, tenants, categories, stored times, links, deletion, followers, \
     retries, reading back what is raised";

/// What it checks is what every store checks: the expected revision, and that
/// no event id is there already.
#[derive(Default)]
pub(crate) struct BareMemory {
    state: RefCell<State>,
    ids: Ids,
}

#[derive(Default)]
struct State {
    names: HashMap<String, usize>,
    streams: Vec<Vec<Stored>>,
    ids: HashSet<Uuid>,
    /// The global order: a stream, and the index in it.
    order: Vec<(usize, usize)>,
}

/// An event, its data in front of its metadata.
struct Stored {
    event_type: &'static str,
    data_and_metadata: Vec<u8>,
    data: usize,
}

impl Stored {
    fn encode(event: &PlainCredited, id: Uuid) -> Self {
        let mut data_and_metadata = Vec::with_capacity(256);
        let data = event.encode(id, &mut data_and_metadata);
        Self {
            event_type: CREDITED,
            data_and_metadata,
            data,
        }
    }

    fn data(&self) -> &[u8] {
        &self.data_and_metadata[..self.data]
    }
}

/// Ids that are counted.
#[derive(Default)]
pub(super) struct Ids(Cell<u64>);

impl Ids {
    pub(super) fn next(&self) -> Uuid {
        self.0.set(self.0.get() + 1);
        Uuid::from_u64_pair(0x0190_0000_0000_7000, self.0.get())
    }
}

impl State {
    fn append(&mut self, name: String, expected: usize, events: Vec<(Uuid, Stored)>) {
        let stream = *self.names.entry(name).or_insert_with(|| {
            self.streams.push(Vec::new());
            self.streams.len() - 1
        });
        let stored = &mut self.streams[stream];
        assert_eq!(stored.len(), expected, "conflict");
        let known = |(id, _): &(Uuid, Stored)| self.ids.contains(id);
        assert!(!events.iter().any(known), "repeated");
        for (id, event) in events {
            self.ids.insert(id);
            self.order.push((stream, stored.len()));
            stored.push(event);
        }
    }

    fn fold(&self, name: &str) -> PlainAccount {
        let mut account = PlainAccount::default();
        if let Some(&stream) = self.names.get(name) {
            for event in &self.streams[stream] {
                account.apply(event.event_type, event.data());
            }
        }
        account
    }
}

impl Side for BareMemory {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let encode = |_| {
            let id = self.ids.next();
            (id, Stored::encode(&PlainCredited::some(), id))
        };
        let events = (0..count).map(encode).collect();
        let expected = usize::try_from(prior).expect("a length");
        let mut state = self.state.borrow_mut();
        state.append(format!("Account-{id}"), expected, events);
    }

    async fn command(&self, id: Uuid) {
        let mut state = self.state.borrow_mut();
        let name = format!("Account-{id}");
        let mut account = state.fold(&name);
        let expected = account.events();
        let event_id = self.ids.next();
        let event = Stored::encode(&account.credit(100), event_id);
        state.append(name, expected, vec![(event_id, event)]);
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.state.borrow().fold(&format!("Account-{id}")).balance
    }
}

impl Contend for BareMemory {
    /// One after the other.
    async fn contend(&self, id: Uuid, tasks: usize, each: usize) {
        for _ in 0..tasks * each {
            self.command(id).await;
        }
    }
}

impl Project for BareMemory {
    async fn project(&self) -> i64 {
        let state = self.state.borrow();
        let events = state.order.iter();
        let events = events.map(|&(stream, index)| &state.streams[stream][index]);
        events
            .map(|event| PlainCredited::decode(event.event_type, event.data()).amount)
            .sum()
    }
}
