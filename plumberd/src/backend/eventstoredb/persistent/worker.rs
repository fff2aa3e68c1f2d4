//! The task that holds the client crate's subscription, which wants to be
//! alone with whoever waits for events or answers them.

use super::{Delivery, Nack, PersistentError, Source, error::Group};
use crate::{
    backend::eventstoredb::{
        Shared, client::Lease, convert::resolved, error::CallError, error::Failure,
        guarded::guarded, subscribe::panic_text,
    },
    retry::{Backoff, RetryPolicy},
};
use eventstore::{
    NakAction, PersistentSubscription, PersistentSubscriptionEvent, ResolvedEvent,
    SubscribeToPersistentSubscriptionOptions,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use uuid::Uuid;

/// As of other subscriptions: none gives up, and not all come back at once.
const PAUSES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(5));

/// What the consumer says of a delivery; no `nack` is an acknowledgement.
pub(super) struct Answer {
    pub(super) id: Uuid,
    pub(super) session: u64,
    pub(super) nack: Option<(Nack, String)>,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    group: Group,
    buffer: u32,
    deliver: mpsc::Sender<Result<Delivery, PersistentError>>,
    answers: mpsc::Receiver<Answer>,
    /// Who waits for the confirmation.
    confirm: Option<oneshot::Sender<Result<(), PersistentError>>>,
    /// Until when the first subscription may be tried again.
    gives_up: Instant,
    backoff: Backoff,
    /// Counts the connections.
    session: u64,
}

/// Why one subscription of the client crate is over.
enum End {
    /// Nobody listens any more.
    Unwanted,
    /// It failed.
    Failed(CallError),
}

