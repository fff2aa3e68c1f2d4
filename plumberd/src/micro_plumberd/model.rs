use super::{Plumber, StateError, friendly_name};
use crate::{
    event::{DecodeError, EncodeError, Event, EventInfo, EventType, RecordedEvent},
    server_projection::{EnsureProjections, Ensured},
    store::{EventStore, Filter, ServerProjections, SubscribeFrom, Subscription},
    stream::{Revision, StreamName},
};
use std::{fmt, marker::PhantomData};

/// A read model or a handler of the events `E`, as the conventions know it:
/// in which stream its events are gathered, and which group reads them.
///
/// On EventStoreDB a join projection gathers the events; on a store that runs
/// no projections, follow everything through [`Model::filter`].
///
/// # Examples
///
/// ```
/// use plumberd::{Event, micro_plumberd::Plumber, prelude::*, store::EventStore};
///
/// #[derive(Event)]
/// struct TaskCreated {
///     title: String,
/// }
///
/// #[derive(Event)]
/// struct TaskCompleted {
///     by: String,
/// }
///
/// /// What the board reads.
/// #[derive(Event)]
/// enum BoardEvent {
///     #[event(transparent)]
///     Created(TaskCreated),
///     #[event(transparent)]
///     Completed(TaskCompleted),
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = plumberd::connect("memory:").await?;
/// let plumber = Plumber::new(store.clone());
/// let board = plumber.model::<BoardEvent>("TaskBoard");
/// assert_eq!(board.output_stream()?.as_str(), "TaskBoard");
/// assert_eq!(board.group_name(), "TaskBoard");
///
/// plumber.append_event(&TaskCreated { title: "write".into() }, 1).await?;
/// let mut events = store.read_all(ReadOptions::forwards(), board.filter()?);
/// let event = events.next_event().await?.ok_or("no event")?;
/// assert!(matches!(board.decode(&event)?, BoardEvent::Created(task) if task.title == "write"));
/// # Ok(())
/// # }
/// ```
pub struct Model<E> {
    plumber: Plumber,
    name: String,
    events: PhantomData<fn() -> E>,
}

impl Plumber {
    /// The read model or handler of this name, which reads the events `E`.
    ///
    /// micro-plumberd takes the name of the class: [`friendly_name`] gives that
    /// of a type.
    pub fn model<E: Event>(&self, name: impl Into<String>) -> Model<E> {
        Model {
            plumber: self.clone(),
            name: name.into(),
            events: PhantomData,
        }
    }

    /// The names under which the events `E` are stored, aliases among them.
    pub(super) fn event_types<E: Event>(&self) -> Result<Vec<EventType>, StateError> {
        let names = E::TYPES.iter().flat_map(EventInfo::each_name);
        let names = names.map(|info| EventType::new(self.conventions.event_name(&info)));
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Decodes `event` as an `E`, by the names that the conventions give.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is stored under another name, unless `E` has a variant
    /// `#[event(other)]` for that, or its data is not of a shape that `E` or its
    /// upcasters know.
    pub fn decode<E: Event>(&self, event: &RecordedEvent) -> Result<E, DecodeError> {
        let name = event.event_type.as_str();
        let name_of = |info: &EventInfo| self.conventions.event_name(info);
        event.decode_found(stored_as(E::TYPES, name, name_of))
    }
}

/// Which of `types` is stored as `name`, where `name_of` says what a type of a
/// name is stored as: the names of today are looked at before the others.
pub(super) fn stored_as(
    types: &[EventInfo],
    name: &str,
    name_of: impl Fn(&EventInfo) -> String,
) -> Option<usize> {
    let by_name = types.iter().position(|info| name_of(info) == name);
    by_name.or_else(|| {
        let had = |info: &EventInfo| info.each_name().any(|info| name_of(&info) == name);
        types.iter().position(had)
    })
}

impl<E: Event> Model<E> {
    /// The stream in which its events are gathered
    /// ([`Conventions::output_stream`](super::Conventions::output_stream)).
    ///
    /// # Errors
    ///
    /// [`StateError::Stream`] when the conventions name none.
    pub fn output_stream(&self) -> Result<StreamName, StateError> {
        let stream = self.plumber.conventions.output_stream(&self.name);
        Ok(StreamName::raw(stream)?)
    }

    /// The group of its persistent subscription to the output stream
    /// ([`Conventions::group_name`](super::Conventions::group_name)).
    pub fn group_name(&self) -> String {
        self.plumber.conventions.group_name(&self.name)
    }

    /// The names that its events are stored under, those of a variant `#[event(other)]`
    /// not among them: they are not known.
    ///
    /// # Errors
    ///
    /// [`StateError::EventType`] when the conventions name none;
    /// [`StateError::Encode`] when `E` is no stored type at all.
    pub fn event_types(&self) -> Result<Vec<EventType>, StateError> {
        let names = self.plumber.event_types::<E>()?;
        if names.is_empty() {
            let none = EncodeError::new(friendly_name::<E>(), "it has no stored type");
            return Err(none.into());
        }
        Ok(names)
    }

    /// What lets its events through, wherever they are: for
    /// [`EventStore::subscribe_all`] and [`EventStore::read_all`]. Where `E` has a
    /// variant `#[event(other)]`, those are events of every type.
    ///
    /// # Errors
    ///
    /// As [`Model::event_types`].
    pub fn filter(&self) -> Result<Filter, StateError> {
        if E::OTHER.is_some() {
            return Ok(Filter::new().events::<E>()?);
        }
        let names = self.event_types()?;
        Ok(names.into_iter().fold(Filter::new(), Filter::event_type))
    }

    /// Brings a server to gather its events in its output stream, as
    /// micro-plumberd does when it subscribes a model.
    ///
    /// # Errors
    ///
    /// [`StateError::EveryType`] when `E` has a variant `#[event(other)]`: a join
    /// gathers types that are named. [`StateError::Projection`], and as
    /// [`Model::event_types`] and [`Model::output_stream`].
    ///
    /// # Cancel safety
    ///
    /// As [`EnsureProjections::ensure_join`].
    pub async fn ensure_join<P>(&self, projections: &P) -> Result<Ensured, StateError>
    where
        P: ServerProjections + ?Sized,
    {
        if E::OTHER.is_some() {
            let event = friendly_name::<E>();
            return Err(StateError::EveryType { event });
        }
        let (output, types) = (self.output_stream()?, self.event_types()?);
        Ok(projections.ensure_join(&output, &types).await?)
    }

    /// Follows its output stream: [`Model::ensure_join`] fills it.
    ///
    /// The next time, go on after the last event's
    /// [`read_revision`](RecordedEvent::read_revision).
    ///
    /// # Errors
    ///
    /// [`StateError::Stream`] and [`StateError::Store`].
    pub async fn subscribe(
        &self,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StateError> {
        let output = self.output_stream()?;
        Ok(self.plumber.store.subscribe_stream(&output, from).await?)
    }

    /// Decodes one of its events: [`Plumber::decode`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(&self, event: &RecordedEvent) -> Result<E, DecodeError> {
        self.plumber.decode(event)
    }
}

impl<E> Clone for Model<E> {
    fn clone(&self) -> Self {
        Self {
            plumber: self.plumber.clone(),
            name: self.name.clone(),
            events: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Model<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("plumber", &self.plumber)
            .finish_non_exhaustive()
    }
}
