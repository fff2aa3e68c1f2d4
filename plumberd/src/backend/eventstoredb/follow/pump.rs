//! The task that reads the server's subscription.

use super::{
    super::{
        Shared, check_call,
        client::{Lease, Line},
        connection::Connection,
        convert::resolved,
        failure::{CallError, Failure, not_begun},
    },
    deletions::Hidden,
    messages::Message,
    target::Target,
    watch::{Stop, Watched},
};
use crate::{
    event::RecordedEvent,
    retry::{Backoff, RetryPolicy},
    store::StoreError,
    stream::Position,
};
use eventstore::SubscriptionEvent;
use futures_util::FutureExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// Readers of a server that comes back must not all come at once, and none may
/// give up.
const PAUSES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(5));

/// How many messages are handed over at once, when so many have come: waking
/// the subscriber costs more than a message does.
const BATCH: usize = 32;

/// Waits for what is wrong when nothing comes. Something must come until
/// `late`; where that is over there may be silence, as long as there is a
/// connection.
async fn silence(connection: &Connection, lease: &Lease, late: Option<Instant>) -> CallError {
    match late {
        Some(late) => {
            tokio::time::sleep_until(late).await;
            connection.late()
        }
        None if connection.pings() => std::future::pending().await,
        None => check_call::until_lost(connection, lease).await,
    }
}

pub(super) struct Pump {
    shared: Arc<Shared>,
    line: Line,
    target: Target,
    /// Everything up to here was sent on.
    after: Option<u64>,
    messages: mpsc::Sender<Vec<Message>>,
    /// What has come and was not sent on.
    batch: Vec<Message>,
    /// Who waits for the confirmation.
    confirm: Option<oneshot::Sender<Result<(), StoreError>>>,
    /// Until when the first subscription may be tried again.
    gives_up: Instant,
    backoff: Backoff,
    hidden: Hidden,
}

/// Why one subscription of the client crate is over.
enum End {
    /// The subscriber is gone.
    Unwanted,
    /// It may go on with another.
    Lost(CallError),
    /// It may not.
    Refused(StoreError),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        match stop {
            // As if the server had said that it is not there.
            Stop::Ended => Self::Lost(CallError::Client(eventstore::Error::ConnectionClosed)),
            Stop::Failed(error) => Self::Lost(error),
        }
    }
}

