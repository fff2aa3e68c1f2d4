//! Stores and services outside a Tokio runtime, in a second one, and after the
//! first has ended.

use crate::bell::{Ring, handlers};
use futures_util::future::poll_immediate;
use plumberd::{
    Store,
    backend::memory::Memory,
    command::{
        CommandBus, CommandFault, CommandHandlers, CommandQueue, CommandServer, PostError,
        SendError, ServerError,
    },
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{StoreError, SubscriptionMessage},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::mock::{Fault, Faulty};
use plumberd_tests::{TempFolder, counter::Counter};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

/// Runs `future` on this thread, without Tokio.
fn without_runtime<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

/// Neither timers nor I/O.
fn bare_runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Happened".parse().unwrap(), "{}")
}

fn urls(folder: &TempFolder) -> Vec<String> {
    let mut urls = vec!["memory:".to_owned()];
    if cfg!(feature = "sqlite") {
        urls.push(folder.sqlite_url("a.db"));
    }
    urls
}

/// Appends, reads, follows, decides and closes.
async fn use_store(url: &str) {
    let store = plumberd::connect(url).await.unwrap();
    let stream: StreamName = "Thing-1".parse().unwrap();
    let mut subscription = store
        .subscribe_stream(&stream, SubscribeFrom::Start)
        .await
        .unwrap();
    let first = subscription.next_message().await.unwrap();
    assert_eq!(first, Some(SubscriptionMessage::CaughtUp));

    for _ in 0..3 {
        store.append(&stream, Any, vec![event()]).await.unwrap();
    }

    for revision in 0..3 {
        let event = subscription.next_event().await.unwrap().unwrap();
        assert_eq!(event.revision.as_u64(), revision);
    }
    let read = store.read_stream(&stream, ReadOptions::forwards());
    assert_eq!(read.collect_all().await.unwrap().len(), 3);
    let counters = store.repository::<Counter>();
    let id = new_event_id();
    counters.execute(id, |c| c.add(3)).await.unwrap();
    assert_eq!(counters.load(id).await.unwrap().total, 3);
    store.close().await;
    drop(subscription);
}

#[test]
fn stores_need_no_runtime() {
    let folder = TempFolder::new();
    for url in urls(&folder) {
        without_runtime(use_store(&url));
    }
}

#[test]
fn stores_need_neither_timers_nor_io_of_a_runtime() {
    let folder = TempFolder::new();
    for url in urls(&folder) {
        bare_runtime().block_on(use_store(&url));
    }
}

async fn execute_with_pauses() {
    let store = Faulty::new(Memory::new());
    let counters = Repository::<Counter>::new(Arc::new(store.clone()));
    for fault in [
        Fault::Conflict,
        Fault::TimeOutBeforeCommit,
        Fault::TimeOutAfterCommit,
        Fault::Delay(Duration::from_millis(1)),
    ] {
        store.next_append(fault);
    }
    let id = new_event_id();

    for _ in 0..3 {
        counters.execute(id, |c| c.add(1)).await.unwrap();
    }

    assert_eq!(counters.load(id).await.unwrap().total, 3);
    assert_eq!(store.faults(), 4);
}

#[test]
fn execute_pauses_between_retries_on_any_runtime_and_on_none() {
    without_runtime(execute_with_pauses());
    bare_runtime().block_on(execute_with_pauses());
}

#[test]
fn a_store_and_what_was_begun_on_it_go_on_in_another_runtime() {
    let folder = TempFolder::new();
    for (number, url) in urls(&folder).iter().enumerate() {
        for (first, second) in [
            (current_thread(), multi_thread()),
            (multi_thread(), current_thread()),
        ] {
            let stream = StreamName::new("Thing", number).unwrap();
            let (store, mut read, mut subscription) = first.block_on(async {
                let store = plumberd::connect(url).await.unwrap();
                store.append(&stream, Any, vec![event()]).await.unwrap();
                let read = store.read_stream(&stream, ReadOptions::forwards());
                let following = store.subscribe_stream(&stream, SubscribeFrom::Start);
                let mut subscription = following.await.unwrap();
                subscription.next_event().await.unwrap().unwrap();
                (store, read, subscription)
            });
            // A page of it is under way when its runtime ends.
            let begun = first.block_on(poll_immediate(read.next_event()));
            drop(first);

            second.block_on(async {
                store.append(&stream, Any, vec![event()]).await.unwrap();
                if begun.is_none() {
                    read.next_event().await.unwrap().unwrap();
                }
                subscription.next_event().await.unwrap().unwrap();
            });
            drop(second);
            without_runtime(async {
                store.append(&stream, Any, vec![event()]).await.unwrap();
                subscription.next_event().await.unwrap().unwrap();
                store.close().await;
            });
        }
    }
}

