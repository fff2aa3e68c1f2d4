//! One group at work: a task of its own that reads ahead, hands out, and keeps
//! count.

mod command;
mod consumer;
mod info;
mod parking;
mod progress;
mod queue;

pub(super) use command::{Answer, Command, Connected, Verdict};
pub(super) use consumer::Applicant;

use super::{
    super::{engine::Engine, status},
    definition::Definition,
    item::Item,
    kept,
    settings::GroupSettings,
    source::Source,
    target::GroupKey,
};
use consumer::{Choice, Consumer};
use parking::Parking;
use plumberd::{store::StoreError, stream::StreamName};
use progress::Progress;
use queue::{Queue, Sent};
use std::{ops::ControlFlow, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval_at},
};
use tonic::Status;

/// How often time-outs and checkpoints are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How many events are read at once, and how many wait for consumers, at the
/// most: settings may ask for more, which would all be in memory.
const MOST_READ: u32 = 256;
const MOST_BUFFERED: u32 = 1_024;

/// How many commands wait at the most.
const COMMANDS: usize = 64;

/// What a group keeps, each in a stream of its own.
const CHECKPOINTS: &str = "checkpoint";
const PARKED: &str = "parked";

/// A group, and what it is doing.
#[derive(Debug)]
struct Group {
    engine: Engine,
    key: GroupKey,
    definition: Definition,
    source: Source,
    checkpoints: StreamName,
    parking: Parking,
    consumers: Vec<Consumer>,
    /// The place of the consumer that got the last event.
    last: usize,
    /// How many consumers there were.
    joined: u64,
    queue: Queue,
    progress: Progress,
    /// Whether it has read everything there is.
    caught_up: bool,
    /// Whether reading waits for the next look, because it failed.
    paused: bool,
    total: i64,
    since: i64,
    started: Instant,
}

/// Removes what is kept of a group that has ended.
pub(super) async fn forget(engine: &Engine, key: &GroupKey) -> Result<(), Status> {
    for purpose in [CHECKPOINTS, PARKED] {
        kept::forget(engine, &key.stream_for(purpose)?)
            .await
            .map_err(|error| status::of_store(&error))?;
    }
    Ok(())
}

/// Starts the group, where its last checkpoint is; ends with the handles to
/// its commands.
pub(super) async fn start(
    engine: &Engine,
    definition: Definition,
) -> Result<mpsc::Sender<Command>, Status> {
    let key = definition.key.clone();
    let checkpoints = key.stream_for(CHECKPOINTS)?;
    let parked = key.stream_for(PARKED)?;
    let source = definition.source();
    let head = engine
        .commits()
        .await
        .map_err(|error| status::of_store(&error))?;
    let checkpoint = kept::read_checkpoint(engine, &checkpoints)
        .await
        .map_err(|error| status::of_store(&error))?
        .and_then(|text| source.parse_place(&text));
    let group = Group {
        engine: engine.clone(),
        key,
        progress: Progress::new(checkpoint.or(definition.begin), checkpoint),
        definition,
        source,
        checkpoints,
        parking: Parking::new(parked),
        consumers: Vec::new(),
        last: 0,
        joined: 0,
        queue: Queue::default(),
        caught_up: false,
        paused: false,
        total: 0,
        since: 0,
        started: Instant::now(),
    };
    let (sender, commands) = mpsc::channel(COMMANDS);
    tokio::spawn(group.run(commands, head));
    Ok(sender)
}

