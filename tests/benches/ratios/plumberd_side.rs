use crate::{
    domain::{Account, AccountCredited},
    side::Side,
};
use plumberd::{event::NewEvent, prelude::*};
#[cfg(feature = "sqlite")]
use tempfile::TempDir;

pub(crate) struct PlumberdSide {
    store: Store,
    accounts: Repository<Account>,
    #[cfg(feature = "sqlite")]
    _folder: Option<TempDir>,
}

impl PlumberdSide {
    pub(crate) async fn memory(cached: bool) -> Self {
        let store = plumberd::connect("memory:").await.expect("a store");
        Self {
            accounts: accounts(&store, cached),
            store,
            #[cfg(feature = "sqlite")]
            _folder: None,
        }
    }

    /// On the server at `url`.
    #[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
    pub(crate) async fn at(url: &str, cached: bool) -> Self {
        let store = plumberd::connect(url).await.expect("a store");
        Self {
            accounts: accounts(&store, cached),
            store,
            #[cfg(feature = "sqlite")]
            _folder: None,
        }
    }

    /// Follows a stream until it has had so many events.
    #[cfg(feature = "eventstoredb")]
    pub(crate) async fn follow(&self, stream: &str, count: usize) {
        let stream = StreamName::raw(stream).expect("a name");
        let mut events = self
            .store
            .subscribe_stream(&stream, plumberd::store::SubscribeFrom::Start)
            .await
            .expect("a subscription");
        for _ in 0..count {
            std::hint::black_box(events.next_event().await.expect("an event"));
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn sqlite(synchronous: &str, cached: bool) -> Self {
        let folder = crate::limit_sqlite::folder();
        let file = folder.path().join("plumberd.db");
        let url = format!("sqlite://{}?synchronous={synchronous}", file.display());
        let store = plumberd::connect(&url).await.expect("a store");
        Self {
            accounts: accounts(&store, cached),
            store,
            _folder: Some(folder),
        }
    }
}

fn accounts(store: &Store, cached: bool) -> Repository<Account> {
    let accounts = store.repository();
    if cached {
        return accounts.with_cache(CacheConfig::new(100_000));
    }
    accounts
}

impl Side for PlumberdSide {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let stream = StreamName::new("Account", id).expect("a name");
        let expected = prior.checked_sub(1).map(Revision::new).into();
        let events = (0..count).map(|_| {
            NewEvent::encode(&AccountCredited {
                amount: 100,
                balance: 123_400,
                reference: "INV-2024".to_owned(),
            })
            .expect("an event")
        });
        let outcome = self.store.append(&stream, expected, events.collect()).await;
        assert!(!outcome.expect("appended").is_already_applied());
    }

    async fn command(&self, id: Uuid) {
        self.accounts
            .execute(id, |account| Ok::<_, BoxError>(account.credit(100)))
            .await
            .expect("executed");
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.accounts.load(id).await.expect("loaded").balance
    }
}
