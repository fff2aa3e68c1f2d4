use super::waiting::{Waiter, Waiting};
use crate::{
    command::reply::Reply,
    event::RecordedEvent,
    retry::{Backoff, RetryPolicy},
    store::{EventStore, StoreError, SubscribeFrom, Subscription},
    stream::{Revision, StreamName},
    timer::sleep,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::{Handle, Id},
    task::JoinHandle,
};
use uuid::Uuid;

/// Follows a session's answers as long as the bus lives.
///
/// A task of each runtime that commands are sent in does: one of another
/// runtime hears nothing while that runtime is not run, and ends with it.
#[derive(Debug, Default)]
pub(super) struct Replies(Mutex<HashMap<Id, Arc<Hearing>>>);

/// Who waits for answers in one runtime, and the task that hears them.
#[derive(Debug, Default)]
struct Hearing {
    waiting: Arc<Waiting>,
    listener: tokio::sync::Mutex<Option<Listener>>,
}

#[derive(Debug)]
struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Replies {
    /// Waits for the answer to a command that is sent after this; begins to
    /// follow answers when no task does, also after a failure that ended it.
    pub(super) async fn wait_for(
        &self,
        command_id: Uuid,
        store: &Arc<dyn EventStore>,
        stream: &StreamName,
    ) -> Result<Waiter, StoreError> {
        let runtime = Handle::try_current().map_err(|_| StoreError::NoRuntime {
            what: "the command bus",
        })?;
        let hearing = self.hearing(runtime.id());
        let waiting = &hearing.waiting;
        if let Some(waiter) = waiting.wait_for(command_id) {
            return Ok(waiter);
        }
        let mut listener = hearing.listener.lock().await;
        // Another call may have begun meanwhile.
        if let Some(waiter) = waiting.wait_for(command_id) {
            return Ok(waiter);
        }
        // From a place that is known, so that no failure later leaves a gap.
        let last = store.stream_info(stream).await?.last_revision;
        let subscription = store.subscribe_stream(stream, after(last)).await?;
        let waiter = waiting.begin(command_id);
        let follower = Follower {
            store: Arc::clone(store),
            stream: stream.clone(),
            waiting: Arc::clone(waiting),
            last,
        };
        *listener = Some(Listener(runtime.spawn(follower.run(subscription))));
        Ok(waiter)
    }

    /// How many commands are waited for.
    pub(super) fn pending(&self) -> usize {
        self.lock().values().map(|one| one.waiting.len()).sum()
    }

    fn hearing(&self, runtime: Id) -> Arc<Hearing> {
        let mut hearings = self.lock();
        if !hearings.contains_key(&runtime) {
            // Those of runtimes that have ended.
            hearings.retain(|_, one| one.waiting.is_heard() || Arc::strong_count(one) > 1);
        }
        Arc::clone(hearings.entry(runtime).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Arc<Hearing>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Follower {
    store: Arc<dyn EventStore>,
    stream: StreamName,
    waiting: Arc<Waiting>,
    last: Option<Revision>,
}

/// However it ends, no call is to wait for it.
impl Drop for Follower {
    fn drop(&mut self) {
        self.waiting.give_up();
    }
}

impl Follower {
    async fn run(mut self, mut subscription: Subscription) {
        let policy = RetryPolicy::DEFAULT
            .with_retries(u32::MAX)
            .with_pauses(Duration::from_millis(20), Duration::from_secs(5));
        let mut backoff = Backoff::new(policy);
        loop {
            let error = match subscription.next_event().await {
                Ok(Some(event)) => {
                    backoff = Backoff::new(policy);
                    self.last = Some(event.read_revision());
                    self.hear(&event);
                    continue;
                }
                Ok(None) => None,
                Err(error) => Some(error),
            };
            let again = self.resume(error, &mut backoff).await;
            match again {
                Some(again) => subscription = again,
                None => return,
            }
        }
    }

    fn hear(&self, event: &RecordedEvent) {
        if let Some(id) = Reply::command_id_in(&event.data) {
            self.waiting.answer(id, event);
        } else {
            let revision = event.revision;
            tracing::warn!(stream = %self.stream, %revision, "an answer names no command");
        }
    }

    /// Follows on after what was heard last; `None` when that cannot be.
    async fn resume(
        &self,
        mut error: Option<StoreError>,
        backoff: &mut Backoff,
    ) -> Option<Subscription> {
        loop {
            if let Some(error) = &error
                && !error.is_transient()
            {
                tracing::error!(stream = %self.stream, %error, "answers are no longer followed");
                return None;
            }
            sleep(backoff.next_pause()?).await;
            let again = self
                .store
                .subscribe_stream(&self.stream, after(self.last))
                .await;
            match again {
                Ok(subscription) => return Some(subscription),
                Err(failed) => error = Some(failed),
            }
        }
    }
}

fn after(last: Option<Revision>) -> SubscribeFrom<Revision> {
    last.map_or(SubscribeFrom::Start, SubscribeFrom::After)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_that_have_ended_are_not_remembered() {
        let replies = Replies::default();
        let of_new_runtime = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let hearing = replies.hearing(runtime.handle().id());
            (runtime, hearing)
        };
        let (runtime, in_use) = of_new_runtime();

        for _ in 0..10 {
            of_new_runtime();
        }

        assert!(replies.lock().len() <= 2, "{}", replies.lock().len());
        let again = replies.hearing(runtime.handle().id());
        assert!(Arc::ptr_eq(&in_use, &again), "a call is waited for in it");
    }
}
