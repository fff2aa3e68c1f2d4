use super::{ServerError, Source, retry::PATIENT};
use crate::{
    codec::{CodecError, JsonObject},
    command::retention,
    context::MessageContext,
    event::{EventType, InvalidEventType, NewEvent, RawMetadata, RecordedEvent, new_event_id},
    retry::Backoff,
    store::{AppendOutcome, EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName},
    timer::sleep,
};
use futures_util::{FutureExt, future::BoxFuture};
use std::sync::Arc;

/// Up to where every command was answered, in a stream of the store.
///
/// Each one is written behind the one before it, so that of two servers that
/// keep checkpoints in one stream the older finds that it is replaced.
pub(super) struct Checkpoint {
    store: Arc<dyn EventStore>,
    stream: StreamName,
    event_type: EventType,
    unit: &'static str,
    /// The last one that is known to be there.
    last: Option<Revision>,
    /// The one after it, which is not known to be there.
    next: Option<Save>,
}

/// A checkpoint on its way. Whether it is there is known when it is written
/// again under the same id.
struct Save {
    event: NewEvent,
    after: Option<u64>,
}

/// What comes of a [`Checkpoint::save`], for [`Checkpoint::saved`].
pub(super) type Saved = Result<AppendOutcome, StoreError>;

const EVENT_TYPE: &str = "CommandsAnswered";

/// How many times a start asks whether its checkpoint is there: half a minute.
const IN_DOUBT: u32 = 18;

/// Only the last one counts; some more for an operator who looks.
const KEPT: u64 = 8;

impl Checkpoint {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        stream: StreamName,
        source: &Source,
    ) -> Result<Self, InvalidEventType> {
        Ok(Self {
            store,
            stream,
            event_type: EventType::from_static(EVENT_TYPE)?,
            unit: source.unit(),
            last: None,
            next: None,
        })
    }

    pub(super) const fn stream(&self) -> &StreamName {
        &self.stream
    }

    pub(super) const fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// Lets the stream forget old ones.
    pub(super) async fn bound(&self) -> Result<(), StoreError> {
        let few = StreamMetadata {
            max_count: Some(KEPT),
            ..StreamMetadata::default()
        };
        retention::unless_set(&self.store, &self.stream, &few).await
    }

    /// The last one: `None` when there never was any or they were deleted,
    /// `Some(None)` for the beginning.
    pub(super) async fn load(&mut self) -> Result<Option<Option<u64>>, ServerError> {
        (self.last, self.next) = (None, None);
        let mut last = self.newest().await?;
        if last.is_none() {
            if self.store.stream_info(&self.stream).await?.head().is_none() {
                return Ok(None);
            }
            // Another server may just have written the first one.
            last = self.newest().await?;
        }
        let Some(event) = last else {
            return Err(ServerError::Checkpoint {
                stream: self.stream.clone(),
                source: CodecError::new("the stream's metadata hides every checkpoint"),
            });
        };
        self.last = Some(event.revision);
        let after = JsonObject::parse(&event.data)
            .and_then(|json| json.get_as::<Option<u64>>(self.unit))
            .and_then(|after| {
                after.ok_or_else(|| CodecError::new(format!("there is no `{}`", self.unit)))
            });
        match after {
            Ok(after) => Ok(Some(after)),
            Err(source) => Err(ServerError::Checkpoint {
                stream: self.stream.clone(),
                source,
            }),
        }
    }

    async fn newest(&self) -> Result<Option<RecordedEvent>, StoreError> {
        let newest = ReadOptions::backwards().limit(1);
        let mut read = self.store.read_stream(&self.stream, newest);
        read.next_event().await
    }

    /// Writes the one on its way, or else one for this place.
    pub(super) fn save(&mut self, after: Option<u64>) -> BoxFuture<'static, Saved> {
        let event = match &self.next {
            Some(save) => save.event.clone(),
            None => self.begin(after),
        };
        let expected = self
            .last
            .map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        let (store, stream) = (Arc::clone(&self.store), self.stream.clone());
        async move { store.append(&stream, expected, vec![event]).await }.boxed()
    }

    fn begin(&mut self, after: Option<u64>) -> NewEvent {
        let number = after.map_or_else(|| "null".to_owned(), |after| after.to_string());
        let data = format!("{{\"{}\":{number}}}", self.unit);
        let id = new_event_id();
        // Of no command in particular.
        let metadata = RawMetadata::for_event(id, 1, &MessageContext::new());
        let event = NewEvent::new(id, self.event_type.clone(), data).with_raw_metadata(metadata);
        self.next = Some(Save {
            event: event.clone(),
            after,
        });
        event
    }

    /// Writes the first one of a server. It replaces the server before, so a
    /// start that fails must not leave it there: whether it is there is asked
    /// again under its id.
    pub(super) async fn begin_at(&mut self, after: Option<u64>) -> Result<Position, ServerError> {
        let mut backoff = Backoff::new(PATIENT.with_retries(IN_DOUBT));
        let mut in_doubt = false;
        loop {
            let error = match self.save(after).await {
                Ok(outcome) => {
                    let position = outcome.position();
                    self.saved(Ok(outcome))?;
                    return Ok(position);
                }
                Err(error) => error,
            };
            in_doubt |= matches!(error, StoreError::OutcomeUnknown { .. });
            let told = matches!(
                error,
                StoreError::Conflict { .. } | StoreError::Closed { .. }
            );
            match backoff.next_pause() {
                Some(pause) if in_doubt && !told => {
                    tracing::warn!(stream = %self.stream, %error, "asking for the checkpoint again");
                    sleep(pause).await;
                }
                _ => return Err(refused(error)),
            }
        }
    }

    /// Takes in what came of a save: gives the place that is kept now.
    pub(super) fn saved(&mut self, saved: Saved) -> Result<Option<u64>, ServerError> {
        match saved {
            Ok(outcome) => {
                self.last = Some(outcome.revision());
                Ok(self.next.take().and_then(|save| save.after))
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Whether the event is a checkpoint that another server wrote behind this
    /// one's.
    pub(super) fn is_replaced_by(&self, event: &RecordedEvent) -> bool {
        let own = self.next.as_ref().map(|save| save.event.id());
        event.stream == self.stream && Some(event.revision) > self.last && Some(event.id) != own
    }
}

fn refused(error: StoreError) -> ServerError {
    match error {
        StoreError::Conflict { .. } => ServerError::Replaced,
        error => error.into(),
    }
}
