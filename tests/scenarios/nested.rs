//! Commands inside of decisions: refused, or let go on; never waited for.

use plumberd::{backend::memory::Memory, event::new_event_id, prelude::*};
use plumberd_testkit::mock::{CallKind, Fault, Faulty};
use plumberd_tests::counter::{Add, Counter, Refusal};
use std::{
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};
use tokio::runtime::{Builder, Handle, Runtime};

/// Long enough on any machine; a test that waits for ever fails by it.
const PATIENCE: Duration = Duration::from_secs(120);

type Outcome = Result<Executed<Counter>, ExecuteError<Refusal>>;

fn runtimes() -> [(&'static str, Runtime); 2] {
    let current = Builder::new_current_thread().enable_all().build();
    let multi = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    [("current", current.unwrap()), ("multi", multi.unwrap())]
}

/// Runs `test` in each kind of runtime.
fn each_runtime<F: Future<Output = ()> + Send + 'static>(test: impl Fn(&'static str) -> F) {
    for (kind, runtime) in runtimes() {
        let (done, ended) = mpsc::channel();
        let test = test(kind);
        let running = thread::spawn(move || {
            let spawned = async { tokio::spawn(test).await };
            let _ = done.send(runtime.block_on(spawned));
        });
        let Ok(result) = ended.recv_timeout(PATIENCE) else {
            panic!("{kind}: a command waits for ever");
        };
        result.unwrap();
        running.join().unwrap();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// As careless code does it in a closure that is not async.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Two handles to one store that know nothing of each other's turns.
fn rivals() -> (Store, Store) {
    let memory = Memory::new();
    (Store::new(memory.clone()), Store::new(memory))
}

fn is_nested(outcome: &Outcome, of: &StreamName) -> bool {
    matches!(outcome, Err(ExecuteError::Repository(RepositoryError::Nested { stream })) if stream == of)
}

#[test]
fn a_command_inside_a_decision_on_the_same_aggregate_is_refused() {
    each_runtime(|kind| async move {
        let (store, rival) = rivals();
        let (counters, id) = (store.repository::<Counter>(), new_event_id());
        let stream = counters.stream(&id).unwrap();
        let rival = rival.repository::<Counter>();
        let other = store.repository::<Counter>();
        let mut inner = Vec::new();
        let mut decisions = 0;

        let outer = counters
            .execute(id, |c| {
                decisions += 1;
                if decisions <= 2 {
                    // So that the race is lost, and the next decision has a turn.
                    block_on(rival.execute(id, |c| c.add(100)).into_future()).unwrap();
                }
                inner.push(block_on(counters.execute(id, |c| c.add(1)).into_future()));
                inner.push(block_on(other.handle(id, Add(1)).into_future()));
                inner.push(block_on(other.create_with(id, |c| c.add(1)).into_future()));
                c.add(10)
            })
            .await;

        assert_eq!(outer.unwrap().attempts(), 3, "{kind}");
        assert_eq!(inner.len(), 9, "{kind}");
        for refused in &inner {
            assert!(is_nested(refused, &stream), "{kind}: {refused:?}");
        }
        let told = inner[0].as_ref().unwrap_err();
        assert!(told.to_string().contains(stream.as_str()), "{told}");
        assert_eq!(counters.load(id).await.unwrap().total, 210, "{kind}");
    });
}

#[test]
fn a_command_inside_a_decision_that_runs_in_the_runtime_is_refused() {
    let (_, runtime) = runtimes().into_iter().last().unwrap();
    let (store, _) = rivals();
    let (counters, id) = (store.repository::<Counter>(), new_event_id());
    let stream = counters.stream(&id).unwrap();
    let mut inner = None;

    let outer = runtime.block_on(async {
        counters
            .execute(id, |c| {
                let nested = counters.execute(id, |c| c.add(1)).into_future();
                inner = Some(tokio::task::block_in_place(|| {
                    Handle::current().block_on(nested)
                }));
                c.add(10)
            })
            .await
    });

    outer.unwrap();
    assert!(is_nested(&inner.unwrap(), &stream));
}

#[test]
fn a_command_inside_a_decision_on_another_aggregate_or_store_is_carried_out() {
    each_runtime(|kind| async move {
        let (store, other_store) = (Store::new(Memory::new()), Store::new(Memory::new()));
        let (counters, id) = (store.repository::<Counter>(), new_event_id());
        let elsewhere = other_store.repository::<Counter>();

        let outer = counters
            .execute(id, |c| {
                block_on(counters.execute(new_event_id(), |c| c.add(1)).into_future()).unwrap();
                block_on(elsewhere.execute(id, |c| c.add(1)).into_future()).unwrap();
                c.add(10)
            })
            .await;
        // The decision is over.
        let after = counters.execute(id, |c| c.add(1)).await;

        assert!(outer.is_ok() && after.is_ok(), "{kind}");
    });
}

#[test]
fn a_decision_that_panicked_is_over() {
    each_runtime(|kind| async move {
        let (store, _) = rivals();
        let (counters, id) = (store.repository::<Counter>(), new_event_id());
        let broken = counters.clone();

        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let decide = |_: &Counter| -> Result<(), Refusal> { panic!("a decision with a bug") };
            block_on(broken.execute(id, decide).into_future())
        }));
        let after = counters.execute(id, |c| c.add(1)).await;

        assert!(panicked.is_err() && after.is_ok(), "{kind}");
    });
}

#[test]
fn a_decision_that_waits_for_another_thread_with_a_command_on_the_same_aggregate_loses_its_race() {
    for with_runtime in [false, true] {
        each_runtime(move |kind| async move {
            let (store, _) = rivals();
            let (counters, id) = (store.repository::<Counter>(), new_event_id());
            let handle = Handle::current();
            let mut inner = Vec::new();

            let outer = counters
                .execute(id, |c| {
                    let (counters, handle) = (counters.clone(), handle.clone());
                    let elsewhere = thread::spawn(move || {
                        let nested = counters.execute(id, |c| c.add(1)).into_future();
                        if with_runtime {
                            handle.block_on(nested)
                        } else {
                            block_on(nested)
                        }
                    });
                    inner.push(elsewhere.join().unwrap());
                    c.add(10)
                })
                .retries(2)
                .await;

            assert!(inner.iter().all(Result::is_ok), "{kind}: {inner:?}");
            assert!(
                matches!(
                    outer,
                    Err(ExecuteError::Repository(RepositoryError::Conflict {
                        attempts: 3,
                        ..
                    }))
                ),
                "{kind}: {outer:?}"
            );
            assert_eq!(counters.load(id).await.unwrap().total, 3, "{kind}");
        });
    }
}

#[test]
fn a_command_does_not_wait_for_ever_for_one_that_is_not_polled() {
    each_runtime(|kind| async move {
        let faulty = Faulty::new(Memory::new());
        let store = Store::new(faulty.clone());
        let (counters, id) = (store.repository::<Counter>(), new_event_id());
        // The first loses its race, gets its turn, and stops there.
        faulty
            .next_append(Fault::Conflict)
            .next_append(Fault::Delay(Duration::from_secs(10 * 60 * 60)));
        let mut first = counters.execute(id, |c| c.add(1)).into_future();
        while faulty.calls(CallKind::Append) < 2 {
            let polled = std::future::poll_fn(|context| Poll::Ready(first.as_mut().poll(context)));
            assert!(polled.await.is_pending());
        }

        let second = counters.execute(id, |c| c.add(1)).await;

        assert_eq!(second.unwrap().revision(), Some(Revision::FIRST), "{kind}");
        drop(first);
    });
}
