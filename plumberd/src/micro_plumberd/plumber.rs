use super::{Conventions, DotNet, StateError};
use crate::{
    context::MessageContext,
    event::{EncodeError, Event, EventInfo, EventType, NewEvent},
    retry::{Backoff, RetryPolicy},
    store::{AppendOutcome, EventStore, StoreError, append_safely, expect_repeated},
    stream::{ExpectedRevision, StreamName},
};
use std::{fmt, sync::Arc};

/// Writes and reads where the conventions say: events without an aggregate,
/// and states.
///
/// Cheap to clone. Aggregates have a [`Plumber::repository`], read models and
/// handlers a [`Plumber::model`].
///
/// # Examples
///
/// ```
/// use plumberd::{Event, micro_plumberd::Plumber, prelude::*};
///
/// #[derive(Event)]
/// #[event(output_stream = "Sensor")]
/// struct TemperatureRead {
///     celsius: f64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let plumber = Plumber::new(plumberd::connect("memory:").await?);
/// plumber.append_event(&TemperatureRead { celsius: 21.5 }, "roof").await?;
///
/// let mut events = plumber.read_events_of_type::<TemperatureRead>().await?;
/// let event = events.next_event().await?.ok_or("no event")?;
/// assert_eq!(event.stream.as_str(), "Sensor-roof");
/// assert_eq!(event.decode::<TemperatureRead>()?.celsius, 21.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Plumber {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) conventions: Arc<dyn Conventions>,
    retry: RetryPolicy,
}

impl Plumber {
    /// With micro-plumberd's conventions.
    pub fn new(store: impl EventStore) -> Self {
        Self {
            store: Arc::new(store),
            conventions: Arc::new(DotNet),
            retry: RetryPolicy::DEFAULT,
        }
    }

    /// With these conventions.
    #[must_use]
    pub fn with_conventions(mut self, conventions: impl Conventions) -> Self {
        self.conventions = Arc::new(conventions);
        self
    }

    /// With this policy for appends to a store that cannot be reached, or whose
    /// answer is lost: the same event is appended again. [`RetryPolicy::DEFAULT`]
    /// without it; also that of [`Plumber::repository`].
    #[must_use]
    pub const fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    pub(super) const fn retry(&self) -> RetryPolicy {
        self.retry
    }

    /// Appends `event`, until it is known whether it is written.
    pub(super) async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        event: &[NewEvent],
    ) -> Result<AppendOutcome, StoreError> {
        let mut backoff = Backoff::new(self.retry);
        append_safely(&*self.store, stream, expected, event, &mut backoff).await
    }

    /// What things are called.
    pub fn conventions(&self) -> &dyn Conventions {
        &*self.conventions
    }

    /// Appends `event` to the stream of `id` in its category
    /// ([`Conventions::event_category`]), whatever is there.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the event may or may not be written. With an
    /// id of its own, appending it again is safe: the same event is written
    /// once, and another one with its id is an error.
    pub async fn append_event<E: Event>(
        &self,
        event: &E,
        id: impl fmt::Display + Send,
    ) -> Result<AppendOutcome, StateError> {
        let id = id.to_string();
        self.append_to_category(event, Some(&id)).await
    }

    /// As [`Plumber::append_event`], to the one stream that has the category's
    /// name.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub async fn append_event_without_id<E: Event>(
        &self,
        event: &E,
    ) -> Result<AppendOutcome, StateError> {
        self.append_to_category(event, None).await
    }

    async fn append_to_category<E: Event>(
        &self,
        event: &E,
        id: Option<&str>,
    ) -> Result<AppendOutcome, StateError> {
        let category = self.conventions.event_category(info_of(event)?);
        let stream = self.conventions.stream(&category, id)?;
        self.append_event_to(&stream, ExpectedRevision::Any, event)
            .await
    }

    /// Appends `event` to this stream.
    ///
    /// # Errors
    ///
    /// [`StateError`]; with [`IdempotencyReason::OtherEvent`] when the stream
    /// has another event with the id of this one.
    ///
    /// [`IdempotencyReason::OtherEvent`]: crate::store::IdempotencyReason::OtherEvent
    ///
    /// # Cancel safety
    ///
    /// As [`Plumber::append_event`].
    pub async fn append_event_to<E: Event>(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        event: &E,
    ) -> Result<AppendOutcome, StateError> {
        let info = info_of(event)?;
        let id = self.conventions.event_id(event.id());
        let name = EventType::new(self.conventions.event_name(info))?;
        let encoded = NewEvent::encode_with(event, id, &MessageContext::current())?;
        let event = [named_by_convention(
            &*self.conventions,
            encoded,
            info,
            &name,
        )?];
        let outcome = self.append(stream, expected, &event).await?;
        if outcome.is_already_applied() {
            expect_repeated(&*self.store, stream, expected, &outcome, &event).await?;
        }
        Ok(outcome)
    }
}

/// The event under this name and with the metadata that the conventions say.
pub(super) fn named_by_convention(
    conventions: &dyn Conventions,
    event: NewEvent,
    info: &EventInfo,
    name: &EventType,
) -> Result<NewEvent, StateError> {
    let before = event
        .metadata()
        .parse()
        .map_err(|error| EncodeError::new(info.name, error))?;
    let mut metadata = before.clone();
    conventions.enrich(info, &mut metadata);
    let named = event.with_event_type(name.clone());
    if metadata == before {
        return Ok(named);
    }
    Ok(named.with_metadata(&metadata)?)
}

/// Which of its stored types a value is.
pub(super) fn info_of<E: Event>(event: &E) -> Result<&'static EventInfo, StateError> {
    E::TYPES.get(event.type_index()).ok_or_else(|| {
        let name = super::friendly_name::<E>();
        StateError::Encode(EncodeError::new(name, "it is none of its stored types"))
    })
}
