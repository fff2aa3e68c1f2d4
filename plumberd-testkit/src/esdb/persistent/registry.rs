use super::{
    super::{engine::Engine, proto::persistent_subscriptions::SubscriptionInfo, status},
    definition::Definition,
    group::{self, Answer, Command},
    kept, refusal,
    target::{GroupKey, SourceName},
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Mutex, mpsc, oneshot};
use tonic::{Code, Status};

/// So often a group is asked that ends while it is asked, and is there again.
const ATTEMPTS: usize = 3;

/// Every group there is.
///
/// Changes are not for tasks that may end in their midst, as those of calls do:
/// [`undisturbed`](super::super::undisturbed).
#[derive(Debug, Clone)]
pub(super) struct Registry {
    engine: Engine,
    /// Read from the engine at the first call.
    groups: Arc<Mutex<Option<Groups>>>,
}

#[derive(Debug, Default)]
struct Groups {
    running: BTreeMap<GroupKey, Running>,
}

/// A group that was started. It may have ended since: then it is started again
/// for who asks for it.
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
    pub(super) async fn create(self, definition: Definition) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let key = definition.key.clone();
        if groups.running.contains_key(&key) {
            return Err(refusal::exists(&key));
        }
        let started = self.start(definition).await?;
        groups.add(started);
        let saved = self.save(groups).await;
        if saved.is_err() {
            // With the handle to its commands it ends.
            groups.running.remove(&key);
        }
        saved
    }

    /// Changes a group's settings: it begins anew where it was, and its
    /// consumers are told to come again. Its filter stays.
    pub(super) async fn update(self, mut definition: Definition) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let key = definition.key.clone();
        let running = groups.find(&key)?;
        definition.filter.clone_from(&running.definition.filter);
        let before = std::mem::replace(&mut running.definition, definition.clone());
        let saved = self.save(groups).await;
        let running = groups.find(&key)?;
        if let Err(error) = saved {
            running.definition = before;
            return Err(error);
        }
        running.end(refusal::dropped(&key), true).await;
        let started = self.start(definition).await?;
        groups.add(started);
        Ok(())
    }

    /// Removes a group, and what was kept for it.
    pub(super) async fn delete(self, key: GroupKey) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let Some(running) = groups.running.remove(&key) else {
            return Err(refusal::missing(&key));
        };
        if let Err(error) = self.save(groups).await {
            groups.add(running);
            return Err(error);
        }
        running.end(refusal::missing(&key), false).await;
        group::forget(&self.engine, &key).await
    }

    /// Ends the work of every group, and begins it anew from what is kept.
    pub(super) async fn restart(self) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        if let Some(groups) = groups.take() {
            for (key, running) in &groups.running {
                running.end(refusal::dropped(key), true).await;
            }
        }
        self.loaded(&mut groups).await.map(drop)
    }

    /// Asks a group, and gives its answer and the way to ask it more.
    pub(super) async fn ask<T>(
        &self,
        key: &GroupKey,
        command: impl Fn(Answer<T>) -> Command + Send + Sync,
    ) -> Result<(T, mpsc::Sender<Command>), Status> {
        for _ in 0..ATTEMPTS {
            let commands = self.find(key).await?;
            if let Ok(answer) = ask(&commands, &command).await {
                return answer.map(|answer| (answer, commands));
            }
            // It has ended, for ever or to begin anew.
        }
        Err(status::not_ready())
    }

    /// Where the group takes commands.
    async fn find(&self, key: &GroupKey) -> Result<mpsc::Sender<Command>, Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let running = groups.find(key)?;
        if running.commands.is_closed() {
            let definition = running.definition.clone();
            let started = self.start(definition).await?;
            groups.add(started);
        }
        Ok(groups.find(key)?.commands.clone())
    }

    /// What every group of that source says of itself; of every source when
    /// none is named.
    pub(super) async fn infos(
        &self,
        source: Option<&SourceName>,
    ) -> Result<Vec<SubscriptionInfo>, Status> {
        let keys: Vec<GroupKey> = {
            let mut groups = self.groups.lock().await;
            let groups = self.loaded(&mut groups).await?;
            let keys = groups.running.keys();
            keys.filter(|key| source.is_none_or(|source| key.source == *source))
                .cloned()
                .collect()
        };
        let mut infos = Vec::with_capacity(keys.len());
        for key in keys {
            match self.ask(&key, Command::Info).await {
                Ok((info, _)) => infos.push(info),
                // It was deleted meanwhile.
                Err(status) if status.code() == Code::NotFound => {}
                Err(status) => return Err(status),
            }
        }
        Ok(infos)
    }

    async fn start(&self, definition: Definition) -> Result<Running, Status> {
        let commands = group::start(&self.engine, definition.clone()).await?;
        Ok(Running {
            definition,
            commands,
        })
    }

    async fn save(&self, groups: &Groups) -> Result<(), Status> {
        let definitions = groups.running.values().map(|running| &running.definition);
        kept::write_definitions(&self.engine, definitions)
            .await
            .map_err(|error| status::of_store(&error))
    }

    async fn loaded<'a>(&self, groups: &'a mut Option<Groups>) -> Result<&'a mut Groups, Status> {
        if groups.is_none() {
            let mut loaded = Groups::default();
            let definitions = kept::read_definitions(&self.engine)
                .await
                .map_err(|error| status::of_store(&error))?;
            for definition in definitions {
                let started = self.start(definition).await?;
                loaded.add(started);
            }
            *groups = Some(loaded);
        }
        groups.as_mut().ok_or_else(status::not_ready)
    }
}

impl Groups {
    fn add(&mut self, running: Running) {
        self.running.insert(running.definition.key.clone(), running);
    }

    fn find(&mut self, key: &GroupKey) -> Result<&mut Running, Status> {
        self.running
            .get_mut(key)
            .ok_or_else(|| refusal::missing(key))
    }
}

impl Running {
    /// Ends its work. What it could not keep is done again.
    async fn end(&self, status: Status, checkpoint: bool) {
        let ended = ask(&self.commands, |answer| Command::End {
            status,
            checkpoint,
            answer,
        });
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(error = %error, "a persistent subscription lost its checkpoint");
        }
    }
}

/// A group takes no commands any more.
struct Ended;

async fn ask<T>(
    commands: &mpsc::Sender<Command>,
    command: impl FnOnce(Answer<T>) -> Command,
) -> Result<Result<T, Status>, Ended> {
    let (answer, answered): (_, oneshot::Receiver<_>) = Answer::new();
    commands.send(command(answer)).await.map_err(|_| Ended)?;
    answered.await.map_err(|_| Ended)
}
