use super::{
    definition::{self, Definition},
    runner::{self, Progress},
    system,
};
use plumberd::{
    Store,
    event::new_event_id,
    server_projection::ProjectionQuery,
    store::{EventStore, Filter, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamName},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The projections that clients created.
#[derive(Debug, Clone)]
pub(in crate::esdb) struct Projections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    stopping: CancellationToken,
    /// One change at a time.
    entries: Mutex<BTreeMap<String, Entry>>,
}

#[derive(Debug)]
struct Entry {
    definition: Definition,
    progress: Progress,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Why a projection was not changed.
#[derive(Debug)]
pub(super) enum Refused {
    NotFound,
    Exists,
    /// It is one of the server's own.
    System,
    /// It must not run for this.
    Running,
    /// The text is JavaScript of another kind.
    Unknown,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How a projection is.
#[derive(Debug, Clone)]
pub(super) struct Status {
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) version: i64,
    pub(super) position: Option<u64>,
    pub(super) events: i64,
}

impl Projections {
    /// Starts those that were running when the server stopped.
    pub(in crate::esdb) async fn open(
        store: Store,
        stopping: CancellationToken,
    ) -> Result<Self, StoreError> {
        let mut entries = BTreeMap::new();
        for (name, definition) in definition::load(&store).await? {
            entries.insert(name, Entry::new(definition));
        }
        let inner = Inner {
            store,
            stopping,
            entries: Mutex::default(),
        };
        for entry in entries.values_mut() {
            inner.start(entry);
        }
        *inner.entries.lock().await = entries;
        Ok(Self(Arc::new(inner)))
    }

    pub(super) async fn create(&self, name: &str, text: &str, track: bool) -> Result<(), Refused> {
        let mut entries = self.0.entries.lock().await;
        if entries.contains_key(name) || is_system(name) {
            return Err(Refused::Exists);
        }
        let query = ProjectionQuery::recognise(text).ok_or(Refused::Unknown)?;
        let definition = Definition::new(name.to_owned(), text.to_owned(), query, track);
        definition.save(&self.0.store).await?;
        let entry = entries.entry(name.to_owned());
        self.0.start(entry.or_insert(Entry::new(definition)));
        Ok(())
    }

    /// With another text it begins anew: what it linked before is not linked
    /// again.
    pub(super) async fn update(
        &self,
        name: &str,
        text: &str,
        emit: Option<bool>,
    ) -> Result<(), Refused> {
        self.change(name, |definition| {
            let query = ProjectionQuery::recognise(text).ok_or(Refused::Unknown)?;
            if query != definition.query {
                definition.epoch = new_event_id();
            }
            definition.query = query;
            text.clone_into(&mut definition.text);
            definition.emit = emit.unwrap_or(definition.emit);
            Ok(())
        })
        .await
    }

    pub(super) async fn set_enabled(&self, name: &str, enabled: bool) -> Result<(), Refused> {
        if is_system(name) && enabled {
            return Ok(());
        }
        self.change(name, |definition| {
            definition.enabled = enabled;
            Ok(())
        })
        .await
    }

    /// Lets it begin anew.
    pub(super) async fn reset(&self, name: &str) -> Result<(), Refused> {
        self.change(name, |definition| {
            definition.epoch = new_event_id();
            Ok(())
        })
        .await
    }

    pub(super) async fn delete(&self, name: &str, with_streams: bool) -> Result<(), Refused> {
        let mut entries = self.0.entries.lock().await;
        let entry = find(&mut entries, name)?;
        if entry.is_running() {
            return Err(Refused::Running);
        }
        let definition = entry.definition.clone();
        if with_streams && definition.track {
            self.0.delete_outputs(&definition.query).await?;
        }
        definition.remove(&self.0.store).await?;
        entries.remove(name);
        Ok(())
    }

