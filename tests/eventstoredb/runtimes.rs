//! A store in several runtimes, and in none.

use crate::faults::{EVER, append, config, event, stream};
use futures_util::future::FutureExt;
use plumberd::{
    ErrorKind,
    backend::eventstoredb::{
        EventStoreDb, EventStoreDbConfig, EventStoreDbError, PersistentSettings, Source,
    },
    store::{
        EventStore, EventStoreExt, Filter, ReadOptions, ServerProjections, StoreError,
        SubscribeFrom, SubscriptionMessage,
    },
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::esdb::EsdbServer;
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

/// A server in a runtime that runs all the time.
fn serving() -> (Runtime, EsdbServer) {
    let runtime = multi_thread();
    let server = runtime.block_on(EsdbServer::start()).unwrap();
    (runtime, server)
}

fn connect(server: &EsdbServer, runtime: &Runtime) -> EventStoreDb {
    let connected = EventStoreDb::connect(config(server, EVER));
    runtime.block_on(connected).unwrap()
}

#[test]
fn without_a_runtime_every_call_says_so() {
    let (serving, server) = serving();
    let store = connect(&server, &serving);
    let name = stream("Order-1");
    let now = "it waits for nothing";
    serving.block_on(append(&store, "Order-1"));
    let (mut read, mut followed) = serving.block_on(async {
        let followed = store.subscribe_stream(&name, SubscribeFrom::Start).await;
        (
            store.read_stream(&name, ReadOptions::forwards()),
            followed.unwrap(),
        )
    });

    let groups = store.persistent_subscriptions();
    let source = Source::Stream(name.clone());
    let settings = PersistentSettings::new();
    let (of_group, of_consumer) = (
        groups.create(&source, "g", &settings).now_or_never(),
        groups.subscribe(&source, "g").now_or_never(),
    );
    let kinds = [
        of_group.expect(now).unwrap_err().kind(),
        of_consumer.expect(now).map(|_| ()).unwrap_err().kind(),
        store
            .projections()
            .disable("$by_category")
            .now_or_never()
            .expect(now)
            .unwrap_err()
            .kind(),
    ];
    let append = store.append(&name, Any, vec![event()]);
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    let one = store.subscribe_stream(&name, SubscribeFrom::End);
    let everything = store.subscribe_all(SubscribeFrom::Start, Filter::new());
    let errors = [
        append.now_or_never().expect(now).map(|_| ()),
        read.next_page().now_or_never().expect(now).map(|_| ()),
        all.collect_all().now_or_never().expect(now).map(|_| ()),
        one.now_or_never().expect(now).map(|_| ()),
        everything.now_or_never().expect(now).map(|_| ()),
        followed
            .next_message()
            .now_or_never()
            .expect(now)
            .map(|_| ()),
        store
            .stream_info(&name)
            .now_or_never()
            .expect(now)
            .map(|_| ()),
        store
            .find_event(&name, event().id())
            .now_or_never()
            .expect(now)
            .map(|_| ()),
        store.delete(&name, Any).now_or_never().expect(now),
        store.tombstone(&name, Any).now_or_never().expect(now),
    ];
    let none = errors[0].as_ref().unwrap_err().kind();
    for error in errors {
        assert!(
            matches!(error, Err(StoreError::NoRuntime { .. })),
            "{error:?}"
        );
    }
    assert_eq!(kinds, [none; 3]);
    let opened = [
        EventStoreDb::connect(EventStoreDbConfig::new("127.0.0.1", 1))
            .now_or_never()
            .expect(now)
            .map(|_| ()),
        store.check().now_or_never().expect(now),
    ];
    for error in opened {
        assert!(
            matches!(error, Err(EventStoreDbError::NoRuntime)),
            "{error:?}"
        );
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Internal);
    }
    drop(store);
    serving.block_on(server.stop());
}

#[test]
fn a_runtime_without_timer_or_io_is_an_error_and_no_panic() {
    let (serving, server) = serving();
    let store = connect(&server, &serving);
    let bare = Builder::new_current_thread().build().unwrap();

    let connected = bare.block_on(EventStoreDb::connect(config(&server, EVER)));
    let appended = bare.block_on(store.append(&stream("Order-1"), Any, vec![event()]));

    assert!(
        matches!(connected, Err(EventStoreDbError::NoRuntime)),
        "{connected:?}"
    );
    assert!(
        matches!(appended, Err(StoreError::NoRuntime { .. })),
        "{appended:?}"
    );
    serving.block_on(server.stop());
    // The connection is made elsewhere; only to find out why it is not takes
    // I/O here.
    let without_io = Builder::new_current_thread().enable_time().build().unwrap();
    let connected = without_io.block_on(EventStoreDb::connect(config(&server, EVER)));
    assert!(connected.unwrap_err().is_transient());
}

#[test]
fn calls_go_on_in_another_runtime_and_what_a_runtime_read_ends_with_it() {
    let (serving, server) = serving();
    let name = stream("Order-1");
    for (first, second) in [
        (current_thread(), multi_thread()),
        (multi_thread(), current_thread()),
    ] {
        let store = connect(&server, &first);
        let mut followed = first.block_on(async {
            append(&store, "Order-1").await;
            let followed = store.subscribe_stream(&name, SubscribeFrom::End).await;
            let mut followed = followed.unwrap();
            let first = followed.next_message().await.unwrap();
            assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
            followed
        });
        drop(first);

        second.block_on(async {
            append(&store, "Order-1").await;
            assert!(store.has_events(&name).await.unwrap());
            let all = store.read_all(ReadOptions::forwards(), Filter::new());
            assert!(all.collect_all().await.unwrap().len() >= 2);
            let ended = timeout(EVER, followed.next_message()).await;
            let ended = ended.expect("an end").unwrap_err();
            assert!(matches!(ended, StoreError::Unavailable { .. }), "{ended:?}");
            let source = std::error::Error::source(&ended).unwrap().to_string();
            assert!(source.contains("runtime"), "{source}");
            store
                .subscribe_stream(&name, SubscribeFrom::End)
                .await
                .unwrap();
        });
    }
    serving.block_on(server.stop());
}
