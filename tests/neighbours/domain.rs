//! An account that commands are sent to.

use plumberd::{
    Event, command,
    command::{
        Command, CommandBus, CommandContext, CommandFault, CommandHandlers, CommandServer,
        FirstStart, NoFault, Running, ValidationError,
    },
    command_handler,
    prelude::*,
};
use plumberd_tests::TempFolder;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{Semaphore, watch};

#[derive(Event, Debug, Clone, PartialEq)]
pub(crate) struct Credited {
    pub(crate) amount: Decimal,
    pub(crate) command: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    balance: Decimal,
}

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &Credited) {
        self.balance += event.amount;
    }
}

/// Adds to an account.
#[derive(Event, Debug, Clone)]
pub(crate) struct Credit {
    #[event(id)]
    pub(crate) id: Uuid,
    pub(crate) amount: Decimal,
    pub(crate) number: u32,
}

impl Credit {
    pub(crate) fn number(number: u32) -> Self {
        Self {
            id: Uuid::nil(),
            amount: dec!(1),
            number,
        }
    }
}

impl Command for Credit {
    type Fault = NoFault;

    fn validate(&self) -> Result<(), ValidationError> {
        if self.amount <= dec!(0) {
            return Err(ValidationError::new("Amount must be positive"));
        }
        Ok(())
    }
}

/// What may be wrong with a [`Debit`].
#[derive(Event, Debug, Clone, PartialEq)]
pub(crate) enum DebitFault {
    InsufficientFunds { missing: Decimal },
    AccountClosed,
}

/// Is always refused; `how` says how.
#[derive(Event, Debug, Clone)]
pub(crate) struct Debit {
    #[event(id)]
    pub(crate) id: Uuid,
    pub(crate) how: String,
}

impl Debit {
    pub(crate) fn refused_with(how: &str) -> Self {
        Self {
            id: Uuid::nil(),
            how: how.into(),
        }
    }
}

impl Command for Debit {
    type Fault = DebitFault;
}

/// A fault that no command names.
#[derive(Event)]
pub(crate) struct Surprise {
    pub(crate) text: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull;

/// The handlers, and what they saw.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) repository: Repository<Account>,
    pub(crate) runs: Arc<AtomicUsize>,
    pub(crate) seen: watch::Sender<usize>,
    /// A handler takes one, and keeps it: for those that are to wait.
    pub(crate) gate: Option<Arc<Semaphore>>,
}

impl Accounts {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            repository: store.repository(),
            runs: Arc::default(),
            seen: watch::Sender::new(0),
            gate: None,
        }
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    pub(crate) async fn seen(&self, runs: usize) {
        let mut seen = self.seen.subscribe();
        seen.wait_for(|seen| *seen >= runs).await.unwrap();
    }

    fn count(&self) {
        let runs = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        self.seen.send_modify(|seen| *seen = (*seen).max(runs));
    }
}

#[command_handler]
impl Accounts {
    async fn credit(
        &self,
        id: Uuid,
        command: &Credit,
        context: &CommandContext,
    ) -> Result<(), CommandFault> {
        self.count();
        if let Some(gate) = &self.gate {
            gate.acquire().await?.forget();
        }
        let credited = Credited {
            amount: command.amount,
            command: command.number,
        };
        loop {
            let executed = self
                .repository
                .execute(id, |_| Ok::<_, std::convert::Infallible>(credited.clone()))
                .command_id(context.command_id())
                .await;
            match executed {
                // The store is away; the command's id makes this harmless.
                Err(error) if error.is_transient() => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                executed => return Ok(executed.map(drop)?),
            }
        }
    }

    async fn debit(&self, _id: Uuid, command: &Debit) -> Result<u8, CommandFault> {
        self.count();
        Err(match command.how.as_str() {
            "fault" => {
                let missing = dec!(1.50);
                CommandFault::fault(409, "no", &DebitFault::InsufficientFunds { missing })
            }
            "closed" => CommandFault::fault(410, "closed", &DebitFault::AccountClosed),
            "surprise" => CommandFault::fault(418, "tea", &Surprise { text: "pot".into() }),
            "huge" => {
                let text = "x".repeat(2 << 20);
                CommandFault::fault(413, "huge", &Surprise { text })
            }
            "long" => CommandFault::invalid("ż".repeat(1 << 20)),
            "invalid" => CommandFault::from(ValidationError::new("bad")),
            "code" => CommandFault::with_code(402, "pay"),
            "panic" => panic!("a bug in a handler"),
            _ => CommandFault::from(DiskFull),
        })
    }
}

const FILE: &str = "bus.db";

