use super::{
    CommandServer, ServerError, Source,
    answered::Answered,
    checkpoint::Checkpoint,
    lanes::Lanes,
    progress::Progress,
    running::Counts,
    work::{End, Work, patient},
};
use crate::{
    command::request::Request,
    event::RecordedEvent,
    retry::Backoff,
    store::{EventStore, StoreError, Subscription, SubscriptionMessage},
};
use futures_util::{FutureExt, StreamExt};
use std::{
    future::poll_fn, panic::AssertUnwindSafe, pin::Pin, sync::Arc, task::Poll, time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Sleep, sleep},
};

/// At most so often is the checkpoint kept: what lies between is looked at
/// again after a crash, and found answered.
const KEEP_EVERY: Duration = Duration::from_millis(500);

/// For each command that may run, so many may wait in memory.
const WAITING_PER_RUNNING: usize = 16;

/// The loop that reads commands, runs them, and remembers how far it has come.
pub(super) struct Follow {
    store: Arc<dyn EventStore>,
    source: Source,
    work: Work,
    checkpoint: Checkpoint,
    progress: Progress,
    kept: Option<u64>,
    /// The last place that was read, to go on from after a failure.
    read: Option<u64>,
    lanes: Lanes<(u64, RecordedEvent, Request)>,
    most_waiting: usize,
    jobs: JoinSet<Finished>,
    stop: watch::Receiver<bool>,
    counts: Arc<Counts>,
}

/// A command that is no longer run.
struct Finished {
    place: u64,
    lane: String,
    end: End,
}

/// What happens next.
enum Step {
    Stop,
    Finished(Finished),
    Keep,
    Read(Result<Option<SubscriptionMessage>, StoreError>),
}

impl Follow {
    pub(super) fn new(
        server: CommandServer,
        checkpoint: Checkpoint,
        after: Option<u64>,
        stop: watch::Receiver<bool>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            work: Work {
                store: Arc::clone(&server.store),
                answered: Answered::new(Arc::clone(&server.store)),
                handlers: server.handlers,
                stop: stop.clone(),
            },
            store: server.store,
            source: server.source,
            checkpoint,
            progress: Progress::after(after),
            kept: after,
            read: after,
            lanes: Lanes::new(server.concurrency),
            most_waiting: server.concurrency.saturating_mul(WAITING_PER_RUNNING),
            jobs: JoinSet::new(),
            stop,
            counts,
        }
    }

    pub(super) async fn run(mut self, mut subscription: Subscription) -> Result<(), ServerError> {
        let mut timer = Box::pin(sleep(KEEP_EVERY));
        let mut backoff = patient();
        loop {
            match self.next(&mut subscription, &mut timer).await {
                Step::Stop => return self.drain().await,
                Step::Finished(finished) => self.finished(finished),
                Step::Keep => {
                    self.keep().await;
                    timer.set(sleep(KEEP_EVERY));
                }
                Step::Read(Ok(Some(message))) => {
                    backoff = patient();
                    self.take(message);
                }
                Step::Read(failed) => {
                    let error = failed.err();
                    match self.again(error, &mut backoff).await {
                        Ok(Some(again)) => subscription = again,
                        Ok(None) => return self.drain().await,
                        Err(error) => {
                            // What runs is not lost for the failure to read.
                            let _ = self.drain().await;
                            return Err(error.into());
                        }
                    }
                }
            }
            self.begin();
        }
    }

    async fn next(&mut self, messages: &mut Subscription, timer: &mut Pin<Box<Sleep>>) -> Step {
        let mut stop = self.stop.clone();
        let mut stopped = Box::pin(async move { drop(stop.wait_for(|stop| *stop).await) });
        let may_read = self.lanes.waiting() < self.most_waiting;
        let must_keep = self.progress.safe() != self.kept;
        poll_fn(|cx| {
            if stopped.poll_unpin(cx).is_ready() {
                return Poll::Ready(Step::Stop);
            }
            while let Poll::Ready(Some(joined)) = self.jobs.poll_join_next(cx) {
                if let Ok(finished) = joined {
                    return Poll::Ready(Step::Finished(finished));
                }
            }
            if must_keep && timer.poll_unpin(cx).is_ready() {
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
    fn take(&mut self, message: SubscriptionMessage) {
        match message {
            SubscriptionMessage::Event(event) => {
                let place = match self.source {
                    Source::Sessions(_) => event.read_position().as_u64(),
                    Source::Stream(_) => event.read_revision().as_u64(),
                };
                self.read = Some(place);
                self.progress.read(place);
                if !self.work.handlers.handles(event.event_type.as_str()) {
                    // Somebody else's, or a link to what is gone.
                    self.progress.done(place);
                    return;
                }
                let request = Request::of(&event);
                let lane = request.recipient.clone().unwrap_or_default();
                self.lanes.push(lane, (place, event, request));
            }
            SubscriptionMessage::Checkpoint(position) => {
                let place = position.as_u64();
                self.read = self.read.max(Some(place));
                self.progress.passed(place);
            }
            _ => {}
        }
    }

    /// Runs as many as may run.
    fn begin(&mut self) {
        while let Some((lane, (place, event, request))) = self.lanes.next() {
            let work = AssertUnwindSafe(self.work.clone().run(event, request)).catch_unwind();
            self.jobs.spawn(async move {
                // A handler's panic is an answer; this is for one of ours.
                let end = work.await.unwrap_or(End::Unanswered);
                Finished { place, lane, end }
            });
        }
    }

    fn finished(&mut self, finished: Finished) {
        let Finished { place, lane, end } = finished;
        self.counts.count(end);
        self.lanes.finished(lane);
        if end != End::Interrupted {
            self.progress.done(place);
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
            if tokio::time::timeout(pause, self.stop.wait_for(|stop| *stop))
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

    async fn keep(&mut self) {
        let safe = self.progress.safe();
        match self.checkpoint.save(safe).await {
            Ok(()) => self.kept = safe,
            Err(error) => tracing::warn!(%error, "the checkpoint was not kept"),
        }
    }

    /// Finishes what runs; what waits is left to the next start.
    async fn drain(mut self) -> Result<(), ServerError> {
        while let Some(joined) = self.jobs.join_next().await {
            if let Ok(finished) = joined {
                self.counts.count(finished.end);
                if finished.end != End::Interrupted {
                    self.progress.done(finished.place);
                }
            }
        }
        if self.progress.safe() != self.kept {
            self.checkpoint.save(self.progress.safe()).await?;
        }
        Ok(())
    }
}
