use super::{
    ATTEMPT_HEADER, EventStoreV1, MAX_MESSAGE,
    aggregate_type::aggregate_type,
    convert::{Sender, idempotency_key},
    error::{CallError, Failure, corrupt, no_runtime, unsupported},
    find::{BatchLookup, Hint},
    proto::AppendResponse,
    read::Head,
    wire::{AppendRequest, EventData, Header},
};
use crate::{
    event::{NewEvent, RecordedEvent, new_event_id},
    retry::{Backoff, RetryPolicy},
    store::{AppendOutcome, IdempotencyReason, Limits, StoreError, toolkit::rules},
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
    timer::sleep_real,
};
use chrono::{DateTime, Utc};
use prost::Message;
use std::time::Duration;
use uuid::Uuid;

/// How often an append that expects no revision is proposed anew, when others
/// append to the stream all the time.
const PROPOSALS: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(100)
    .with_pauses(Duration::from_millis(1), Duration::from_millis(50));

/// One append of a batch, proposed as often as it takes.
struct Attempt<'a> {
    store: &'a EventStoreV1,
    tenant: &'a TenantId,
    stream: &'a StreamName,
    expected: ExpectedRevision,
    events: &'a [NewEvent],
    /// What tells this append from a repetition of it, and when it was made:
    /// the same in every proposal.
    id: String,
    now: DateTime<Utc>,
    /// How many proposals came to nothing on the way.
    failures: usize,
    /// Whether a proposal may have been carried out whose answer is lost.
    unsure: bool,
}

/// What became of a proposal.
enum Next {
    Done(AppendOutcome),
    /// The stream ends there: propose the batch after it.
    At(u64),
    /// Nothing is known to have changed: propose it again.
    Again(CallError),
}

impl EventStoreV1 {
    pub(super) async fn append_batch(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: &[NewEvent],
        limits: &Limits,
    ) -> Result<AppendOutcome, StoreError> {
        let tenant = self.tenant()?;
        check_writable(stream, events)?;
        rules::check_batch(stream, events, limits)?;
        let mut attempt = Attempt::new(self, tenant, stream, expected, events);
        match expected {
            ExpectedRevision::NoStream => attempt.outcome(0).await,
            ExpectedRevision::Exact(revision) => attempt.outcome(revision.next().as_u64()).await,
            ExpectedRevision::Any | ExpectedRevision::StreamExists => {
                let _turn = self.locks.of(tenant, stream).lock().await;
                let head = self.stream_head(tenant, stream).await?;
                attempt.outcome(head.nonce).await
            }
        }
    }
}

impl<'a> Attempt<'a> {
    fn new(
        store: &'a EventStoreV1,
        tenant: &'a TenantId,
        stream: &'a StreamName,
        expected: ExpectedRevision,
        events: &'a [NewEvent],
    ) -> Self {
        Self {
            id: new_event_id().simple().to_string(),
            now: store.connection.config().clock.now(),
            store,
            tenant,
            stream,
            expected,
            events,
            failures: 0,
            unsure: false,
        }
    }

    /// The request that proposes the batch after the nonce `head`.
    fn request(&self, head: u64) -> Result<AppendRequest, StoreError> {
        let mut sender = Sender::new(self.store.connection.config(), self.now);
        let mut events: Vec<EventData> = (head + 1..)
            .zip(self.events)
            .map(|(nonce, event)| sender.event(event, nonce))
            .collect();
        // A server answers a repeated request as it answered the first, and the
        // outcome would not tell: so no two appends send the same request.
        if let Some(meta) = events.first_mut().and_then(|first| first.meta.as_mut()) {
            let attempt = Header::new(ATTEMPT_HEADER, self.id.clone());
            meta.headers.push(attempt);
        }
        let request = AppendRequest {
            tenant_id: self.tenant.as_str().to_owned(),
            aggregate_id: self.stream.as_str().to_owned(),
            aggregate_type: aggregate_type(self.stream).to_owned(),
            expected_aggregate_nonce: head,
            idempotency_key: idempotency_key(self.events),
            events,
        };
        if self.may_be_too_large() {
            check_size(&request)?;
        }
        Ok(request)
    }

