//! A command and its reply on a memory store, beside two bare appends and one
//! subscription, which is the least that a reply by way of a store takes.

use crate::rows::{Bench, Row, work::Work};
use plumberd::{
    command::{
        Command, CommandBus, CommandFault, CommandHandlers, CommandServer, NoFault, Running,
    },
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{SubscribeFrom, Subscription},
};
use std::sync::Arc;
use tokio::{sync::Mutex, task::JoinSet};

#[derive(Event, Debug, Clone)]
struct Ping {
    #[event(id)]
    id: Uuid,
    number: u64,
}

impl Command for Ping {
    type Fault = NoFault;
}

struct Nothing;

#[command_handler]
impl Nothing {
    async fn ping(&self, _recipient: Uuid, command: &Ping) -> Result<(), CommandFault> {
        std::hint::black_box(command);
        Ok(())
    }
}

/// The limit has no handler: a command, its reply, and hearing of it.
struct Bare {
    store: Store,
    commands: StreamName,
    replies: StreamName,
    follower: Mutex<Subscription>,
}

impl Bare {
    async fn open() -> Arc<Self> {
        let store = plumberd::connect("memory:").await.expect("a store");
        let replies = StreamName::new("Reply", new_event_id()).expect("a name");
        let follower = store
            .subscribe_stream(&replies, SubscribeFrom::Start)
            .await
            .expect("a subscription");
        Arc::new(Self {
            store,
            commands: StreamName::new("Command", new_event_id()).expect("a name"),
            replies,
            follower: Mutex::new(follower),
        })
    }

    async fn exchange(&self, number: u64) {
        for stream in [&self.commands, &self.replies] {
            let id = new_event_id();
            let event = NewEvent::encode(&Ping { id, number }).expect("an event");
            self.store
                .append(stream, ExpectedRevision::Any, vec![event])
                .await
                .expect("appended");
        }
        // A reply to any task: as many are heard as were sent.
        let heard = self.follower.lock().await.next_event().await;
        std::hint::black_box(heard.expect("a reply"));
    }
}

struct Served {
    bus: Arc<CommandBus>,
    /// It ends with this.
    _server: Running,
}

impl Served {
    async fn open() -> Self {
        let store = plumberd::connect("memory:").await.expect("a store");
        let handlers = CommandHandlers::new().with(Nothing);
        let server = CommandServer::new(store.clone(), "Bench", handlers).start();
        Self {
            _server: server.await.expect("a server"),
            bus: Arc::new(CommandBus::new(store)),
        }
    }
}

/// Each of so many tasks sends its commands one after the other.
struct Exchanges {
    tasks: u64,
    each: u64,
}

impl Exchanges {
    fn count(&self) -> usize {
        usize::try_from(self.tasks * self.each).expect("a number")
    }

    async fn run<F: Future<Output = ()> + Send>(
        &self,
        exchange: impl Fn(u64) -> F + Clone + Send + 'static,
    ) {
        let mut running = JoinSet::new();
        for _ in 0..self.tasks {
            let (exchange, each) = (exchange.clone(), self.each);
            running.spawn(async move {
                for number in 0..each {
                    exchange(number).await;
                }
            });
        }
        running.join_all().await;
    }
}

impl Work<Arc<Bare>> for Exchanges {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.count()
    }

    async fn prepare(&self, _: &Arc<Bare>) {}

    async fn run(&self, side: &Arc<Bare>, (): ()) {
        let side = Arc::clone(side);
        let exchange = move |number| {
            let side = Arc::clone(&side);
            async move { side.exchange(number).await }
        };
        Exchanges::run(self, exchange).await;
    }
}

impl Work<Served> for Exchanges {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.count()
    }

    async fn prepare(&self, _: &Served) {}

    async fn run(&self, side: &Served, (): ()) {
        let bus = Arc::clone(&side.bus);
        let exchange = move |number| {
            let bus = Arc::clone(&bus);
            async move {
                let id = new_event_id();
                bus.send(id, Ping { id, number }).await.expect("done");
            }
        };
        Exchanges::run(self, exchange).await;
    }
}

pub(crate) fn rows(bench: &mut impl Bench) {
    for (tasks, each) in [(1, 500), (64, 40)] {
        let name = match tasks {
            1 => "bus: command and reply".to_owned(),
            _ => format!("bus: command and reply, {tasks} tasks"),
        };
        if bench.wants(&name) {
            let left_out = "the handler, the checkpoint, waiting by id";
            let row = Row {
                name,
                left_out,
                threads: true,
            };
            let work = Exchanges { tasks, each };
            bench.row(row, Bare::open, Served::open, work);
        }
    }
}