impl Group {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, mut head: watch::Receiver<()>) {
        let mut look = interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.engine.stopping.clone();
        loop {
            self.dispatch();
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                command = commands.recv() => {
                    let Some(command) = command else { break };
                    if self.obey(command).await.is_break() {
                        return;
                    }
                }
                _ = look.tick() => self.look().await,
                changed = head.changed(), if self.caught_up => match changed {
                    Ok(()) => self.caught_up = false,
                    // Nothing is written any more.
                    Err(_) => break,
                },
                () = std::future::ready(()), if self.may_replay() => self.replay().await,
                () = std::future::ready(()), if self.may_read() => {
                    head.mark_unchanged();
                    self.read().await;
                }
            }
        }
        self.end_consumers(&status::not_ready());
    }

    const fn settings(&self) -> &GroupSettings {
        &self.definition.settings
    }

    fn batch_size(&self) -> usize {
        self.settings().read_batch_size.min(MOST_READ) as usize
    }

    fn buffer_size(&self) -> usize {
        self.settings().history_buffer_size.min(MOST_BUFFERED) as usize
    }

    fn may_read(&self) -> bool {
        !self.caught_up
            && !self.paused
            && !self.consumers.is_empty()
            && self.queue.buffered() + self.batch_size() <= self.buffer_size()
    }

    fn may_replay(&self) -> bool {
        self.parking.is_replaying()
            && !self.paused
            && !self.consumers.is_empty()
            && self.queue.waiting_again() < self.batch_size()
    }

    async fn read(&mut self) {
        let limit = self.batch_size();
        let read = self.source.read(&self.engine, self.progress.read, limit);
        let taken = match read.await {
            Ok(batch) => {
                self.caught_up = batch.end;
                let mut taken = Ok(());
                for event in batch.events {
                    let place = self.source.place_of(&event);
                    let resolve = self.settings().resolve_links;
                    match Item::new(&self.engine, event, Some(place), resolve).await {
                        Ok(item) => {
                            self.progress.opened(place);
                            self.queue.push(item);
                        }
                        Err(error) => {
                            taken = Err(error);
                            break;
                        }
                    }
                }
                if taken.is_ok() {
                    self.progress.passed(batch.last);
                }
                taken
            }
            Err(error) => Err(error),
        };
        self.note(taken);
    }

    async fn replay(&mut self) {
        let replayed = self.replay_batch().await;
        self.note(replayed);
    }

    async fn replay_batch(&mut self) -> Result<(), StoreError> {
        let limit = self.batch_size();
        let Some(links) = self.parking.next(&self.engine, limit).await? else {
            return Ok(());
        };
        let mut items = Vec::with_capacity(links.len());
        for link in links {
            // The link is what is replayed, whatever the group does with links
            // otherwise.
            items.push(Item::new(&self.engine, link, None, true).await?);
        }
        // Only what is on its way is parked no more.
        let after = items.last().map(|item| item.original().revision);
        for item in items {
            self.queue.push_again(item);
        }
        self.parking.replayed(&self.engine, after).await
    }

    /// After a failure it tries again at the next look.
    fn note(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            tracing::warn!(group = %self.key, error = %error, "a persistent subscription waits");
            self.paused = true;
            self.caught_up = false;
        }
    }

    /// Hands out what waits, to consumers that are there.
    fn dispatch(&mut self) {
        self.remove_gone();
        while self.hand_out() {
            self.remove_gone();
        }
    }

    /// Whether a consumer turned out to be gone.
    fn hand_out(&mut self) -> bool {
        let Self {
            queue,
            consumers,
            last,
            definition,
            total,
            since,
            ..
        } = self;
        if consumers.is_empty() || queue.is_empty() {
            return false;
        }
        let settings = &definition.settings;
        let mut gone = false;
        queue.dispatch(
            |item| match consumer::choose(settings.strategy, consumers, *last, &item) {
                Choice::Full => Sent::Full(item),
                Choice::Wait => Sent::Passed(item),
                Choice::Consumer(place) => {
                    match consumers[place].send(item, settings.message_timeout) {
                        None => {
                            *last = place;
                            *total += 1;
                            *since += 1;
                            Sent::Out
                        }
                        Some(item) if consumers[place].is_gone() => {
                            gone = true;
                            Sent::Full(item)
                        }
                        Some(item) => Sent::Passed(item),
                    }
                }
            },
        );
        gone
    }

    fn end_consumers(&mut self, status: &Status) {
        for consumer in self.consumers.drain(..) {
            drop(consumer.end(status.clone()));
        }
    }

    async fn checkpoint(&mut self, mark: u64) -> Result<(), StoreError> {
        if self.progress.checkpoint.is_none() {
            kept::limit_checkpoints(&self.engine, &self.checkpoints).await?;
        }
        let text = self.source.place_text(mark);
        kept::write_checkpoint(&self.engine, &self.checkpoints, text).await?;
        self.progress.checkpointed(mark);
        Ok(())
    }

    /// Writes a checkpoint if it is time.
    async fn checkpoint_if_due(&mut self, timed: bool) {
        if let Some(mark) = self.progress.due(self.settings(), timed) {
            let written = self.checkpoint(mark).await;
            self.note(written);
        }
    }

    /// Ends the group's work, for ever or to begin anew.
    async fn end(&mut self, status: &Status, checkpoint: bool) -> Result<(), StoreError> {
        self.end_consumers(status);
        match self.progress.unsaved() {
            Some(mark) if checkpoint => self.checkpoint(mark).await,
            _ => Ok(()),
        }
    }

    async fn obey(&mut self, command: Command) -> ControlFlow<()> {
        match command {
            Command::Connect(who, answer) => self.connect(who, answer),
            Command::Disconnect(id) => self.disconnect(id),
            Command::Ack(id, events) => self.ack(id, &events).await,
            Command::Nack(id, events, verdict, reason) => {
                self.nack(id, &events, verdict, &reason).await;
            }
            Command::Info(answer) => {
                let info = self.info().await;
                let _ = answer.give(info.map_err(|error| status::of_store(&error)));
            }
            Command::Replay(stop_at, answer) => {
                let begun = self.parking.begin_replay(&self.engine, stop_at).await;
                let _ = answer.give(begun.map_err(|error| status::of_store(&error)));
            }
            Command::End {
                status,
                checkpoint,
                answer,
            } => {
                let ended = self.end(&status, checkpoint).await;
                let _ = answer.give(ended.map_err(|error| status::of_store(&error)));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}