    /// Stops them all and lets those that are enabled go on.
    pub(super) async fn restart(&self) {
        for entry in self.0.entries.lock().await.values_mut() {
            entry.stop().await;
            self.0.start(entry);
        }
    }

    /// All of them, the server's own first.
    pub(super) async fn statuses(&self) -> Vec<Status> {
        let own = system::NAMES.iter().map(|name| Status {
            name: (*name).to_owned(),
            state: "Running",
            reason: String::new(),
            version: 0,
            position: None,
            events: 0,
        });
        let entries = self.0.entries.lock().await;
        own.chain(entries.values().map(Entry::status)).collect()
    }

    /// Stops it, changes it, keeps it, and lets it go on if it is enabled.
    async fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut Definition) -> Result<(), Refused> + Send,
    ) -> Result<(), Refused> {
        let mut entries = self.0.entries.lock().await;
        let entry = find(&mut entries, name)?;
        let mut definition = entry.definition.clone();
        change(&mut definition)?;
        if definition == entry.definition && entry.is_running() == definition.enabled {
            return Ok(());
        }
        entry.stop().await;
        definition.version += 1;
        let saved = definition.save(&self.0.store).await;
        if saved.is_ok() {
            entry.definition = definition;
        }
        self.0.start(entry);
        Ok(saved?)
    }
}

impl Inner {
    fn start(&self, entry: &mut Entry) {
        if !entry.definition.enabled {
            return;
        }
        entry.progress = Progress::default();
        let stop = self.stopping.child_token();
        let running = runner::run(
            self.store.clone(),
            entry.definition.clone(),
            entry.progress.clone(),
            stop.clone(),
        );
        entry.running = Some(Running {
            task: tokio::spawn(running),
            stop,
        });
    }

    async fn delete_outputs(&self, query: &ProjectionQuery) -> Result<(), StoreError> {
        let outputs = match query {
            ProjectionQuery::Join(join) => BTreeSet::from([join.output().clone()]),
            other => self.streams_of(other.name()).await?,
        };
        for output in outputs {
            match self.store.delete(&output, ExpectedRevision::Any).await {
                Ok(()) | Err(StoreError::Conflict { .. } | StoreError::StreamDeleted { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn streams_of(&self, category: &str) -> Result<BTreeSet<StreamName>, StoreError> {
        let filter = Filter::new()
            .with_system_events()
            .stream_prefix(format!("{category}-"));
        let mut events = self.store.read_all(ReadOptions::forwards(), filter);
        let mut found = BTreeSet::new();
        while let Some(event) = events.next_event().await? {
            found.insert(event.stream);
        }
        Ok(found)
    }
}

impl Entry {
    fn new(definition: Definition) -> Self {
        Self {
            definition,
            progress: Progress::default(),
            running: None,
        }
    }

    fn is_running(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| !running.task.is_finished())
    }

    /// Once this returns it writes nothing more.
    async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop.cancel();
            if let Err(error) = running.task.await {
                tracing::error!(error = %error, "a projection ended badly");
            }
        }
    }

    fn status(&self) -> Status {
        let seen = self.progress.seen();
        let state = match (&seen.fault, self.is_running(), self.definition.enabled) {
            (_, true, _) => "Running",
            (_, false, false) => "Stopped",
            (Some(_), false, true) => "Faulted (Enabled)",
            (None, false, true) => "Stopped (Enabled)",
        };
        Status {
            name: self.definition.name.clone(),
            state,
            reason: seen.fault.unwrap_or_default(),
            version: self.definition.version,
            position: seen.position.map(plumberd::stream::Position::as_u64),
            events: seen.events,
        }
    }
}

fn is_system(name: &str) -> bool {
    system::NAMES.contains(&name)
}

fn find<'a>(
    entries: &'a mut BTreeMap<String, Entry>,
    name: &str,
) -> Result<&'a mut Entry, Refused> {
    if is_system(name) {
        return Err(Refused::System);
    }
    entries.get_mut(name).ok_or(Refused::NotFound)
}