    /// Whether the request may be larger than a message: metadata may go twice,
    /// and an event has some texts of limited length besides.
    fn may_be_too_large(&self) -> bool {
        const FIELDS: usize = 2 << 10;
        let actor = self.store.connection.config().actor.as_ref();
        let fields = FIELDS + actor.map_or(0, String::len);
        let sizes = self.events.iter().map(|event| {
            fields
                .saturating_add(event.data().len())
                .saturating_add(event.metadata().as_bytes().len().saturating_mul(2))
                .saturating_add(event.content_type().as_str().len())
        });
        sizes.fold(FIELDS, usize::saturating_add) > MAX_MESSAGE
    }

    /// Proposes the batch after the nonce `head`, until it is known what became
    /// of it. An error that promises that nothing was written must not come
    /// after a proposal whose answer is lost.
    async fn outcome(&mut self, head: u64) -> Result<AppendOutcome, StoreError> {
        let error = match self.run(head).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        let promises = matches!(
            error,
            StoreError::Backend { .. }
                | StoreError::Unauthenticated { .. }
                | StoreError::Forbidden { .. }
                | StoreError::Unavailable { .. }
                | StoreError::Unsupported { .. }
                | StoreError::Corrupt { .. }
                | StoreError::NoRuntime { .. }
        );
        if self.unsure && promises {
            return Err(StoreError::OutcomeUnknown {
                backend: super::BACKEND,
                stream: self.stream.clone(),
                source: error.into(),
            });
        }
        Err(error)
    }

    async fn run(&mut self, mut head: u64) -> Result<AppendOutcome, StoreError> {
        let mut proposals = Backoff::new(PROPOSALS);
        let mut retries = Backoff::new(self.store.connection.config().retry);
        loop {
            if self.expected == ExpectedRevision::StreamExists && head == 0 {
                return Err(self.conflict(0));
            }
            let (error, pause) = match self.propose(head).await? {
                Next::Done(outcome) => return Ok(outcome),
                Next::At(nonce) => {
                    head = nonce;
                    (None, proposals.next_pause())
                }
                Next::Again(error) => {
                    self.failures += 1;
                    (Some(error), retries.next_pause())
                }
            };
            match (pause, error) {
                (Some(pause), _) => sleep_real(pause).await,
                (None, Some(error)) => return Err(error.into_unavailable()),
                (None, None) => {
                    return Err(StoreError::Unavailable {
                        backend: super::BACKEND,
                        source: "others append to the stream all the time".into(),
                    });
                }
            }
        }
    }

    async fn propose(&mut self, head: u64) -> Result<Next, StoreError> {
        let count = self.events.len() as u64;
        let fits = head.checked_add(count);
        let Some(last) = fits.filter(|last| *last < Revision::MAX.as_u64()) else {
            // No stream is so long, so what was expected of it is wrong.
            return self.refused(Hint::default()).await;
        };
        let connection = &self.store.connection;
        let request = connection.request(self.request(head)?);
        let answer = match connection.client(self.failures) {
            Ok((client, _under_way)) => connection.call(client.append(request)).await,
            Err(error) => Err(error),
        };
        let error = match answer {
            Ok(answer) => {
                let outcome = written(head, last, answer);
                // Something was written, whatever the server says of it.
                self.unsure |= outcome.is_err();
                return outcome.map(Next::Done);
            }
            Err(error) => error,
        };
        match error.failure() {
            Failure::NotSent | Failure::Busy => Ok(Next::Again(error)),
            Failure::Lost | Failure::Failed => {
                self.unsure = true;
                Ok(Next::Again(error))
            }
            // The key tells a batch that is stored, once the nonces are right.
            Failure::Aborted(Some(detail)) if self.emulated() => Ok(Next::At(detail.last_nonce)),
            Failure::Aborted(Some(detail)) => {
                let nonce = detail.last_nonce;
                let hint = Hint {
                    head: Some(Head { nonce }),
                    ..self.lost_at(head)
                };
                self.refused(hint).await
            }
            Failure::Aborted(None) => self.taken(head, error).await,
            Failure::KeyKnown => {
                let looked = self.look(self.lost_at(head)).await?;
                // Otherwise another program used the key, for other events.
                let applied = looked.applied.map(Next::Done);
                applied.ok_or_else(|| error.into_refusal())
            }
            Failure::Unauthenticated
            | Failure::Forbidden
            | Failure::Unsupported
            | Failure::Refused => Err(error.into_refusal()),
            Failure::NoRuntime => Err(no_runtime()),
        }
    }

