//! A command and its reply on a memory store, beside two bare appends and one
//! subscription, which is the least that a reply by way of a store takes.

use crate::measure::{Table, timed};
use plumberd::{
    command::{Command, CommandBus, CommandFault, CommandHandlers, CommandServer, NoFault},
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{SubscribeFrom, Subscription},
};
use std::{sync::Arc, time::Duration};
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
struct BusLimit {
    store: Store,
    commands: StreamName,
    replies: StreamName,
    follower: Mutex<Subscription>,
}

impl BusLimit {
    async fn new() -> Self {
        let store = plumberd::connect("memory:").await.expect("a store");
        let replies = StreamName::new("Reply", new_event_id()).expect("a name");
        let follower = store
            .subscribe_stream(&replies, SubscribeFrom::Start)
            .await
            .expect("a subscription");
        Self {
            store,
            commands: StreamName::new("Command", new_event_id()).expect("a name"),
            replies,
            follower: Mutex::new(follower),
        }
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

/// Each of so many tasks sends its commands one after the other.
async fn round<F: Future<Output = ()> + Send>(
    tasks: u64,
    each: u64,
    exchange: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Duration {
    timed(async {
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            let exchange = exchange.clone();
            running.spawn(async move {
                for number in 0..each {
                    exchange(number).await;
                }
            });
        }
        running.join_all().await;
    })
    .await
}

pub(crate) async fn rows(table: &mut Table) {
    for (tasks, each) in [(1, 500), (64, 40)] {
        let name = match tasks {
            1 => "bus: command and reply".to_owned(),
            _ => format!("bus: command and reply, {tasks} tasks"),
        };
        if !table.wants(&name) {
            continue;
        }
        let limit = Arc::new(BusLimit::new().await);
        let store = plumberd::connect("memory:").await.expect("a store");
        let handlers = CommandHandlers::new().with(Nothing);
        let server = CommandServer::new(store.clone(), "Bench", handlers)
            .start()
            .await
            .expect("a server");
        let bus = Arc::new(CommandBus::new(store.clone()));
        table
            .measure(
                &name,
                usize::try_from(tasks * each).expect("a number"),
                async || {
                    let limit = Arc::clone(&limit);
                    let exchange = move |number| {
                        let limit = Arc::clone(&limit);
                        async move { limit.exchange(number).await }
                    };
                    round(tasks, each, exchange).await
                },
                async || {
                    let bus = Arc::clone(&bus);
                    let exchange = move |number| {
                        let bus = Arc::clone(&bus);
                        async move {
                            let id = new_event_id();
                            bus.send(id, Ping { id, number }).await.expect("done");
                        }
                    };
                    round(tasks, each, exchange).await
                },
            )
            .await;
        server.shutdown().await.expect("a good end");
    }
}