impl Pump {
    /// Follows `target` after `after`: hands over messages, and whether the
    /// first subscription is in force, which may be tried until `gives_up`.
    pub(super) fn new(
        shared: &Arc<Shared>,
        line: Line,
        target: Target,
        after: Option<u64>,
        (messages, confirm): (
            mpsc::Sender<Vec<Message>>,
            oneshot::Sender<Result<(), StoreError>>,
        ),
        gives_up: Instant,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            line,
            target,
            after,
            messages,
            batch: Vec::new(),
            confirm: Some(confirm),
            gives_up,
            backoff: Backoff::new(PAUSES),
            hidden: Hidden::new(),
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let error = match self.follow().await {
                End::Unwanted => return,
                End::Refused(error) => return self.fail(error).await,
                End::Lost(error) => error,
            };
            let connection = &self.shared.connection;
            let error = connection.told_apart(error, connection.ends()).await;
            let error = match self.final_error(error) {
                Ok(error) => return self.fail(error).await,
                Err(error) => error,
            };
            let pause = self.backoff.next_pause().unwrap_or(PAUSES.cap);
            if self.confirm.is_some() {
                if Instant::now() + pause >= self.gives_up {
                    return self.fail(error.into_store_error()).await;
                }
            } else {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    ?pause,
                    "a subscription was lost and will begin again"
                );
                self.batch.push(Message::Interrupted(error));
                if self.send_on().await.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = self.messages.closed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn fail(mut self, error: StoreError) {
        if let Some(confirm) = self.confirm.take() {
            drop(confirm.send(Err(error)));
        } else {
            self.batch.push(Message::Failed(error));
            // The subscriber need not hear it.
            let _ = self.send_on().await;
        }
    }

    /// What ends the whole subscription; or the error that does not.
    fn final_error(&self, error: CallError) -> Result<StoreError, CallError> {
        match (error.failure(), &self.target) {
            (Failure::Deleted, Target::Stream(stream)) => Ok(StoreError::StreamDeleted {
                stream: stream.clone(),
            }),
            (
                Failure::Unauthenticated
                | Failure::Denied
                | Failure::Unsupported
                | Failure::Refused
                | Failure::Unreadable,
                _,
            ) => Ok(error.into_store_error()),
            _ => Err(error),
        }
    }

    /// One subscription of the client crate, to its end.
    async fn follow(&mut self) -> End {
        let connection = self.shared.connection.clone();
        // The first message must come; after it there may be silence.
        let late = match self.confirm {
            Some(_) => self.gives_up,
            None => connection.ends(),
        };
        let began = Instant::now();
        let lease = match connection.lease_until(self.line, late).await {
            Ok(lease) => lease,
            Err(error) => return End::Lost(error),
        };
        let subscribing =
            self.target
                .subscribe(&lease.client, connection.credentials(), self.after);
        let subscription = subscribing.await;
        let mut watched = Watched::new(subscription, &lease, &self.shared.listener);
        let mut confirmed = false;
        loop {
            // Where much has come that is not wanted, nothing else is waited
            // for.
            tokio::task::consume_budget().await;
            let mut next = std::pin::pin!(watched.next());
            let come = next.as_mut().now_or_never();
            if (come.is_none() || self.batch.len() >= BATCH)
                && let Err(end) = self.send_on().await
            {
                return end;
            }
            let next = if let Some(next) = come {
                next
            } else {
                tokio::select! {
                    biased;
                    () = self.messages.closed() => return End::Unwanted,
                    next = next => next,
                    error = silence(&connection, &lease, (!confirmed).then_some(late)) => {
                        Err(Stop::Failed(error))
                    }
                }
            };
            let event = match next {
                Ok(event) => event,
                Err(Stop::Failed(CallError::Client(error))) if !confirmed => {
                    let error = CallError::Client(not_begun(error));
                    connection.report(&lease, &error);
                    return End::Lost(error);
                }
                Err(stop) => {
                    if let Stop::Failed(error) = &stop {
                        connection.report_step(&lease, (began, late), error);
                    }
                    return stop.into();
                }
            };
            if !confirmed {
                lease.answered();
                confirmed = true;
            }
            if let Err(end) = self.take(event) {
                return end;
            }
        }
    }

    /// Sends on what has come.
    async fn send_on(&mut self) -> Result<(), End> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let sent = self.messages.send(batch).await;
        sent.map_err(|_| End::Unwanted)
    }

    fn take(&mut self, event: SubscriptionEvent) -> Result<(), End> {
        let message = match event {
            SubscriptionEvent::Confirmed(_) => {
                if let Some(confirm) = self.confirm.take() {
                    // No task waits when the subscriber was dropped meanwhile.
                    confirm.send(Ok(())).map_err(|_| End::Unwanted)?;
                }
                return Ok(());
            }
            SubscriptionEvent::EventAppeared(event) => {
                self.backoff = Backoff::new(PAUSES);
                let event = resolved(event).map_err(End::Refused)?;
                return self.take_event(event).map_err(End::Refused);
            }
            SubscriptionEvent::Checkpoint(at) => {
                let at = at.commit;
                if self.after.is_some_and(|after| at <= after) {
                    return Ok(());
                }
                self.after = Some(at);
                Message::Checkpoint(Position::new(at))
            }
            SubscriptionEvent::CaughtUp => {
                self.backoff = Backoff::new(PAUSES);
                Message::CaughtUp
            }
            SubscriptionEvent::FellBehind => Message::FellBehind,
            _ => return Ok(()),
        };
        self.batch.push(message);
        Ok(())
    }

    /// Takes an event that was not sent on yet: when it was asked for, and
    /// what it says was deleted.
    fn take_event(&mut self, event: RecordedEvent) -> Result<(), StoreError> {
        let place = self.target.place(&event);
        if self.after.is_some_and(|after| place <= after) {
            return Ok(());
        }
        self.after = Some(place);
        self.shared.seen.saw(event.read_position().as_u64());
        let passes = self.target.passes(&event);
        let tells = self.target.tells_deletion_in(&event);
        let at = event.position;
        let deleted = if tells {
            self.hidden.deletion(&event)?
        } else {
            None
        };
        if passes {
            self.batch.push(Message::Event(event));
        }
        match deleted {
            Some(deleted) => self.batch.push(Message::Deleted(deleted)),
            None if tells && !passes => self.batch.push(Message::Passed(at)),
            None => {}
        }
        Ok(())
    }
}
