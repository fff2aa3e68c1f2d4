//! What a subscription says, as the task that reads it hands it over.

use super::{
    super::{BACKEND, Shared, client::Line, failure::CallError, guarded::OwnedTask},
    pump::Pump,
    target::Target,
};
use crate::{
    event::RecordedEvent,
    store::{StoreError, StreamDeleted},
    stream::Position,
};
use std::{sync::Arc, vec};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// How many times as many may wait for the subscriber: what it does not take
/// before it goes was sent and decoded for nothing.
const AHEAD: usize = 2;

/// What a subscription says.
#[derive(Debug)]
pub(in super::super) enum Message {
    Event(RecordedEvent),
    /// A stream that is followed was deleted.
    Deleted(StreamDeleted),
    /// What is there is not for the subscriber; nothing need be told of it.
    Passed(Position),
    /// Everything up to here was looked at.
    Checkpoint(Position),
    /// The server has sent all there was; what follows is live.
    CaughtUp,
    /// The server reads history again.
    FellBehind,
    /// Another subscription has begun after the last event; it reads history
    /// first. This is why the one before ended.
    Interrupted(CallError),
    /// It cannot go on; nothing follows.
    Failed(StoreError),
}

/// The messages of a subscription that is in force.
pub(in super::super) struct Messages {
    received: mpsc::Receiver<Vec<Message>>,
    /// What was received and not taken.
    batch: vec::IntoIter<Message>,
    _task: OwnedTask<()>,
}

impl Messages {
    /// Subscribes after the revision or position `after`, from the start when
    /// there is none, and waits until the server has confirmed it, or `ends`.
    pub(in super::super) async fn begin(
        shared: &Arc<Shared>,
        line: Line,
        target: Target,
        after: Option<u64>,
        ends: Instant,
    ) -> Result<Self, StoreError> {
        let (messages, received) = mpsc::channel(AHEAD);
        let (confirm, confirmed) = oneshot::channel();
        let pump = Pump::new(shared, line, target, after, (messages, confirm), ends);
        let task = OwnedTask::spawn(pump.run());
        match confirmed.await {
            Ok(result) => result?,
            Err(_) => return Err(ended()),
        }
        Ok(Self {
            received,
            batch: Vec::new().into_iter(),
            _task: task,
        })
    }

    pub(in super::super) async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.batch.next() {
                return message;
            }
            match self.received.recv().await {
                Some(batch) => self.batch = batch.into_iter(),
                None => return Message::Failed(ended()),
            }
        }
    }

    /// The next message, if it has come.
    pub(in super::super) fn try_next(&mut self) -> Option<Message> {
        if self.batch.as_slice().is_empty() {
            match self.received.try_recv() {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(mpsc::error::TryRecvError::Empty) => return None,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    return Some(Message::Failed(ended()));
                }
            }
        }
        self.batch.next()
    }

    /// How many messages have come and were not taken, at least.
    pub(super) fn waiting(&self) -> usize {
        self.batch.len() + self.received.len()
    }
}

/// What reads the subscription runs where that began, and ends with it.
fn ended() -> StoreError {
    StoreError::Unavailable {
        backend: BACKEND,
        source: "the Tokio runtime that the subscription or read began in has ended".into(),
    }
}
