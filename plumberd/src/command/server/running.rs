use super::{
    CommandServer, ServerError,
    follow::{Follow, TakenOver},
    work::End,
};
use crate::store::Subscription;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

/// A server at work. Dropping it ends it at once, as a crash would; what it
/// had not answered the next one does.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<Result<(), ServerError>>>,
    counts: Arc<Counts>,
}

/// What a server did since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Commands that were done.
    pub executed: u64,
    /// Commands that failed, and were answered so.
    pub failed: u64,
    /// Commands that were answered before, and not run again.
    pub answered_before: u64,
    /// Commands without an answer: they name no session to answer, the
    /// stream of the answers is gone for good, or the store was there and
    /// refused the answer for half a minute.
    pub skipped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    executed: AtomicU64,
    failed: AtomicU64,
    answered_before: AtomicU64,
    skipped: AtomicU64,
}

impl Counts {
    pub(super) fn count(&self, end: End) {
        let counter = match end {
            End::Executed => &self.executed,
            End::Failed => &self.failed,
            End::AnsweredBefore => &self.answered_before,
            End::NoSender | End::Unanswered => &self.skipped,
            End::Interrupted => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn stats(&self) -> ServerStats {
        ServerStats {
            executed: self.executed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            answered_before: self.answered_before.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
        }
    }
}

pub(super) fn start(
    server: CommandServer,
    taken_over: TakenOver,
    subscription: Subscription,
    runtime: &Handle,
) -> Running {
    let (stop, stopped) = watch::channel(false);
    let counts = Arc::<Counts>::default();
    let follow = Follow::new(server, taken_over, stopped, Arc::clone(&counts));
    Running {
        stop,
        task: Some(runtime.spawn(follow.run(subscription))),
        counts,
    }
}

impl Running {
    /// What it did until now.
    pub fn stats(&self) -> ServerStats {
        self.counts.stats()
    }

    /// Whether it is at work. One that has ended by itself says why in
    /// [`Running::ended`] and [`Running::shutdown`], and in the log.
    pub fn is_running(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Ends it in good order: it reads no more commands, finishes those that
    /// run, and keeps its checkpoint. That takes no longer than a handler may:
    /// see [`CommandServer::handler_timeout`].
    ///
    /// # Errors
    ///
    /// [`ServerError`] when it had ended by itself, or the checkpoint could not
    /// be kept: then some commands are looked at again, and not run again.
    /// [`ServerError::Replaced`] when a later one has taken over, which is as
    /// it should be when a new version of a program is rolled out.
    pub async fn shutdown(mut self) -> Result<ServerStats, ServerError> {
        // No task listens when it has ended by itself.
        let _ = self.stop.send(true);
        self.ended().await?;
        Ok(self.stats())
    }

    /// Waits for the server to end by itself, which it does only when the store
    /// is closed or refuses for good, and when a later server of the same name
    /// has taken over.
    ///
    /// # Errors
    ///
    /// [`ServerError`]: why it ended.
    ///
    /// # Cancel safety
    ///
    /// The server goes on when the future is dropped.
    pub async fn ended(&mut self) -> Result<(), ServerError> {
        let Some(task) = &mut self.task else {
            return Ok(());
        };
        let ended = task.await;
        self.task = None;
        ended.unwrap_or(Err(ServerError::Ended))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