async fn send(bus: &CommandBus) {
    let bell = Uuid::from_u128(7);
    bus.send(bell, Ring { times: 3 }).await.unwrap();
    let refused = bus.send(bell, Ring { times: 101 }).await.unwrap_err();
    assert_eq!(refused.code(), Some(400));
}

#[test]
fn a_bus_goes_on_in_a_second_runtime_while_the_first_is_not_run_and_after_it_ended() {
    let folder = TempFolder::new();
    for url in urls(&folder) {
        let serving = multi_thread();
        let store = serving.block_on(plumberd::connect(&url)).unwrap();
        let server = CommandServer::new(store.clone(), "Bells", handlers());
        let server = serving.block_on(server.start()).unwrap();
        let bus = CommandBus::new(store.clone());
        let (first, second, third) = (current_thread(), current_thread(), bare_runtime());

        first.block_on(send(&bus));
        second.block_on(send(&bus));
        first.block_on(send(&bus));
        drop(first);
        second.block_on(send(&bus));
        third.block_on(send(&bus));

        assert_eq!(bus.pending(), 0);
        serving.block_on(server.shutdown()).unwrap();
    }
}

#[test]
fn a_command_whose_runtime_ended_is_answered_in_the_next_one() {
    let store = Store::new(Memory::new());
    let bus = CommandBus::new(store.clone());
    let mut sending = Box::pin(
        bus.send(Uuid::from_u128(7), Ring { times: 3 })
            .into_future(),
    );
    let first = current_thread();
    first.block_on(async {
        // Written, and heard for in this runtime.
        while bus.pending() == 0 {
            assert!(poll_immediate(&mut sending).await.is_none());
            tokio::task::yield_now().await;
        }
        assert!(poll_immediate(&mut sending).await.is_none());
    });
    drop(first);

    current_thread().block_on(async {
        let server = CommandServer::new(store, "Bells", handlers())
            .first_start(plumberd::command::FirstStart::Start)
            .start()
            .await
            .unwrap();
        sending.await.unwrap();
        server.shutdown().await.unwrap();
    });
}

#[test]
fn handlers_of_this_process_run_again_when_their_runtime_ended() {
    let bus = CommandBus::new(Memory::new());
    let bus = bus.with_handlers(handlers()).unwrap();

    current_thread().block_on(send(&bus));
    current_thread().block_on(send(&bus));
}

#[test]
fn a_command_whose_handler_ended_with_its_runtime_is_run_again_in_the_next_one() {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut handlers = CommandHandlers::new();
    let counted = Arc::clone(&runs);
    handlers.add(move |_: Uuid, _: Ring, _| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if run == 0 {
                std::future::pending::<()>().await;
            }
            Ok::<_, CommandFault>(())
        }
    });
    let bus = CommandBus::new(Memory::new());
    let bus = bus.with_handlers(handlers).unwrap();
    let mut sending = Box::pin(
        bus.send(Uuid::from_u128(7), Ring { times: 3 })
            .into_future(),
    );
    let first = current_thread();
    first.block_on(async {
        while runs.load(Ordering::SeqCst) == 0 {
            assert!(poll_immediate(&mut sending).await.is_none());
            tokio::task::yield_now().await;
        }
    });
    drop(first);

    current_thread().block_on(sending).unwrap();

    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[test]
fn what_runs_tasks_says_that_it_needs_a_runtime_and_writes_nothing() {
    fn needs_runtime(error: &StoreError) -> bool {
        matches!(error, StoreError::NoRuntime { .. })
            && !error.is_transient()
            && error.to_string().contains("needs a Tokio runtime")
    }

    let store = Store::new(Memory::new());
    let bus = CommandBus::new(store.clone());
    let here = CommandBus::new(store.clone());
    let here = here.with_handlers(handlers()).unwrap();
    for bus in [bus, here] {
        let sent = without_runtime(bus.send(7, Ring { times: 1 }).into_future());
        assert!(
            matches!(&sent, Err(SendError::Store(error)) if needs_runtime(error)),
            "{sent:?}"
        );
    }
    let server = CommandServer::new(store.clone(), "Bells", handlers());
    let started = without_runtime(server.start());
    assert!(
        matches!(&started, Err(ServerError::Store(error)) if needs_runtime(error)),
        "{started:?}"
    );
    let all = store.read_all(ReadOptions::forwards(), Filter::new().with_system_events());
    assert_eq!(without_runtime(all.collect_all()).unwrap(), []);

    // To write a command needs none.
    let posted: Result<Uuid, PostError> =
        without_runtime(CommandQueue::new(store).queue(7, Ring { times: 1 }));
    posted.unwrap();
}

#[test]
fn a_server_whose_runtime_ended_says_so() {
    let first = current_thread();
    let store = Store::new(Memory::new());
    let server = CommandServer::new(store, "Bells", handlers()).start();
    let mut server = first.block_on(server).unwrap();
    drop(first);

    let ended = without_runtime(server.ended());

    assert!(matches!(ended, Err(ServerError::Ended)), "{ended:?}");
}
