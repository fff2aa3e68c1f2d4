use super::{
    CommandServer, ServerError, Source,
    checkpoint::{Checkpoint, Saved},
    keyed_queue::KeyedQueue,
    reply_index::ReplyIndex,
    retry::patient,
    running::Counts,
    watermark::Watermark,
    work::{End, Work},
};
use crate::{
    command::request::Request,
    event::RecordedEvent,
    retry::Backoff,
    store::{EventStore, StoreError, Subscription, SubscriptionMessage},
    stream::Position,
    timer::{Sleep, sleep, timeout},
};
use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, Fuse, FusedFuture},
};
use std::{future::poll_fn, panic::AssertUnwindSafe, sync::Arc, task::Poll, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// At most so often is the checkpoint kept: what lies between is looked at
/// again after a crash, and found answered.
const KEEP_EVERY: Duration = Duration::from_millis(500);

/// For each command that may run, so many may wait in memory.
const WAITING_PER_RUNNING: usize = 16;

/// What a server has when it takes over.
pub(super) struct TakenOver {
    pub(super) checkpoint: Checkpoint,
    /// Where it begins.
    pub(super) after: Option<u64>,
    /// Past this place no server before it begins a command.
    pub(super) since: Option<Position>,
}

/// The loop that reads commands, runs them, and remembers how far it has come.
pub(super) struct Follow {
    name: String,
    store: Arc<dyn EventStore>,
    source: Source,
    work: Arc<Work>,
    checkpoint: Checkpoint,
    /// A checkpoint that is being written.
    saving: Fuse<BoxFuture<'static, Saved>>,
    watermark: Watermark,
    kept: Option<u64>,
    /// The last place that was read, to go on from after a failure.
    read: Option<u64>,
    queue: KeyedQueue<(u64, RecordedEvent, Request)>,
    most_waiting: usize,
    jobs: JoinSet<Finished>,
    stop: watch::Receiver<bool>,
    counts: Arc<Counts>,
}

/// A command that is no longer run.
struct Finished {
    place: u64,
    key: String,
    end: End,
}

/// What happens next.
enum Step {
    Stop,
    Finished(Finished),
    Keep,
    Saved(Saved),
    Read(Result<Option<SubscriptionMessage>, StoreError>),
}

/// What a server waits for besides commands.
struct Signals {
    stopped: BoxFuture<'static, ()>,
    timer: Sleep,
}

impl Follow {
    pub(super) fn new(
        server: CommandServer,
        taken_over: TakenOver,
        stop: watch::Receiver<bool>,
        counts: Arc<Counts>,
    ) -> Self {
        let TakenOver {
            checkpoint,
            after,
            since,
        } = taken_over;
        Self {
            work: Arc::new(Work {
                store: Arc::clone(&server.store),
                replies: ReplyIndex::new(Arc::clone(&server.store), since),
                handlers: server.handlers,
                handler_timeout: server.handler_timeout,
                stop: stop.clone(),
            }),
            name: server.name,
            store: server.store,
            source: server.source,
            checkpoint,
            saving: Fuse::terminated(),
            watermark: Watermark::after(after),
            kept: after,
            read: after,
            queue: KeyedQueue::new(server.concurrency),
            most_waiting: server.concurrency.saturating_mul(WAITING_PER_RUNNING),
            jobs: JoinSet::new(),
            stop,
            counts,
        }
    }

    pub(super) async fn run(mut self, subscription: Subscription) -> Result<(), ServerError> {
        let ended = self.follow(subscription).await;
        let name = std::mem::take(&mut self.name);
        match &ended {
            Ok(()) => {}
            Err(ServerError::Replaced) => tracing::warn!(name, "a command server is replaced"),
            Err(error) => {
                let cause = std::error::Error::source(error);
                tracing::error!(name, error = %error, cause, "a command server has ended");
            }
        }
        // What runs is not lost for the failure to read.
        let drained = self.drain().await;
        ended.and(drained)
    }

    /// Goes on until it is told to stop.
    async fn follow(&mut self, mut subscription: Subscription) -> Result<(), ServerError> {
        let mut stop = self.stop.clone();
        let mut signals = Signals {
            stopped: async move { drop(stop.wait_for(|stop| *stop).await) }.boxed(),
            timer: sleep(KEEP_EVERY),
        };
        let mut backoff = patient();
        loop {
            match self.next(&mut subscription, &mut signals).await {
                Step::Stop => return Ok(()),
                Step::Finished(finished) => self.finished(finished),
                Step::Keep => self.begin_to_keep(),
                Step::Saved(saved) => {
                    signals.timer = sleep(KEEP_EVERY);
                    self.saved(saved)?;
                }
                Step::Read(Ok(Some(message))) => {
                    backoff = patient();
                    self.take(message)?;
                }
                Step::Read(failed) => match self.again(failed.err(), &mut backoff).await? {
                    Some(again) => subscription = again,
                    None => return Ok(()),
                },
            }
            self.begin();
        }
    }

    async fn next(&mut self, messages: &mut Subscription, signals: &mut Signals) -> Step {
        let may_read = self.queue.waiting() < self.most_waiting;
        let must_keep = self.saving.is_terminated() && self.watermark.safe() != self.kept;
        poll_fn(|cx| {
            if signals.stopped.poll_unpin(cx).is_ready() {
                return Poll::Ready(Step::Stop);
            }
            while let Poll::Ready(Some(joined)) = self.jobs.poll_join_next(cx) {
                if let Ok(finished) = joined {
                    return Poll::Ready(Step::Finished(finished));
                }
            }
            if let Poll::Ready(saved) = self.saving.poll_unpin(cx) {
                return Poll::Ready(Step::Saved(saved));
            }
            if must_keep && signals.timer.poll_unpin(cx).is_ready() {
                return Poll::Ready(Step::Keep);
            }
            if may_read && let Poll::Ready(message) = messages.poll_next_unpin(cx) {
                return Poll::Ready(Step::Read(message.transpose()));
            }
            Poll::Pending
        })
        .await
    }

    /// Takes in what was read.
    fn take(&mut self, message: SubscriptionMessage) -> Result<(), ServerError> {
        match message {
            SubscriptionMessage::Event(event) => {
                let place = match self.source {
                    Source::Sessions(_) => event.read_position().as_u64(),
                    Source::Stream(_) => event.read_revision().as_u64(),
                };
                self.read = Some(place);
                if event.stream == *self.checkpoint.stream() {
                    // To keep a checkpoint is no progress that is to be kept.
                    return if self.checkpoint.is_replaced_by(&event) {
                        Err(ServerError::Replaced)
                    } else {
                        Ok(())
                    };
                }
                if !self.work.handlers.handles(event.event_type.as_str()) {
                    // Another server's, or a link to what is gone.
                    self.watermark.passed(place);
                    return Ok(());
                }
                self.watermark.read(place);
                let request = Request::of(&event);
                let key = request.recipient.clone().unwrap_or_default();
                self.queue.push(key, (place, event, request));
            }
            // What was deleted of commands is not taken back. Of a stream the
            // place would be a revision, which this is none of.
            SubscriptionMessage::StreamDeleted(deleted)
                if matches!(self.source, Source::Sessions(_)) =>
            {
                let place = deleted.position.as_u64();
                self.read = self.read.max(Some(place));
                self.watermark.passed(place);
            }
            SubscriptionMessage::Checkpoint(position) => {
                let place = position.as_u64();
                self.read = self.read.max(Some(place));
                self.watermark.passed(place);
            }
            _ => {}
        }
        Ok(())
    }

    /// Runs as many as may run.
    fn begin(&mut self) {
        while let Some((key, (place, event, request))) = self.queue.next() {
            let work = AssertUnwindSafe(Arc::clone(&self.work).run(event, request)).catch_unwind();
            self.jobs.spawn(async move {
                // A handler's panic is an answer; this is for one of ours.
                let end = work.await.unwrap_or(End::Unanswered);
                Finished { place, key, end }
            });
        }
    }

    fn finished(&mut self, finished: Finished) {
        let Finished { place, key, end } = finished;
        self.counts.count(end);
        self.queue.finished(key);
        if end != End::Interrupted {
            self.watermark.done(place);
        }
    }

    /// Follows on after what was read last; `Ok(None)` when the server ends.
    async fn again(
        &mut self,
        mut error: Option<StoreError>,
        backoff: &mut Backoff,
    ) -> Result<Option<Subscription>, StoreError> {
        loop {
            if let Some(error) = error.take() {
                if !error.is_transient() {
                    return Err(error);
                }
                tracing::warn!(%error, "commands are read again");
            }
            let pause = backoff.next_pause().unwrap_or(KEEP_EVERY);
            if timeout(pause, self.stop.wait_for(|stop| *stop))
                .await
                .is_ok()
            {
                return Ok(None);
            }
            match self.source.subscribe(&*self.store, self.read).await {
                Ok(subscription) => return Ok(Some(subscription)),
                Err(failed) => error = Some(failed),
            }
        }
    }

    fn begin_to_keep(&mut self) {
        self.saving = self.checkpoint.save(self.watermark.safe()).fuse();
    }

    fn saved(&mut self, saved: Saved) -> Result<(), ServerError> {
        match self.checkpoint.saved(saved) {
            Ok(kept) => self.kept = kept,
            Err(ServerError::Replaced) => return Err(ServerError::Replaced),
            Err(error) => tracing::warn!(%error, "the checkpoint was not kept"),
        }
        Ok(())
    }

    /// Finishes what runs; what waits is left to the next start.
    async fn drain(mut self) -> Result<(), ServerError> {
        let mut kept = Ok(());
        if !self.saving.is_terminated() {
            let saved = (&mut self.saving).await;
            kept = self.saved(saved);
        }
        while let Some(joined) = self.jobs.join_next().await {
            if let Ok(finished) = joined {
                self.finished(finished);
            }
        }
        kept?;
        while self.watermark.safe() != self.kept {
            let saved = self.checkpoint.save(self.watermark.safe()).await;
            self.kept = self.checkpoint.saved(saved)?;
        }
        Ok(())
    }
}
