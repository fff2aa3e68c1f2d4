use super::{
    PersistentError,
    error::Group,
    worker::{Answer, Worker},
};
use crate::{
    backend::eventstoredb::{Shared, runtime},
    event::RecordedEvent,
    store::StoreError,
};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

/// How many answers may wait for the connection.
const ANSWERS: usize = 64;

/// What is to become of an event that was not processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nack {
    /// It is put aside until it is replayed.
    Park,
    /// It comes again, to this consumer or another.
    Retry,
    /// It counts as processed.
    Skip,
    /// The server drops this consumer, and gives the event to another.
    Stop,
}

/// An event that wants an answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The event, with the link that led to it where links are resolved.
    pub event: RecordedEvent,
    /// How often it was sent before, as far as the server counts it.
    pub retry_count: u32,
    /// What the server knows it by.
    pub(super) id: Uuid,
    /// Over which connection it came.
    pub(super) session: u64,
}

/// A consumer of a group.
///
/// Delivery is **at least once**: an event comes again when it is not answered
/// in time, when its consumer goes, and when the connection is lost before the
/// server has seen the answer; after a restart of the server, everything since
/// the last checkpoint comes again. Process events so that a repetition does no
/// harm.
///
/// A lost connection is made anew, for ever, with growing pauses up to 5 s;
/// what was not answered is sent again. So it is when the server answers with
/// an internal failure: the client crate does not tell it from a server that is
/// away. Answers to what came over a lost connection are left out. A connection
/// that keeps silent is found out by `keepAliveInterval` and
/// `keepAliveTimeout` of the connection string; with an interval of −1 it is
/// only when answers pile up.
///
/// # What is answered here
///
/// An event that plumberd cannot read, such as one of a stream whose name it
/// cannot have, is **parked**, with the reason, and logged as a warning. A link
/// that is to be resolved and points to no visible event is acknowledged, and
/// counted by [`unresolved_links`](super::super::EventStoreDb::unresolved_links).
///
/// # When it is dropped
///
/// The answers that were given are still sent, for as long as the runtime
/// lives, and the server then sends what was not answered to another consumer.
/// When the last answer is younger than 200 ms it takes as long until the
/// server hears of the end, and counts this consumer no more. Before a runtime
/// ends, [`close`](PersistentSubscription::close) the consumer.
#[derive(Debug)]
pub struct PersistentSubscription {
    deliveries: mpsc::Receiver<Result<Delivery, PersistentError>>,
    answers: mpsc::Sender<Answer>,
    worker: JoinHandle<()>,
}

impl PersistentSubscription {
    pub(super) async fn begin(
        shared: &Arc<Shared>,
        group: Group,
        buffer: u32,
    ) -> Result<Self, PersistentError> {
        runtime::check().map_err(StoreError::from)?;
        // The server's buffer is what bounds the events on their way.
        let (deliver, deliveries) = mpsc::channel(1);
        let (answers, answered) = mpsc::channel(ANSWERS);
        let (confirm, confirmed) = oneshot::channel();
        let worker = Worker::new(shared, group, buffer, deliver, answered, confirm);
        let subscription = Self {
            deliveries,
            answers,
            // It ends when the other ends of its channels are dropped.
            worker: tokio::spawn(worker.run()),
        };
        confirmed.await.map_err(|_| PersistentError::Ended)??;
        Ok(subscription)
    }

    /// The next event; waits for ever while there is none.
    ///
    /// # Errors
    ///
    /// What ends the subscription, once: the group is deleted, dropped this
    /// consumer, is full or denied when the connection was made anew. After it
    /// [`PersistentError::Ended`].
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Delivery, PersistentError> {
        let next = self.deliveries.recv().await;
        next.unwrap_or(Err(PersistentError::Ended))
    }

    /// Says that the event was processed. It is sent, and not confirmed: see
    /// at [`PersistentSubscription`] when the event comes again all the same.
    ///
    /// # Errors
    ///
    /// [`PersistentError::Ended`]; [`PersistentSubscription::next`] says why.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped the answer may or may not be sent.
    pub async fn ack(&self, delivery: &Delivery) -> Result<(), PersistentError> {
        self.answer(delivery, None).await
    }

    /// Says that the event was not processed, and why, in words for who looks
    /// at the parked events.
    ///
    /// # Errors
    ///
    /// As of [`PersistentSubscription::ack`].
    ///
    /// # Cancel safety
    ///
    /// As of [`PersistentSubscription::ack`].
    pub async fn nack(
        &self,
        delivery: &Delivery,
        nack: Nack,
        reason: impl Into<String>,
    ) -> Result<(), PersistentError> {
        self.answer(delivery, Some((nack, reason.into()))).await
    }

    /// Ends the consumer, and waits until the answers that were given are on
    /// their way: about 200 ms, and where the server does not take them no
    /// longer than twice the deadline of the settings.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, so is the consumer.
    pub async fn close(self) {
        let Self {
            deliveries,
            answers,
            worker,
        } = self;
        drop((deliveries, answers));
        // It cannot be cancelled but with the runtime.
        let _ = worker.await;
    }

    async fn answer(
        &self,
        delivery: &Delivery,
        nack: Option<(Nack, String)>,
    ) -> Result<(), PersistentError> {
        let answer = Answer {
            id: delivery.id,
            session: delivery.session,
            nack,
        };
        let sent = self.answers.send(answer).await;
        sent.map_err(|_| PersistentError::Ended)
    }
}
