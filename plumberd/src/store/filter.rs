use crate::{
    event::{Event, EventInfo, EventType, InvalidEventType, RecordedEvent},
    stream::{StreamMetadata, StreamName, TenantId},
};

/// Which events of the global order a reader wants.
///
/// [`Filter::new`] lets every event of the application through, and none of
/// the store's own (links, stream metadata, tombstones: their type or stream
/// begins with `$`). Snapshots are in streams of the application, so they are
/// among them. Each method narrows or widens it; streams are alternatives
/// among themselves, so are types, and an event must match both.
///
/// # Examples
///
/// ```
/// use plumberd::store::Filter;
///
/// let filter = Filter::new()
///     .category("Account")?
///     .event_type("AccountOpened".parse()?)
///     .event_type("AccountClosed".parse()?);
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    streams: Vec<StreamMatch>,
    event_types: Vec<EventType>,
    /// Whether a type was named that reads every other one, so that none is left out.
    every_type: bool,
    system_events: bool,
    tenants: TenantScope,
}

/// Which tenants' events a filter lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TenantScope {
    /// Those of the handle that reads.
    #[default]
    Own,
    /// Those of one tenant.
    One(TenantId),
    /// Those of every tenant, and of none.
    Every,
}

/// One way for a stream to match.
#[derive(Debug, Clone, PartialEq, Eq)]
enum StreamMatch {
    Exactly(StreamName),
    Prefix(String),
}

impl Filter {
    /// Every event of the application, none of the store's own.
    pub const fn new() -> Self {
        Self {
            streams: Vec::new(),
            event_types: Vec::new(),
            every_type: false,
            system_events: false,
            tenants: TenantScope::Own,
        }
    }

    /// Also events of this stream.
    #[must_use]
    pub fn stream(mut self, stream: StreamName) -> Self {
        self.streams.push(StreamMatch::Exactly(stream));
        self
    }

    /// Also events of streams whose name begins so.
    #[must_use]
    pub fn stream_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.streams.push(StreamMatch::Prefix(prefix.into()));
        self
    }

    /// Also events of streams of this category.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamName`](crate::stream::InvalidStreamName) when the name
    /// is empty or contains a `-`: no stream has such a category.
    pub fn category(self, category: &str) -> Result<Self, crate::stream::InvalidStreamName> {
        StreamName::new(category, "any")?;
        Ok(self.stream_prefix(format!("{category}-")))
    }

    /// Only events of this type, or of the others that were named so.
    #[must_use]
    pub fn event_type(mut self, event_type: EventType) -> Self {
        if !self.every_type {
            self.event_types.push(event_type);
        }
        self
    }

    /// Only events that [`RecordedEvent::decode`] makes an `E` of, whichever of
    /// its names they are stored under, or those of the types that were named
    /// before.
    ///
    /// An enum with a variant `#[event(other)]` is made of events of every type, so
    /// with one no event is left out for its type, whichever types are named besides.
    ///
    /// # Errors
    ///
    /// [`InvalidEventType`] when `E` was written by hand and has no name, or one
    /// that no store takes.
    ///
    /// # Examples
    ///
    /// ```
    /// use plumberd::{Event, store::Filter};
    ///
    /// #[derive(Event)]
    /// #[event(alias = "OrderCreated")]
    /// struct OrderPlaced {
    ///     total: u32,
    /// }
    ///
    /// let filter = Filter::new().events::<OrderPlaced>()?;
    /// assert!(filter.matches("Order-1", "OrderPlaced"));
    /// assert!(filter.matches("Order-1", "OrderCreated"));
    /// # Ok::<(), plumberd::BoxError>(())
    /// ```
    pub fn events<E: Event>(mut self) -> Result<Self, InvalidEventType> {
        if E::OTHER.is_some() {
            self.event_types.clear();
            self.every_type = true;
            return Ok(self);
        }
        if E::TYPES.is_empty() {
            // None would be all.
            EventType::from_static("")?;
        }
        for name in E::TYPES.iter().flat_map(EventInfo::names) {
            self = self.event_type(EventType::from_static(name)?);
        }
        Ok(self)
    }

    /// With the store's own events: links, stream metadata, tombstones.
    #[must_use]
    pub fn with_system_events(mut self) -> Self {
        self.system_events = true;
        self
    }

    /// Events of `tenant`; for a handle of no tenant, or of this one.
    #[must_use]
    pub fn of_tenant(mut self, tenant: TenantId) -> Self {
        self.tenants = TenantScope::One(tenant);
        self
    }

    /// Events of every tenant, and of none; for a handle of no tenant.
    #[must_use]
    pub fn of_every_tenant(mut self) -> Self {
        self.tenants = TenantScope::Every;
        self
    }

    /// Which tenants it lets through.
    pub const fn tenants(&self) -> &TenantScope {
        &self.tenants
    }

    /// The event types it lets through; empty means all.
    pub fn event_types(&self) -> &[EventType] {
        &self.event_types
    }

    /// The beginnings of the stream names it lets through, an exact name among
    /// them as its own beginning; empty means all. For a backend that narrows
    /// a query before it asks [`Filter::matches`].
    pub fn stream_prefixes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.streams.iter().map(|stream| match stream {
            StreamMatch::Exactly(name) => name.as_str(),
            StreamMatch::Prefix(prefix) => prefix,
        })
    }

    /// Whether it lets the store's own events through.
    pub const fn includes_system_events(&self) -> bool {
        self.system_events
    }

    /// Whether an event of this type in this stream passes; tenants are the
    /// backend's matter.
    pub fn matches(&self, stream: &str, event_type: &str) -> bool {
        (self.system_events || !(stream.starts_with('$') || event_type.starts_with('$')))
            && self.matches_stream(stream)
            && (self.event_types.is_empty() || self.event_types.iter().any(|t| *t == event_type))
    }

    /// Whether the deletion of `stream` passes: as its events do, whatever their
    /// types; tenants are the backend's matter.
    pub fn matches_deletion_of(&self, stream: &str) -> bool {
        (self.system_events || !stream.starts_with('$')) && self.matches_stream(stream)
    }

    /// Whether an event in `stream` of this type may say that a stream was
    /// deleted or truncated whose deletion passes.
    pub fn matches_deletion_in(&self, stream: &str, event_type: &str) -> bool {
        match event_type {
            RecordedEvent::TOMBSTONE => self.matches_deletion_of(stream),
            StreamMetadata::EVENT_TYPE => stream
                .strip_prefix("$$")
                .is_some_and(|of| self.matches_deletion_of(of)),
            _ => false,
        }
    }

    /// Whether the event passes; tenants are the backend's matter.
    pub fn matches_event(&self, event: &RecordedEvent) -> bool {
        self.matches(event.stream.as_str(), event.event_type.as_str())
    }

    fn matches_stream(&self, stream: &str) -> bool {
        self.streams.is_empty()
            || self.streams.iter().any(|wanted| match wanted {
                StreamMatch::Exactly(name) => name.as_str() == stream,
                StreamMatch::Prefix(prefix) => stream.starts_with(prefix),
            })
    }
}
