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
    super::engine::Engine, definition::Definition, item::Item, kept, refusal,
    settings::GroupSettings, source::Source, target::GroupKey,
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

/// How many commands wait at the most.
const COMMANDS: usize = 64;

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

/// Starts the group, where its last checkpoint is; ends with the handles to
/// its commands.
pub(super) async fn start(
    engine: &Engine,
    definition: Definition,
    head: watch::Receiver<u64>,
) -> Result<mpsc::Sender<Command>, Status> {
    let key = definition.key.clone();
    let checkpoints = key.stream_for("checkpoint")?;
    let parked = key.stream_for("parked")?;
    let source = definition.source();
    let checkpoint = kept::read_checkpoint(engine, &checkpoints)
        .await
        .map_err(|error| refusal::of_engine(&error))?
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
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, mut head: watch::Receiver<u64>) {
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
        self.end_consumers(&refusal::stopping());
    }

    const fn settings(&self) -> &GroupSettings {
        &self.definition.settings
    }

    fn batch_size(&self) -> usize {
        self.settings().read_batch_size as usize
    }

    fn may_read(&self) -> bool {
        !self.caught_up
            && !self.paused
            && !self.consumers.is_empty()
            && self.queue.buffered() + self.batch_size()
                <= self.settings().history_buffer_size as usize
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
        let links = self.parking.replay(&self.engine, self.batch_size()).await;
        let taken = match links {
            Ok(links) => {
                let mut taken = Ok(());
                for link in links {
                    // The link is what is replayed, whatever the group does
                    // with links otherwise.
                    match Item::new(&self.engine, link, None, true).await {
                        Ok(item) => self.queue.push_again(item),
                        Err(error) => taken = Err(error),
                    }
                }
                taken
            }
            Err(error) => Err(error),
        };
        self.note(taken);
    }

    /// After a failure it tries again at the next look.
    fn note(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            tracing::warn!(group = %self.key, error = %error, "a persistent subscription waits");
            self.paused = true;
            self.caught_up = false;
        }
    }

    fn dispatch(&mut self) {
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
            return;
        }
        let settings = &definition.settings;
        queue.dispatch(|item| {
            match consumer::choose(settings.strategy, consumers, *last, &item) {
                Choice::Full => Sent::Full(item),
                Choice::Wait => Sent::Passed(item),
                Choice::Consumer(place) => {
                    match consumers[place].send(item, settings.message_timeout) {
                        Ok(()) => {
                            *last = place;
                            *total += 1;
                            *since += 1;
                            Sent::Out
                        }
                        // It is gone; the group will be told.
                        Err(item) => Sent::Full(item),
                    }
                }
            }
        });
    }

    fn end_consumers(&mut self, status: &Status) {
        for consumer in self.consumers.drain(..) {
            consumer.end(status.clone()).for_each(drop);
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
    async fn end(&mut self, status: &Status, forget: bool) -> Result<(), StoreError> {
        self.end_consumers(status);
        if forget {
            kept::forget(&self.engine, &self.checkpoints).await?;
            return kept::forget(&self.engine, self.parking.stream()).await;
        }
        match self.progress.mark() {
            Some(mark) if Some(mark) > self.progress.checkpoint => self.checkpoint(mark).await,
            _ => Ok(()),
        }
    }

    async fn obey(&mut self, command: Command) -> ControlFlow<()> {
        match command {
            Command::Connect(who, answer) => answer.give(self.connect(who)),
            Command::Disconnect(id) => self.disconnect(id),
            Command::Ack(id, events) => self.ack(id, &events).await,
            Command::Nack(id, events, verdict, reason) => {
                self.nack(id, &events, verdict, &reason).await;
            }
            Command::Info(answer) => {
                let info = self.info().await;
                answer.give(info.map_err(|error| refusal::of_engine(&error)));
            }
            Command::Replay(stop_at, answer) => {
                let begun = self.parking.begin_replay(&self.engine, stop_at).await;
                answer.give(begun.map_err(|error| refusal::of_engine(&error)));
            }
            Command::End {
                status,
                forget,
                answer,
            } => {
                let ended = self.end(&status, forget).await;
                answer.give(ended.map_err(|error| refusal::of_engine(&error)));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}