impl Worker {
    pub(super) fn new(
        shared: &Arc<Shared>,
        group: Group,
        buffer: u32,
        deliver: mpsc::Sender<Result<Delivery, PersistentError>>,
        answers: mpsc::Receiver<Answer>,
        confirm: oneshot::Sender<Result<(), PersistentError>>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            group,
            buffer,
            deliver,
            answers,
            confirm: Some(confirm),
            gives_up: Instant::now() + shared.connection.deadline(),
            backoff: Backoff::new(PAUSES),
            session: 0,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let error = match self.consume().await {
                End::Unwanted => return,
                End::Failed(error) => error,
            };
            let lost = error.failure() == Failure::Lost;
            let pause = self.backoff.next_pause().unwrap_or(PAUSES.cap);
            let late = self.confirm.is_some() && Instant::now() + pause >= self.gives_up;
            if !lost || late {
                return self.fail(error).await;
            }
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                ?pause,
                group = self.group.name,
                "a persistent subscription was lost and will begin again"
            );
            tokio::select! {
                () = self.deliver.closed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn fail(mut self, error: CallError) {
        let error = self.group.error(error);
        match self.confirm.take() {
            Some(confirm) => drop(confirm.send(Err(error))),
            None => drop(self.deliver.send(Err(error)).await),
        }
    }

    /// One subscription of the client crate, to its end.
    async fn consume(&mut self) -> End {
        let lease = match self.shared.connection.lease().await {
            Ok(lease) => lease,
            Err(error) => return End::Failed(error),
        };
        let opened = tokio::select! {
            biased;
            () = self.deliver.closed() => return End::Unwanted,
            opened = self.open(&lease) => opened,
        };
        let mut subscription = match opened {
            Ok(subscription) => subscription,
            Err(error) => return End::Failed(error),
        };
        self.session += 1;
        let end = self.exchange(&mut subscription).await;
        if let End::Failed(error) = &end {
            self.shared.connection.report(lease.generation, error);
        }
        end
    }

    async fn open(&self, lease: &Lease) -> Result<PersistentSubscription, CallError> {
        let connection = &self.shared.connection;
        let buffer = usize::try_from(self.buffer).unwrap_or(usize::MAX);
        let mut options = SubscribeToPersistentSubscriptionOptions::default().buffer_size(buffer);
        if let Some(credentials) = connection.credentials() {
            options = options.authenticated(credentials);
        }
        let Group { source, name } = self.group.clone();
        let client = lease.client.clone();
        let open = async move {
            match source {
                Source::Stream(stream) => {
                    let stream = stream.to_string();
                    client
                        .subscribe_to_persistent_subscription(stream, name, &options)
                        .await
                }
                Source::All => {
                    client
                        .subscribe_to_persistent_subscription_to_all(name, &options)
                        .await
                }
            }
        };
        guarded(connection, lease, connection.ends(), open).await
    }

    /// Carries events one way and answers the other.
    async fn exchange(&mut self, subscription: &mut PersistentSubscription) -> End {
        let deadline = self.shared.connection.deadline();
        let begun = Instant::now();
        let mut confirmed = false;
        let mut waiting = None;
        let deliver = self.deliver.clone();
        loop {
            tokio::select! {
                biased;
                answer = self.answers.recv() => match answer {
                    // The handle was dropped; its answers were sent.
                    None => return End::Unwanted,
                    Some(answer) => {
                        if answer.session == self.session {
                            self.send(subscription, answer).await;
                        }
                    }
                },
                permit = deliver.reserve(), if waiting.is_some() => match permit {
                    Err(_) => return self.leave(subscription).await,
                    Ok(permit) => {
                        if let Some(delivery) = waiting.take() {
                            permit.send(Ok(delivery));
                        }
                    }
                },
                next = next(subscription), if waiting.is_none() => match next {
                    Err(error) => return End::Failed(error),
                    Ok(PersistentSubscriptionEvent::Confirmed(_)) => {
                        confirmed = true;
                        if let Some(confirm) = self.confirm.take()
                            && confirm.send(Ok(())).is_err()
                        {
                            return End::Unwanted;
                        }
                    }
                    Ok(PersistentSubscriptionEvent::EventAppeared { retry_count, event }) => {
                        self.backoff = Backoff::new(PAUSES);
                        waiting = self.take(subscription, event, retry_count).await;
                    }
                },
                () = tokio::time::sleep_until(begun + deadline), if !confirmed => {
                    return End::Failed(CallError::TimedOut(deadline));
                }
            }
        }
    }

    /// Sends the answers that were given before the handle was dropped.
    async fn leave(&mut self, subscription: &mut PersistentSubscription) -> End {
        while let Some(answer) = self.answers.recv().await {
            if answer.session == self.session {
                self.send(subscription, answer).await;
            }
        }
        End::Unwanted
    }

    /// The delivery; nothing when the server was answered at once.
    async fn take(
        &self,
        subscription: &mut PersistentSubscription,
        event: ResolvedEvent,
        retry_count: usize,
    ) -> Option<Delivery> {
        // A link is what the group reads, where there is one.
        let id = event.link.as_ref().or(event.event.as_ref())?.id;
        let answer = |nack| Answer {
            id,
            session: self.session,
            nack,
        };
        let points_nowhere = event.event.is_none();
        match resolved(event) {
            Ok(link) if points_nowhere => {
                self.shared.count_unresolved(&[link]);
                self.send(subscription, answer(None)).await;
                None
            }
            Ok(event) => Some(Delivery {
                event,
                retry_count: u32::try_from(retry_count).unwrap_or(u32::MAX),
                id,
                session: self.session,
            }),
            // Were it to end the consumer, it would end the next one too.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    group = self.group.name,
                    "an event that cannot be read is parked"
                );
                let park = (Nack::Park, error.to_string());
                self.send(subscription, answer(Some(park))).await;
                None
            }
        }
    }

    /// An answer that cannot be sent is left out: the subscription says why as
    /// its next message, and the server sends the event again.
    async fn send(&self, subscription: &mut PersistentSubscription, answer: Answer) {
        let ids = [answer.id];
        let answered = async {
            match answer.nack {
                None => subscription.ack_ids(ids).await,
                Some((nack, reason)) => {
                    let action = match nack {
                        Nack::Park => NakAction::Park,
                        Nack::Retry => NakAction::Retry,
                        Nack::Skip => NakAction::Skip,
                        Nack::Stop => NakAction::Stop,
                    };
                    subscription.nack_ids(ids, action, reason).await
                }
            }
        };
        let sent = tokio::time::timeout(self.shared.connection.deadline(), answered).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!(id = %answer.id, "an answer to a group was not sent");
        }
    }
}

/// The next message. The crate panics when the server ends the subscription
/// in peace.
async fn next(
    subscription: &mut PersistentSubscription,
) -> Result<PersistentSubscriptionEvent, CallError> {
    let next = AssertUnwindSafe(subscription.next_subscription_event());
    match next.catch_unwind().await {
        Ok(result) => result.map_err(CallError::Client),
        Err(panic) => Err(CallError::Panicked(panic_text(&*panic))),
    }
}
