//! The task that holds the client crate's subscription, which wants to be
//! alone with the consumer that waits for events or answers them.

use super::{Delivery, Nack, PersistentError, Source, error::Group};
use crate::{
    backend::eventstoredb::{
        Shared,
        client::{Lease, Line},
        convert::resolved,
        failure::CallError,
        failure::Failure,
        follow::panic_text,
        guarded::guarded,
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

/// How long after the last answer a subscription stays when no consumer wants it any
/// more: an answer that was handed over is not on its way yet, and would be
/// taken back with it.
const LINGER: Duration = Duration::from_millis(200);

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
    /// When the last answer was handed over.
    answered: Option<Instant>,
}

/// Why one subscription of the client crate is over.
enum End {
    /// The consumer is gone.
    Unwanted,
    /// It failed, and its client with it when the error is one of those.
    Failed(CallError),
    /// It is over, and its client is well.
    Lost(CallError),
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
            gives_up: shared.connection.ends(),
            backoff: Backoff::new(PAUSES),
            session: 0,
            answered: None,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let error = match self.consume().await {
                End::Unwanted => return,
                End::Failed(error) | End::Lost(error) => error,
            };
            let connection = &self.shared.connection;
            let error = connection.told_apart(error, connection.ends()).await;
            let lost = matches!(error.failure(), Failure::Lost | Failure::Exhausted);
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
                () = unwanted(&mut self.answers) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn fail(mut self, error: CallError) {
        // An answer must not wait now: the server takes none any more, and
        // there is no room for the error until the next event is asked for.
        self.answers.close();
        let error = self.group.error(error);
        match self.confirm.take() {
            Some(confirm) => drop(confirm.send(Err(error))),
            None => drop(self.deliver.send(Err(error)).await),
        }
    }

    /// One subscription of the client crate, to its end.
    async fn consume(&mut self) -> End {
        let began = Instant::now();
        let ends = match self.confirm {
            Some(_) => self.gives_up,
            None => self.shared.connection.ends(),
        };
        let opened = tokio::select! {
            biased;
            () = unwanted(&mut self.answers) => return End::Unwanted,
            opened = open(&self.shared, &self.group, self.buffer, ends) => opened,
        };
        let (lease, mut subscription) = match opened {
            Ok(opened) => opened,
            Err(error) => return End::Failed(error),
        };
        self.session += 1;
        let end = self.exchange(&mut subscription, ends).await;
        if let End::Failed(error) = &end {
            let connection = &self.shared.connection;
            match self.confirm {
                Some(_) => connection.report_step(&lease, (began, ends), error),
                None => connection.report(&lease, error),
            }
        }
        end
    }

    /// Carries events one way and answers the other; the confirmation must come
    /// before `ends`.
    async fn exchange(&mut self, subscription: &mut PersistentSubscription, ends: Instant) -> End {
        let mut confirmed = false;
        let mut waiting = None;
        let deliver = self.deliver.clone();
        loop {
            tokio::select! {
                biased;
                answer = self.answers.recv() => match answer {
                    None => return self.leave(subscription).await,
                    Some(answer) => {
                        if answer.session == self.session
                            && let Err(error) = self.send(subscription, answer).await
                        {
                            return End::Failed(error);
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
                    Err(end) => return end,
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
                        waiting = match self.take(subscription, event, retry_count).await {
                            Ok(delivery) => delivery,
                            Err(error) => return End::Failed(error),
                        };
                    }
                },
                () = tokio::time::sleep_until(ends), if !confirmed => {
                    return End::Failed(self.shared.connection.late());
                }
            }
        }
    }

    /// Sends the answers that were given before the handle was dropped.
    async fn leave(&mut self, subscription: &mut PersistentSubscription) -> End {
        let given_up = self.shared.connection.ends();
        let sending = async {
            while let Some(answer) = self.answers.recv().await {
                if answer.session == self.session {
                    self.send(subscription, answer).await?;
                }
            }
            Ok::<_, CallError>(())
        };
        let sent = tokio::time::timeout_at(given_up, sending).await;
        if matches!(sent, Ok(Ok(())))
            && let Some(answered) = self.answered
        {
            tokio::time::sleep_until(answered + LINGER).await;
        }
        End::Unwanted
    }

    /// The delivery; nothing when the server was answered at once.
    async fn take(
        &mut self,
        subscription: &mut PersistentSubscription,
        event: ResolvedEvent,
        retry_count: usize,
    ) -> Result<Option<Delivery>, CallError> {
        // A link is what the group reads, where there is one.
        let Some(id) = event.link.as_ref().or(event.event.as_ref()) else {
            return Ok(None);
        };
        let id = id.id;
        let session = self.session;
        let answer = |nack| Answer { id, session, nack };
        let points_nowhere = event.event.is_none();
        match resolved(event) {
            Ok(link) if points_nowhere => {
                self.shared.count_unresolved(&[link]);
                self.send(subscription, answer(None)).await?;
                Ok(None)
            }
            Ok(event) => Ok(Some(Delivery {
                event,
                retry_count: u32::try_from(retry_count).unwrap_or(u32::MAX),
                id,
                session,
            })),
            // Were it to end the consumer, it would end the next one too.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    group = self.group.name,
                    "an event that cannot be read is parked"
                );
                let park = (Nack::Park, error.to_string());
                self.send(subscription, answer(Some(park))).await?;
                Ok(None)
            }
        }
    }

    /// An answer that the subscription does not take any more is left out: its
    /// next message says why, and the server sends the event again. One that
    /// is not taken in time ends the subscription: the server may wait for it
    /// for ever.
    async fn send(
        &mut self,
        subscription: &mut PersistentSubscription,
        answer: Answer,
    ) -> Result<(), CallError> {
        let ends = self.shared.connection.ends();
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
        match tokio::time::timeout_at(ends, answered).await {
            Ok(Ok(())) => {
                self.answered = Some(Instant::now());
                Ok(())
            }
            Ok(Err(_)) => {
                tracing::debug!(id = %answer.id, "an answer to a group was not sent");
                Ok(())
            }
            Err(_) => Err(self.shared.connection.late()),
        }
    }
}

/// Waits until the consumer is gone; answers meanwhile are to what came over
/// a connection that is lost, and are left out.
async fn unwanted(answers: &mut mpsc::Receiver<Answer>) {
    while answers.recv().await.is_some() {}
}

/// Subscribes before `ends`; the client is to be kept as long as the
/// subscription.
async fn open(
    shared: &Shared,
    group: &Group,
    buffer: u32,
    ends: Instant,
) -> Result<(Lease, PersistentSubscription), CallError> {
    let connection = &shared.connection;
    let buffer = usize::try_from(buffer).unwrap_or(usize::MAX);
    let mut options = SubscribeToPersistentSubscriptionOptions::default().buffer_size(buffer);
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let Group { source, name } = group.clone();
    let lease = connection.lease_until(Line::Subscriptions, ends).await?;
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
    let opened = guarded(connection, &lease, ends, open).await?;
    Ok((lease, opened))
}

/// The next message.
async fn next(
    subscription: &mut PersistentSubscription,
) -> Result<PersistentSubscriptionEvent, End> {
    let next = AssertUnwindSafe(subscription.next_subscription_event());
    match next.catch_unwind().await {
        Ok(result) => result.map_err(|error| End::Failed(CallError::Client(error))),
        // The crate panics when the server ends the subscription in peace. It
        // does so here, and not on the task that its client lives by.
        Err(panic) => Err(End::Lost(CallError::Panicked(panic_text(&*panic)))),
    }
}
