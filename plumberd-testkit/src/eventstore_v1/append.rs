use super::{
    Defect,
    engine::{Answered, Engine, Keys},
    event,
    fingerprint::fingerprint,
    proto::{AppendRequest, AppendResponse, ConcurrencyErrorDetail, EventData, EventMetadata},
    status,
};
use plumberd::{
    event::NewEvent,
    store::{EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamName},
};
use tonic::Status;

/// Appends a batch; the checks are in the order in which servers make them.
pub(super) async fn append(
    engine: &Engine,
    request: AppendRequest,
) -> Result<AppendResponse, Status> {
    let events = checked(&request)?;
    let stream = StreamName::raw(request.aggregate_id.as_str())
        .map_err(|error| Status::invalid_argument(format!("aggregate_id: {error}")))?;
    let tenant = engine.tenant(&request.tenant_id)?;
    let mut keys = engine.kept.keys.lock().await;
    let key_first = !engine.has(Defect::ConflictBeforeKey);
    if key_first && let Some(response) = answered(&keys, &request)? {
        return Ok(response);
    }
    let head = Head::of(&*tenant, &stream).await?;
    if head.nonce != request.expected_aggregate_nonce {
        let detail = ConcurrencyErrorDetail {
            tenant_id: request.tenant_id.clone(),
            aggregate_id: request.aggregate_id.clone(),
            actual_last_aggregate_nonce: head.nonce,
            actual_last_global_nonce: head.global_nonce,
        };
        return Err(status::conflict(&detail, engine.has(Defect::StatusDetail)));
    }
    check_nonces(&events, head.nonce)?;
    if !key_first && let Some(response) = answered(&keys, &request)? {
        return Ok(response);
    }
    let fresh_ids = engine.has(Defect::TakesKnownIds);
    let batch: Vec<NewEvent> = events
        .into_iter()
        .zip(&request.events)
        .map(|(meta, event)| event::stored(meta, event.payload.clone(), fresh_ids))
        .collect::<Result<_, _>>()?;
    let expected = ExpectedRevision::from(head.nonce.checked_sub(1).map(Revision::new));
    let outcome = match tenant.append(&stream, expected, batch).await {
        Ok(outcome) if outcome.is_already_applied() => return Err(status::taken()),
        Ok(outcome) => outcome,
        Err(StoreError::Idempotency { .. }) => return Err(status::taken()),
        Err(error) => return Err(status::internal(&error)),
    };
    let response = AppendResponse {
        last_global_nonce: outcome.position().as_u64(),
        last_aggregate_nonce: outcome.revision().as_u64() + 1,
    };
    if let Some(key) = key(&request) {
        let events = fingerprint(&request.events);
        keys.insert(key, Answered { events, response });
    }
    Ok(response)
}

/// Where a stream ends; nonces count from 1.
struct Head {
    nonce: u64,
    global_nonce: u64,
}

impl Head {
    async fn of(tenant: &dyn EventStore, stream: &StreamName) -> Result<Self, Status> {
        let last = tenant
            .read_stream(stream, ReadOptions::backwards().limit(1))
            .next_event()
            .await
            .map_err(|error| status::internal(&error))?;
        Ok(Self {
            nonce: last.as_ref().map_or(0, event::nonce),
            global_nonce: last.map_or(0, |last| last.position.as_u64()),
        })
    }
}

/// The metadata of each event, with what the request says of all of them.
fn checked(request: &AppendRequest) -> Result<Vec<EventMetadata>, Status> {
    let invalid = |what: String| Err(Status::invalid_argument(what));
    if request.tenant_id.is_empty() {
        return Err(Status::unauthenticated(
            "tenant_id is required on AppendRequest",
        ));
    }
    if request.events.is_empty() {
        return invalid("AppendRequest.events must not be empty".into());
    }
    request
        .events
        .iter()
        .map(|event| checked_event(request, event))
        .collect()
}

fn checked_event(request: &AppendRequest, event: &EventData) -> Result<EventMetadata, Status> {
    let invalid = |what: String| Err(Status::invalid_argument(what));
    let Some(mut meta) = event.meta.clone() else {
        return invalid("event.metadata is required for optimistic concurrency".into());
    };
    if meta.event_id.is_empty() {
        return invalid("event_id must be provided (UUID/ULID recommended)".into());
    }
    if meta.aggregate_nonce == 0 {
        return invalid("aggregate_nonce must be >= 1 for all events".into());
    }
    for (name, field, wanted) in [
        (
            "aggregate_id",
            &mut meta.aggregate_id,
            &request.aggregate_id,
        ),
        (
            "aggregate_type",
            &mut meta.aggregate_type,
            &request.aggregate_type,
        ),
    ] {
        if field.is_empty() {
            field.clone_from(wanted);
        } else if field != wanted {
            return invalid(format!(
                "event {name} '{field}' must match request {name} '{wanted}'"
            ));
        }
    }
    if meta.tenant_id.is_empty() {
        meta.tenant_id.clone_from(&request.tenant_id);
    } else if meta.tenant_id != request.tenant_id {
        return Err(Status::permission_denied(format!(
            "event tenant_id '{}' does not match request tenant_id '{}'",
            meta.tenant_id, request.tenant_id
        )));
    }
    Ok(meta)
}

fn check_nonces(events: &[EventMetadata], head: u64) -> Result<(), Status> {
    for ((index, meta), expected) in events.iter().enumerate().zip(head + 1..) {
        if meta.aggregate_nonce != expected {
            return Err(Status::invalid_argument(format!(
                "event {index} aggregate_nonce {} must equal expected {expected}",
                meta.aggregate_nonce
            )));
        }
    }
    Ok(())
}

fn key(request: &AppendRequest) -> Option<(String, String, String)> {
    (!request.idempotency_key.is_empty()).then(|| {
        (
            request.tenant_id.clone(),
            request.aggregate_id.clone(),
            request.idempotency_key.clone(),
        )
    })
}

/// What was answered to this request before.
fn answered(keys: &Keys, request: &AppendRequest) -> Result<Option<AppendResponse>, Status> {
    let Some(answered) = key(request).and_then(|key| keys.get(&key)) else {
        return Ok(None);
    };
    if answered.events == fingerprint(&request.events) {
        return Ok(Some(answered.response));
    }
    Err(Status::already_exists(format!(
        "idempotency key '{}' already used with different payload",
        request.idempotency_key
    )))
}
