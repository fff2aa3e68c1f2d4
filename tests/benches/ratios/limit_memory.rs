//! By hand: a map of vectors behind a mutex.

use crate::{
    domain::{CREDITED, PlainAccount, plain_metadata},
    side::Side,
};
use plumberd::event::new_event_id;
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};
use uuid::Uuid;

/// Type, data, metadata.
type Stored = (String, Vec<u8>, Vec<u8>);

pub(crate) struct MemoryLimit {
    state: Mutex<State>,
    cache: Option<Mutex<HashMap<Uuid, PlainAccount>>>,
}

#[derive(Default)]
struct State {
    streams: HashMap<String, Vec<Stored>>,
    ids: HashSet<Uuid>,
}

impl State {
    /// The checks that every store makes: the expected revision, unique ids.
    fn append(&mut self, stream: String, expected: usize, events: Vec<(Uuid, Stored)>) {
        let stored = self.streams.entry(stream).or_default();
        assert_eq!(stored.len(), expected, "conflict");
        assert!(
            events.iter().all(|(id, _)| !self.ids.contains(id)),
            "repeated"
        );
        for (id, event) in events {
            self.ids.insert(id);
            stored.push(event);
        }
    }
}

impl MemoryLimit {
    pub(crate) fn new(cached: bool) -> Self {
        Self {
            state: Mutex::default(),
            cache: cached.then(Mutex::default),
        }
    }

    /// Folds under the lock, as hand-written code copies nothing.
    fn fold(&self, stream: &str) -> (PlainAccount, usize) {
        let state = self.state.lock().expect("a lock");
        let mut account = PlainAccount::default();
        let events = state.streams.get(stream).map_or(&[][..], Vec::as_slice);
        for (event_type, data, _) in events {
            account.apply(event_type, data);
        }
        (account, events.len())
    }
}

fn credit(account: &mut PlainAccount) -> (Uuid, Stored) {
    let id = new_event_id();
    let stored = (CREDITED.to_owned(), account.credit(100), plain_metadata(id));
    (id, stored)
}

impl Side for MemoryLimit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let mut account = PlainAccount::default();
        let events = (0..count).map(|_| credit(&mut account)).collect();
        let expected = usize::try_from(prior).expect("a length");
        let mut state = self.state.lock().expect("a lock");
        state.append(format!("Account-{id}"), expected, events);
    }

    async fn command(&self, id: Uuid) {
        let stream = format!("Account-{id}");
        let known = self.cache.as_ref().and_then(|cache| {
            let cache = cache.lock().expect("a lock");
            cache.get(&id).cloned()
        });
        let (mut account, expected) = match known {
            Some(account) => {
                let events = account.events();
                (account, events)
            }
            None => self.fold(&stream),
        };
        let event = credit(&mut account);
        self.state
            .lock()
            .expect("a lock")
            .append(stream, expected, vec![event]);
        if let Some(cache) = &self.cache {
            cache.lock().expect("a lock").insert(id, account);
        }
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(&format!("Account-{id}")).0.balance
    }
}
