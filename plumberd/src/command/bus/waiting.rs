use crate::event::RecordedEvent;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Who waits for which command.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<Uuid, Vec<oneshot::Sender<RecordedEvent>>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<oneshot::Sender<RecordedEvent>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commands are waited for.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Waits from now on: whoever sends waits first, so no answer is missed.
    pub(super) fn wait_for(self: &Arc<Self>, command_id: Uuid) -> Waiter {
        let (sender, answer) = oneshot::channel();
        self.lock().entry(command_id).or_default().push(sender);
        Waiter {
            command_id,
            answer,
            waiting: Arc::clone(self),
        }
    }

    /// Hands an answer to everybody who waits for it.
    pub(super) fn answer(&self, command_id: Uuid, event: &RecordedEvent) {
        let waiting = self.lock().remove(&command_id);
        for sender in waiting.into_iter().flatten() {
            // Nobody there any more is fine.
            let _ = sender.send(event.clone());
        }
    }

    /// Lets everybody know that no answer will come.
    pub(super) fn give_up(&self) {
        self.lock().clear();
    }

    fn forget_closed(&self, command_id: Uuid) {
        let mut waiting = self.lock();
        if let Some(senders) = waiting.get_mut(&command_id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(&command_id);
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
