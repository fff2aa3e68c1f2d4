use crate::event::RecordedEvent;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Who waits for which command.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<WaiterTable>);

#[derive(Debug, Default)]
struct WaiterTable {
    /// Whether anybody hears answers, and hands them on.
    heard: bool,
    waiters: HashMap<Uuid, Vec<oneshot::Sender<RecordedEvent>>>,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, WaiterTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commands are waited for.
    pub(super) fn len(&self) -> usize {
        self.lock().waiters.len()
    }

    /// Whether anybody hears answers.
    pub(super) fn is_heard(&self) -> bool {
        self.lock().heard
    }

    /// Waits from now on: a sender waits first, so no answer is missed.
    /// `None` when no task hears answers: then the wait would not end.
    pub(super) fn wait_for(self: &Arc<Self>, command_id: Uuid) -> Option<Waiter> {
        let mut table = self.lock();
        table.heard.then(|| self.add(&mut table, command_id))
    }

    /// A task hears answers from now on; waits for the first.
    pub(super) fn begin(self: &Arc<Self>, command_id: Uuid) -> Waiter {
        let mut table = self.lock();
        table.heard = true;
        self.add(&mut table, command_id)
    }

    fn add(self: &Arc<Self>, table: &mut WaiterTable, command_id: Uuid) -> Waiter {
        let (sender, answer) = oneshot::channel();
        table.waiters.entry(command_id).or_default().push(sender);
        Waiter {
            command_id,
            answer,
            waiting: Arc::clone(self),
        }
    }

    /// Hands an answer to everybody who waits for it.
    pub(super) fn answer(&self, command_id: Uuid, event: &RecordedEvent) {
        let waiting = self.lock().waiters.remove(&command_id);
        for sender in waiting.into_iter().flatten() {
            // A caller that is gone is fine.
            let _ = sender.send(event.clone());
        }
    }

    /// Lets everybody know that no answer will come, also who comes later.
    pub(super) fn give_up(&self) {
        let mut table = self.lock();
        table.heard = false;
        table.waiters.clear();
    }

    fn forget_closed(&self, command_id: Uuid) {
        let waiters = &mut self.lock().waiters;
        if let Some(senders) = waiters.get_mut(&command_id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiters.remove(&command_id);
            }
        }
    }
}

/// A place among those who wait, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Waiter {
    command_id: Uuid,
    answer: oneshot::Receiver<RecordedEvent>,
    waiting: Arc<Waiting>,
}

impl Waiter {
    /// The answer; `None` when none will come.
    pub(super) async fn answer(&mut self) -> Option<RecordedEvent> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.answer.close();
        self.waiting.forget_closed(self.command_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_call_waits_for_answers_that_no_task_hears() {
        let waiting = Arc::<Waiting>::default();
        let id = Uuid::from_u128(1);
        assert!(waiting.wait_for(id).is_none(), "no task has begun to hear");

        let mut first = waiting.begin(id);
        // The last thing that a follower does, some time before its task has ended.
        waiting.give_up();
        let late = waiting.wait_for(id);

        assert!(late.is_none(), "nothing would end its wait");
        assert!(first.answer().await.is_none());
        drop(first);
        assert_eq!(waiting.len(), 0);
        let _again = waiting.begin(id);
        assert!(waiting.wait_for(id).is_some());
    }
}