/// What a store is kept in, for as long as it is used.
pub(crate) enum Kept {
    Nowhere,
    Folder(TempFolder),
    #[cfg(feature = "eventstoredb")]
    Server(Box<plumberd_testkit::esdb::EsdbServer>),
    #[cfg(feature = "eventstore-v1")]
    ServerV1(Box<plumberd_testkit::eventstore_v1::EventStoreV1Server>),
}

impl Kept {
    /// The store's URL for other processes.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::Folder(folder) => Some(folder.sqlite_url(FILE)),
            #[cfg(feature = "eventstoredb")]
            Self::Server(server) => Some(server.url()),
            #[cfg(feature = "eventstore-v1")]
            Self::ServerV1(server) => Some(of_a_tenant(server)),
        }
    }

    /// Whether streams can be told to forget what is old, and can have links.
    pub(crate) fn forgets(&self) -> bool {
        match self {
            #[cfg(feature = "eventstore-v1")]
            Self::ServerV1(_) => false,
            _ => true,
        }
    }

    /// Stops the server of the store, if it has one, and starts it again.
    #[cfg_attr(
        not(feature = "eventstoredb"),
        expect(clippy::unused_async, reason = "only such a server is restarted")
    )]
    pub(crate) async fn restart(&self) -> bool {
        match self {
            Self::Nowhere | Self::Folder(_) => false,
            #[cfg(feature = "eventstoredb")]
            Self::Server(server) => {
                server.stop().await;
                server.restart().await.unwrap();
                true
            }
            #[cfg(feature = "eventstore-v1")]
            Self::ServerV1(_) => false,
        }
    }
}

/// A store that knows of no time, so that time may be paused.
pub(crate) async fn memory() -> (Store, Kept) {
    let memory = plumberd::connect("memory:").await.unwrap();
    (memory, Kept::Nowhere)
}

/// Stores of every kind, with what keeps them.
pub(crate) async fn every_store() -> Vec<(Store, Kept)> {
    #[cfg_attr(
        not(feature = "eventstore-v1"),
        expect(unused_mut, reason = "there is one more with the feature")
    )]
    let mut every = stores().await;
    #[cfg(feature = "eventstore-v1")]
    every.push(eventstore_v1().await);
    every
}

/// Stores that can do everything that EventStoreDB can.
pub(crate) async fn stores() -> Vec<(Store, Kept)> {
    let folder = TempFolder::new();
    let sqlite = plumberd::connect(&folder.sqlite_url(FILE)).await.unwrap();
    vec![
        memory().await,
        (sqlite, Kept::Folder(folder)),
        #[cfg(feature = "eventstoredb")]
        eventstoredb().await,
    ]
}

#[cfg(feature = "eventstore-v1")]
async fn eventstore_v1() -> (Store, Kept) {
    let server = plumberd_testkit::eventstore_v1::EventStoreV1Server::start();
    let server = server.await.unwrap();
    let store = plumberd::connect(&of_a_tenant(&server)).await.unwrap();
    (store, Kept::ServerV1(Box::new(server)))
}

#[cfg(feature = "eventstore-v1")]
fn of_a_tenant(server: &plumberd_testkit::eventstore_v1::EventStoreV1Server) -> String {
    let url = server.url();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}tenant=t1")
}

#[cfg(feature = "eventstoredb")]
async fn eventstoredb() -> (Store, Kept) {
    let server = plumberd_testkit::esdb::EsdbServer::start().await.unwrap();
    let store = plumberd::connect(&server.url()).await.unwrap();
    (store, Kept::Server(Box::new(server)))
}

pub(crate) fn server(store: &Store, accounts: &Accounts) -> CommandServer {
    let handlers = CommandHandlers::new().with(accounts.clone());
    CommandServer::new(store.clone(), "Bank", handlers).first_start(FirstStart::Start)
}

pub(crate) async fn start(store: &Store, accounts: &Accounts) -> Running {
    server(store, accounts).start().await.unwrap()
}

pub(crate) async fn read(store: &Store, stream: &StreamName) -> Vec<RecordedEvent> {
    let events = store.read_stream(stream, ReadOptions::forwards());
    events.collect_all().await.unwrap()
}

/// The answers in the session's stream.
pub(crate) async fn answers(store: &Store, session: Uuid) -> Vec<RecordedEvent> {
    read(store, &command::session_out(session).unwrap()).await
}

/// Waits for so many answers.
pub(crate) async fn wait_for_answers(store: &Store, session: Uuid, count: usize) {
    let stream = command::session_out(session).unwrap();
    let mut answers = store
        .subscribe_stream(&stream, SubscribeFrom::Start)
        .await
        .unwrap();
    for _ in 0..count {
        answers.next_event().await.unwrap().unwrap();
    }
}

pub(crate) fn bus(store: &Store) -> CommandBus {
    CommandBus::new(store.clone())
}
