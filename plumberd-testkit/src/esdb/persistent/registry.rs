use super::{
    super::{engine::Engine, proto::persistent_subscriptions::SubscriptionInfo},
    definition::Definition,
    group::{self, Answer, Command},
    kept, refusal,
    source::everything,
    target::{GroupKey, SourceName},
};
use futures_util::StreamExt;
use plumberd::store::{EventStore, SubscribeFrom, SubscriptionMessage};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tonic::Status;

/// Every group there is.
#[derive(Debug, Clone)]
pub(super) struct Registry {
    engine: Engine,
    /// Read from the engine when somebody asks for the first time.
    groups: Arc<Mutex<Option<Groups>>>,
}

#[derive(Debug)]
struct Groups {
    running: BTreeMap<GroupKey, Running>,
    /// Changes when something was written.
    head: watch::Receiver<u64>,
}

#[derive(Debug)]
struct Running {
    definition: Definition,
    commands: mpsc::Sender<Command>,
}

impl Registry {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            groups: Arc::default(),
        }
    }

    pub(super) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Makes a group.
    pub(super) async fn create(&self, definition: Definition) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        if groups.running.contains_key(&definition.key) {
            return Err(refusal::exists(&definition.key));
        }
        let started = self.start(definition, &groups.head).await?;
        groups.add(started);
        self.save(groups).await
    }

    /// Changes a group's settings: it begins anew where it was, and its
    /// consumers are told to come again. Its filter stays.
    pub(super) async fn update(&self, mut definition: Definition) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let key = definition.key.clone();
        let Some(running) = groups.running.get(&key) else {
            return Err(refusal::missing(&key));
        };
        definition.filter.clone_from(&running.definition.filter);
        running.end(refusal::dropped(&key), false).await?;
        groups.running.remove(&key);
        let started = self.start(definition, &groups.head).await?;
        groups.add(started);
        self.save(groups).await
    }

    /// Removes a group, and what was kept for it.
    pub(super) async fn delete(&self, key: &GroupKey) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let Some(running) = groups.running.remove(key) else {
            return Err(refusal::missing(key));
        };
        self.save(groups).await?;
        running.end(refusal::missing(key), true).await
    }

    /// Ends the work of every group, and begins it anew from what is kept.
    pub(super) async fn restart(&self) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        if let Some(groups) = groups.take() {
            for (key, running) in &groups.running {
                running.end(refusal::dropped(key), false).await?;
            }
        }
        self.loaded(&mut groups).await.map(drop)
    }

    /// Where the group takes commands.
    pub(super) async fn find(&self, key: &GroupKey) -> Result<mpsc::Sender<Command>, Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let running = groups.running.get(key);
        running
            .map(|running| running.commands.clone())
            .ok_or_else(|| refusal::missing(key))
    }

    /// What every group of that source says of itself; of every source when
    /// none is named.
    pub(super) async fn infos(
        &self,
        source: Option<&SourceName>,
    ) -> Result<Vec<SubscriptionInfo>, Status> {
        let found: Vec<mpsc::Sender<Command>> = {
            let mut groups = self.groups.lock().await;
            let groups = self.loaded(&mut groups).await?;
            let running = groups.running.iter();
            running
                .filter(|(key, _)| source.is_none_or(|source| key.source == *source))
                .map(|(_, running)| running.commands.clone())
                .collect()
        };
        let mut infos = Vec::with_capacity(found.len());
        for commands in found {
            infos.push(ask(&commands, Command::Info).await?);
        }
        Ok(infos)
    }

    async fn start(
        &self,
        definition: Definition,
        head: &watch::Receiver<u64>,
    ) -> Result<Running, Status> {
        let commands = group::start(&self.engine, definition.clone(), head.clone()).await?;
        Ok(Running {
            definition,
            commands,
        })
    }

    async fn save(&self, groups: &Groups) -> Result<(), Status> {
        let definitions = groups.running.values().map(|running| &running.definition);
        kept::write_definitions(&self.engine, definitions)
            .await
            .map_err(|error| refusal::of_engine(&error))
    }

    async fn loaded<'a>(&self, groups: &'a mut Option<Groups>) -> Result<&'a mut Groups, Status> {
        if groups.is_none() {
            let mut loaded = Groups {
                running: BTreeMap::new(),
                head: follow_head(&self.engine).await?,
            };
            let definitions = kept::read_definitions(&self.engine)
                .await
                .map_err(|error| refusal::of_engine(&error))?;
            for definition in definitions {
                let started = self.start(definition, &loaded.head).await?;
                loaded.add(started);
            }
            *groups = Some(loaded);
        }
        groups.as_mut().ok_or_else(refusal::stopping)
    }
}

impl Groups {
    fn add(&mut self, running: Running) {
        self.running.insert(running.definition.key.clone(), running);
    }
}

impl Running {
    async fn end(&self, status: Status, forget: bool) -> Result<(), Status> {
        ask(&self.commands, |answer| Command::End {
            status,
            forget,
            answer,
        })
        .await
    }
}

/// Asks a group, and waits for its answer.
pub(super) async fn ask<T>(
    commands: &mpsc::Sender<Command>,
    command: impl FnOnce(Answer<T>) -> Command,
) -> Result<T, Status> {
    let (answer, answered): (_, oneshot::Receiver<_>) = Answer::new();
    commands
        .send(command(answer))
        .await
        .map_err(|_| refusal::stopping())?;
    answered.await.map_err(|_| refusal::stopping())?
}

/// A number that changes whenever something was written.
async fn follow_head(engine: &Engine) -> Result<watch::Receiver<u64>, Status> {
    let mut written = engine
        .store
        .subscribe_all(SubscribeFrom::End, everything())
        .await
        .map_err(|error| refusal::of_engine(&error))?;
    let (sender, receiver) = watch::channel(0);
    let stopping = engine.stopping.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                // The last group is gone.
                () = sender.closed() => return,
                message = written.next() => match message {
                    Some(Ok(SubscriptionMessage::Event(event))) => {
                        sender.send_replace(event.position.as_u64());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
            }
        }
    });
    Ok(receiver)
}