    /// Whether the server has no such expectation, so that it is made of reads.
    fn emulated(&self) -> bool {
        matches!(
            self.expected,
            ExpectedRevision::Any | ExpectedRevision::StreamExists
        )
    }

    /// An attempt whose answer is lost wrote the batch where it was expected to
    /// stand; where nothing is expected it may stand anywhere.
    fn lost_at(&self, head: u64) -> Hint {
        Hint {
            after: Some(head).filter(|_| !self.emulated()),
            head: None,
        }
    }

    async fn look(&self, hint: Hint) -> Result<BatchLookup, StoreError> {
        let store = self.store;
        store
            .look(self.tenant, self.stream, self.events, hint)
            .await
    }

    /// The batch is stored already, or its expectation does not hold.
    async fn refused(&self, hint: Hint) -> Result<Next, StoreError> {
        let looked = self.look(hint).await?;
        match looked.applied {
            Some(outcome) => Ok(Next::Done(outcome)),
            None => Err(self.conflict(looked.head.nonce)),
        }
    }

    /// An id of the batch is stored, or a number of it was taken meanwhile: a
    /// server does not say which.
    async fn taken(&self, head: u64, error: CallError) -> Result<Next, StoreError> {
        let looked = self.look(self.lost_at(head)).await?;
        if let Some(outcome) = looked.applied {
            return Ok(Next::Done(outcome));
        }
        if looked.head.nonce != head {
            return if self.emulated() {
                Ok(Next::At(looked.head.nonce))
            } else {
                Err(self.conflict(looked.head.nonce))
            };
        }
        let ids: Vec<Uuid> = self.events.iter().map(NewEvent::id).collect();
        match self.store.find_elsewhere(self.tenant, &ids).await? {
            Some(event_id) => Err(StoreError::Idempotency {
                stream: self.stream.clone(),
                event_id,
                reason: IdempotencyReason::OtherStream,
            }),
            None => Ok(Next::Again(error)),
        }
    }

    fn conflict(&self, nonce: u64) -> StoreError {
        StoreError::Conflict {
            stream: self.stream.clone(),
            expected: self.expected,
            actual: nonce.checked_sub(1).map(Revision::new),
        }
    }
}

/// The outcome of a batch that stands after the nonce `head`.
fn written(head: u64, last: u64, answer: AppendResponse) -> Result<AppendOutcome, StoreError> {
    if answer.last_aggregate_nonce != last {
        return Err(corrupt(format!(
            "an append of the nonces {} to {last} was answered with {}",
            head + 1,
            answer.last_aggregate_nonce
        )));
    }
    Ok(AppendOutcome::written(
        Revision::new(head),
        Revision::new(last - 1),
        Position::new(answer.last_global_nonce),
    ))
}

fn check_size(request: &AppendRequest) -> Result<(), StoreError> {
    let size = request.encoded_len();
    if size <= MAX_MESSAGE {
        return Ok(());
    }
    Err(StoreError::LimitExceeded {
        what: "the size in bytes of the append as it is sent".into(),
        size: size as u64,
        limit: MAX_MESSAGE as u64,
    })
}

fn check_writable(stream: &StreamName, events: &[NewEvent]) -> Result<(), StoreError> {
    if let Some(of) = stream.metadata_of() {
        return Err(unsupported(format!("keep metadata for the stream `{of}`")));
    }
    if events
        .iter()
        .any(|event| *event.event_type() == RecordedEvent::LINK)
    {
        return Err(unsupported("keep links"));
    }
    Ok(())
}
