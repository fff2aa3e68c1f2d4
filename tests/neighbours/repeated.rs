//! A store that has forgotten the ids of commands, as EventStoreDB has after many other writes and
//! after a change of its leader: a command that is sent again is a second event of the same id.

use crate::domain::{Accounts, Credit, answers, bus, memory, read, server, wait_for_answers};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use plumberd::{
    command::{CommandBus, CommandServer, Running, outcome_id, session_in, session_out},
    event::{NewEvent, RawMetadata, new_event_id},
    prelude::*,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, Page, StoreError,
        StreamInfo, Subscription, SubscriptionMessage,
    },
    stream::{Position, Revision, TenantId},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Writes every command that comes from now on anew, under the id it has.
#[derive(Debug, Clone)]
struct Forgetful {
    inner: Store,
    forgets: Arc<AtomicBool>,
    /// The ids of events by the ids that the store behind has for them.
    ids: Arc<Mutex<HashMap<Uuid, Uuid>>>,
}

impl Forgetful {
    fn new(inner: Store) -> Self {
        Self {
            inner,
            forgets: Arc::default(),
            ids: Arc::default(),
        }
    }

    fn forget(&self) {
        self.forgets.store(true, Ordering::SeqCst);
    }

    fn anew(&self, event: &NewEvent) -> NewEvent {
        let id = new_event_id();
        self.ids.lock().unwrap().insert(id, event.id());
        NewEvent::new(id, event.event_type().clone(), event.data().clone())
            .with_content_type(event.content_type().clone())
            .with_raw_metadata(event.metadata().clone())
    }

    fn shown(&self, mut event: RecordedEvent) -> RecordedEvent {
        if let Some(id) = self.ids.lock().unwrap().get(&event.id) {
            event.id = *id;
        }
        event
    }

    fn read(&self, read: EventStream) -> EventStream {
        let begin = (self.clone(), read);
        EventStream::from_pages(stream::unfold(begin, |(store, mut read)| async move {
            let page = read.next_page().await.transpose()?;
            let page = page.map(|page| {
                let shown = page.iter().map(|event| store.shown(event.clone()));
                Page::from(shown.collect::<Vec<_>>())
            });
            Some((page, (store, read)))
        }))
    }

    fn subscribed(&self, subscription: Subscription) -> Subscription {
        let store = self.clone();
        Subscription::from_messages(subscription.map(move |message| {
            message.map(|message| match message {
                SubscriptionMessage::Event(event) => SubscriptionMessage::Event(store.shown(event)),
                other => other,
            })
        }))
    }
}

#[async_trait]
impl EventStore for Forgetful {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        mut events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let commands = stream.as_str().starts_with(">SessionIn-");
        if commands && expected == ExpectedRevision::Any && self.forgets.load(Ordering::SeqCst) {
            events = events.iter().map(|event| self.anew(event)).collect();
        }
        self.inner.append(stream, expected, events).await
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        self.read(self.inner.read_stream(stream, options))
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.read(self.inner.read_all(options, filter))
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        let subscription = self.inner.subscribe_stream(stream, from).await?;
        Ok(self.subscribed(subscription))
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        let subscription = self.inner.subscribe_all(from, filter).await?;
        Ok(self.subscribed(subscription))
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        self.inner.stream_info(stream).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        self.inner.find_event(stream, id).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.inner.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.inner.tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        self.inner.for_tenant(tenant)
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

/// A command that was answered, three hundred others, and a store that has forgotten it.
struct Scene {
    forgetful: Forgetful,
    store: Store,
    accounts: Accounts,
    bus: CommandBus,
    command: Credit,
    to: Uuid,
}

const OTHERS: usize = 300;

impl Scene {
    async fn new() -> Self {
        let forgetful = Forgetful::new(memory().await.0);
        let store = Store::new(forgetful.clone());
        let mut command = Credit::number(1);
        command.id = new_event_id();
        Self {
            forgetful,
            accounts: Accounts::new(&store),
            bus: bus(&store),
            store,
            command,
            to: new_event_id(),
        }
    }

    fn server(&self) -> CommandServer {
        server(&self.store, &self.accounts)
    }

    async fn start(&self) -> Running {
        self.server().start().await.unwrap()
    }

    async fn first_time(&self) {
        self.bus.send(self.to, self.command.clone()).await.unwrap();
        for number in 0..OTHERS {
            let number = u32::try_from(number).unwrap();
            let other = self.bus.send(new_event_id(), Credit::number(number));
            other.await.unwrap();
        }
    }

    /// It is not run, and its sender hears what came of it then.
    async fn again(&self) {
        self.forgetful.forget();
        self.bus.send(self.to, self.command.clone()).await.unwrap();
    }

