//! A store in several runtimes, in none, and under a paused clock.

use crate::support::{connect, events, server, soon, stream};
use futures_util::future::{FutureExt, poll_immediate};
use plumberd::{
    Store,
    backend::eventstore_v1::{EventStoreV1, EventStoreV1Config, EventStoreV1Error},
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, SubscriptionMessage},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::eventstore_v1::EventStoreV1Server;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

struct Setup {
    /// Runs all the time.
    serving: Runtime,
    server: EventStoreV1Server,
}

impl Setup {
    fn new() -> Self {
        let serving = multi_thread();
        let server = serving.block_on(server());
        Self { serving, server }
    }

    fn connect(&self, runtime: &Runtime) -> Store {
        let options = "&poll_interval=3600s&page_size=2";
        runtime.block_on(connect(&self.server, options))
    }

    fn end(self) {
        self.serving.block_on(self.server.stop());
    }
}

/// A runtime that is dropped while it has the store, or kept and not run.
fn goes_on_in_another_runtime(keep: bool) {
    let setup = Setup::new();
    let name = stream("Order-1");
    for (first, second) in [
        (current_thread(), multi_thread()),
        (multi_thread(), current_thread()),
    ] {
        let store = setup.connect(&first);
        let (mut read, mut one, mut all) = first.block_on(async {
            store.append(&name, Any, events(9)).await.unwrap();
            let mut read = store.read_stream(&name, ReadOptions::forwards());
            // So far that the next page is read ahead.
            for _ in 0..5 {
                read.next_event().await.unwrap().unwrap();
            }
            let mut one = store
                .subscribe_stream(&name, SubscribeFrom::End)
                .await
                .unwrap();
            let mut all = store
                .subscribe_all(SubscribeFrom::End, Filter::new())
                .await
                .unwrap();
            for subscription in [&mut one, &mut all] {
                let first = subscription.next_message().await.unwrap();
                assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
                assert!(poll_immediate(subscription.next_message()).await.is_none());
            }
            (read, one, all)
        });
        let kept = keep.then_some(first);

        second.block_on(async {
            let left = async {
                let mut count = 0;
                while read.next_event().await.unwrap().is_some() {
                    count += 1;
                }
                count
            };
            assert!(soon("the rest of the read", left).await >= 4);
            let appended = soon("an append", store.append(&name, Any, events(1)));
            let position = appended.await.unwrap().position();
            for subscription in [&mut one, &mut all] {
                let event = soon("a live event", subscription.next_event()).await;
                assert_eq!(event.unwrap().unwrap().position, position);
            }
        });
        drop(second);
        let third = current_thread();
        third.block_on(async {
            let all = store.read_all(ReadOptions::forwards(), Filter::new());
            soon("a read", all.collect_all()).await.unwrap();
        });
        drop(kept);
    }
    setup.end();
}

#[test]
fn a_store_and_what_was_begun_on_it_go_on_after_their_runtime_ended() {
    goes_on_in_another_runtime(false);
}

#[test]
fn a_store_and_what_was_begun_on_it_go_on_while_their_runtime_is_not_run() {
    goes_on_in_another_runtime(true);
}

#[test]
fn without_a_runtime_every_call_says_so() {
    let setup = Setup::new();
    let store = setup.connect(&setup.serving);
    let name = stream("Order-1");
    let now = "it waits for nothing";

    let errors = [
        store
            .append(&name, Any, events(1))
            .now_or_never()
            .expect(now)
            .unwrap_err(),
        store
            .read_stream(&name, ReadOptions::forwards())
            .collect_all()
            .now_or_never()
            .expect(now)
            .unwrap_err(),
        store
            .stream_info(&name)
            .now_or_never()
            .expect(now)
            .unwrap_err(),
        store
            .subscribe_all(SubscribeFrom::Start, Filter::new())
            .now_or_never()
            .expect(now)
            .unwrap()
            .next_message()
            .now_or_never()
            .expect(now)
            .unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::NoRuntime { .. }), "{error:?}");
    }
    store.close().now_or_never().expect(now);
    drop(store);

    let config = EventStoreV1Config::new("127.0.0.1", 1);
    let connected = EventStoreV1::connect(config).now_or_never().expect(now);
    assert!(
        matches!(connected, Err(EventStoreV1Error::NoRuntime)),
        "{connected:?}"
    );
    setup.end();
}

#[test]
fn a_runtime_without_timer_or_io_is_an_error_and_no_panic() {
    let setup = Setup::new();
    let store = setup.connect(&setup.serving);
    let bare = Builder::new_current_thread().build().unwrap();
    let address = setup.server.address();
    let config = EventStoreV1Config::new("127.0.0.1", address.port());

    let connected = bare.block_on(EventStoreV1::connect(config.clone()));
    let appended = bare.block_on(store.append(&stream("Order-1"), Any, events(1)));

    assert!(
        matches!(connected, Err(EventStoreV1Error::NoRuntime)),
        "{connected:?}"
    );
    assert!(
        matches!(appended, Err(StoreError::NoRuntime { .. })),
        "{appended:?}"
    );
    let without_io = Builder::new_current_thread().enable_time().build().unwrap();
    let connected = without_io.block_on(EventStoreV1::connect(config));
    assert!(
        matches!(connected, Err(EventStoreV1Error::Unreachable { .. })),
        "{connected:?}"
    );
    setup.end();
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_waits_for_calls() {
    let server = server().await;
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    for _ in 0..10 {
        let appended = store.append(&name, Any, events(1));
        let limit = Duration::from_millis(1);
        let appended = tokio::time::timeout(limit, appended).await;
        appended.expect("the clock did not wait").unwrap();
    }
    let read = store.read_stream(&name, ReadOptions::forwards());
    assert_eq!(read.collect_all().await.unwrap().len(), 10);
    server.stop().await;
}
