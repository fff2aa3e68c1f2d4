//! With plumberd, as its users write it.

use super::{
    domain::{Account, AccountCredited},
    side::{Contend, Project, Side, Spread},
};
use plumberd::{
    event::NewEvent,
    prelude::*,
    store::{Filter, ReadOptions},
};
use std::{any::Any, sync::Arc};
use tokio::task::JoinSet;

#[derive(Clone)]
pub(crate) struct PlumberdSide {
    pub(crate) store: Store,
    accounts: Repository<Account>,
    /// What lives as long: a folder, a server.
    _kept: Option<Arc<dyn Any + Send + Sync>>,
}

impl PlumberdSide {
    pub(crate) async fn memory(cached: bool) -> Self {
        Self::at("memory:", cached).await
    }

    /// On the store at `url`.
    pub(crate) async fn at(url: &str, cached: bool) -> Self {
        let store = plumberd::connect(url).await.expect("a store");
        let accounts = store.repository();
        Self {
            accounts: if cached {
                accounts.with_cache(CacheConfig::new(100_000))
            } else {
                accounts
            },
            store,
            _kept: None,
        }
    }

    pub(crate) fn keeping(self, kept: impl Any + Send + Sync) -> Self {
        Self {
            _kept: Some(Arc::new(kept)),
            ..self
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn sqlite(synchronous: &str, cached: bool) -> Self {
        let folder = super::bare_sqlite::folder();
        let file = folder.path().join("plumberd.db");
        let url = format!("sqlite://{}?synchronous={synchronous}", file.display());
        Self::at(&url, cached).await.keeping(folder)
    }
}

impl Side for PlumberdSide {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        append(&self.store, id, prior, count).await;
    }

    async fn command(&self, id: Uuid) {
        command(&self.accounts, id).await;
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.accounts.load(id).await.expect("loaded").balance
    }
}

impl Spread for PlumberdSide {
    async fn spread(&self, tasks: usize, each: usize) {
        let mut running = JoinSet::new();
        for task in 0..tasks {
            let store = self.store.clone();
            running.spawn(async move {
                let id = Uuid::from_u128(u128::try_from(task).expect("a number") + 1);
                for prior in 0..each {
                    append(&store, id, u64::try_from(prior).expect("a length"), 1).await;
                }
            });
        }
        running.join_all().await;
    }
}

impl Contend for PlumberdSide {
    async fn contend(&self, id: Uuid, tasks: usize, each: usize) {
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            let accounts = self.accounts.clone();
            running.spawn(async move {
                for _ in 0..each {
                    command(&accounts, id).await;
                }
            });
        }
        running.join_all().await;
    }
}

impl Project for PlumberdSide {
    async fn project(&self) -> i64 {
        let mut events = self.store.read_all(ReadOptions::forwards(), Filter::new());
        let mut sum = 0;
        while let Some(page) = events.next_page().await.expect("a page") {
            for event in &page[..] {
                let event: AccountCredited = event.decode().expect("an event");
                sum += event.amount;
            }
        }
        sum
    }
}

async fn append(store: &Store, id: Uuid, prior: u64, count: usize) {
    let stream = StreamName::new("Account", id).expect("a name");
    let expected = prior.checked_sub(1).map(Revision::new).into();
    let encode = |_| NewEvent::encode(&AccountCredited::some()).expect("an event");
    let events = (0..count).map(encode).collect();
    let outcome = store.append(&stream, expected, events).await;
    assert!(!outcome.expect("appended").is_already_applied());
}

async fn command(accounts: &Repository<Account>, id: Uuid) {
    accounts
        .execute(id, |account| Ok::<_, BoxError>(account.credit(100)))
        .await
        .expect("executed");
}