    async fn check(&self) {
        assert_eq!(self.accounts.runs(), 1 + OTHERS);
        let commands = session_in(self.bus.session()).unwrap();
        let commands = read(&self.store, &commands).await;
        let of_it = commands.iter().filter(|event| event.id == self.command.id);
        assert_eq!(of_it.count(), 2, "the store did not write it again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_takes_twice_is_run_once_and_answered_again() {
    let scene = Scene::new().await;
    let running = scene.start().await;
    scene.first_time().await;

    scene.again().await;

    let stats = running.shutdown().await.unwrap();
    assert_eq!(stats.answered_before, 1);
    scene.check().await;
    let answers = answers(&scene.store, scene.bus.session()).await;
    let (first, last) = (&answers[0], &answers[answers.len() - 1]);
    let session = scene.bus.session().to_string();
    assert_eq!(first.id, outcome_id(scene.command.id, &session));
    assert_eq!(
        (&first.event_type, &first.data, &first.metadata),
        (&last.event_type, &last.data, &last.metadata)
    );
    assert_eq!(answers.len(), OTHERS + 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_takes_twice_is_run_once_also_by_the_next_server() {
    let scene = Scene::new().await;
    let running = scene.start().await;
    scene.first_time().await;
    running.shutdown().await.unwrap();

    let running = scene.start().await;
    scene.again().await;

    running.shutdown().await.unwrap();
    scene.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_takes_twice_while_no_server_runs_is_run_once() {
    let scene = Scene::new().await;
    let running = scene.start().await;
    scene.first_time().await;
    running.shutdown().await.unwrap();
    scene.forgetful.forget();
    let again = scene.bus.post(scene.to, scene.command.clone());
    again.await.unwrap();

    let running = scene.start().await;
    let last = scene.bus.send(scene.to, Credit::number(2)).await;

    last.unwrap();
    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.answered_before, stats.executed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_takes_twice_is_run_once_by_who_follows_a_stream() {
    let scene = Scene::new().await;
    let app = StreamName::raw(">Bank").unwrap();
    let sent = session_in(scene.bus.session()).unwrap();
    let gathered = tokio::spawn(gather(scene.store.clone(), sent, app.clone()));
    let start = || scene.server().follow_stream(app.clone()).start();
    let running = start().await.unwrap();
    scene.first_time().await;
    running.shutdown().await.unwrap();
    let running = start().await.unwrap();

    scene.again().await;

    running.shutdown().await.unwrap();
    scene.check().await;
    gathered.abort();
}

#[tokio::test(start_paused = true)]
async fn a_command_that_was_answered_before_a_crash_is_not_answered_again() {
    let scene = Scene::new().await;
    let running = scene.start().await;
    scene.first_time().await;
    drop(running);

    let running = scene.start().await;
    scene.bus.send(scene.to, Credit::number(2)).await.unwrap();

    running.shutdown().await.unwrap();
    let answers = session_out(scene.bus.session()).unwrap();
    assert_eq!(read(&scene.store, &answers).await.len(), OTHERS + 2);
}

#[tokio::test]
async fn a_command_of_another_event_is_known_after_thousands_of_sessions() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let running = server(&store, &accounts).start().await.unwrap();
    let write = async |event: Uuid, id: Uuid, session: Uuid| {
        let data = format!(r#"{{"Id":"{id}","Amount":1,"Number":1}}"#);
        let metadata = crate::python::metadata(id, session, &id.to_string());
        let command = NewEvent::new(event, "Credit".parse().unwrap(), data)
            .with_raw_metadata(RawMetadata::new(metadata.into()));
        let stream = session_in(session).unwrap();
        let written = store.append(&stream, ExpectedRevision::Any, vec![command]);
        written.await.unwrap();
    };
    let (id, session) = (new_event_id(), new_event_id());
    write(new_event_id(), id, session).await;
    accounts.seen(1).await;
    for _ in 0..SESSIONS {
        let other = new_event_id();
        write(other, other, new_event_id()).await;
    }
    accounts.seen(1 + SESSIONS).await;

    write(id, id, session).await;
    wait_for_answers(&store, session, 2).await;

    assert_eq!(running.shutdown().await.unwrap().answered_before, 1);
    assert_eq!(accounts.runs(), 1 + SESSIONS);
}

/// More than a server remembers.
const SESSIONS: usize = 4_200;

/// As a join projection.
async fn gather(store: Store, from: StreamName, into: StreamName) {
    let subscription = store.subscribe_stream(&from, SubscribeFrom::Start).await;
    let mut commands = subscription.unwrap();
    while let Ok(Some(command)) = commands.next_event().await {
        let linked = store.append_link(&into, ExpectedRevision::Any, &command);
        linked.await.unwrap();
    }
}
