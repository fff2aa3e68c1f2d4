use super::{super::engine::Engine, filter::GroupFilter, target::SourceName};
use plumberd::{
    event::RecordedEvent,
    store::{ReadFrom, ReadOptions, StoreError},
    stream::{Position, Revision, StreamName},
};

/// Where a group's events come from.
///
/// A place in it is a number: the revision in a stream, the position in
/// everything.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Stream(StreamName),
    All(Option<GroupFilter>),
}

/// Where a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    First,
    End,
    /// With what is there.
    At(u64),
}

/// What one read brought.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<RecordedEvent>,
    /// The place of the last event that was looked at.
    pub(super) last: Option<u64>,
    /// Whether there is no more for now.
    pub(super) end: bool,
}

impl Source {
    pub(super) fn new(name: &SourceName, filter: Option<GroupFilter>) -> Self {
        match name {
            SourceName::All => Self::All(filter),
            SourceName::Stream(name) => Self::Stream(name.clone()),
        }
    }

    /// Up to `limit` events after that place.
    pub(super) async fn read(
        &self,
        engine: &Engine,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Batch, StoreError> {
        let wanted = u64::try_from(limit).unwrap_or(u64::MAX);
        let read = match self {
            Self::Stream(name) => {
                let from = after.map_or(ReadFrom::Start, |at| ReadFrom::After(Revision::new(at)));
                let options = ReadOptions::forwards().from(from).limit(wanted);
                engine.read_stream(name, options)
            }
            Self::All(_) => {
                let from = after.map_or(ReadFrom::Start, |at| ReadFrom::After(Position::new(at)));
                let options = ReadOptions::forwards().from(from).limit(wanted);
                engine.read_all(options)
            }
        };
        let mut events = match read.collect_all().await {
            Ok(events) => events,
            // A stream that ended for ever has no more to give.
            Err(StoreError::StreamDeleted { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let batch = Batch {
            last: events.last().map(|event| self.place_of(event)),
            end: events.len() < limit,
            events: Vec::new(),
        };
        events.retain(|event| self.wants(event));
        Ok(Batch { events, ..batch })
    }

    /// The place of the last event there is.
    pub(super) async fn head(&self, engine: &Engine) -> Result<Option<u64>, StoreError> {
        match self {
            Self::Stream(name) => {
                let newest = ReadOptions::backwards().limit(1);
                match engine.read_stream(name, newest).next_event().await {
                    Ok(last) => Ok(last.map(|event| event.revision.as_u64())),
                    Err(StoreError::StreamDeleted { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Self::All(_) => {
                let head = engine.head().await?;
                Ok(head.map(Position::as_u64))
            }
        }
    }

    /// After which place a group begins.
    pub(super) async fn begin(
        &self,
        engine: &Engine,
        start: Start,
    ) -> Result<Option<u64>, StoreError> {
        match start {
            Start::First => Ok(None),
            Start::At(place) => Ok(place.checked_sub(1)),
            Start::End => self.head(engine).await,
        }
    }

    pub(super) fn place_of(&self, event: &RecordedEvent) -> u64 {
        match self {
            Self::Stream(_) => event.revision.as_u64(),
            Self::All(_) => event.position.as_u64(),
        }
    }

    /// A place as clients read it.
    pub(super) fn place_text(&self, place: u64) -> String {
        match self {
            Self::Stream(_) => place.to_string(),
            Self::All(_) => format!("C:{place}/P:{place}"),
        }
    }

    /// As [`Source::place_text`] wrote it.
    pub(super) fn parse_place(&self, text: &str) -> Option<u64> {
        match self {
            Self::Stream(_) => text.parse().ok(),
            Self::All(_) => text.strip_prefix("C:")?.split_once("/P:")?.0.parse().ok(),
        }
    }

    /// A start as clients read it.
    pub(super) fn start_text(&self, start: Start) -> String {
        match (self, start) {
            (_, Start::First) => self.place_text(0),
            (_, Start::At(place)) => self.place_text(place),
            (Self::Stream(_), Start::End) => "-1".to_owned(),
            (Self::All(_), Start::End) => "C:-1/P:-1".to_owned(),
        }
    }

    fn wants(&self, event: &RecordedEvent) -> bool {
        match self {
            Self::Stream(_) => true,
            Self::All(filter) => {
                !is_bookkeeping(event.stream.as_str())
                    && filter.as_ref().is_none_or(|filter| filter.matches(event))
            }
        }
    }
}

/// Whether it is a stream that groups over everything write themselves: each
/// would follow the other for ever.
fn is_bookkeeping(stream: &str) -> bool {
    let stream = stream.strip_prefix("$$").unwrap_or(stream);
    stream.starts_with("$persistentsubscription-$all::") || stream == "$epoch-information"
}
