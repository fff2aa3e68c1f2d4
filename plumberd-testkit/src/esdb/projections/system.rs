//! Which links the projections of the server's own make of an event.

use crate::esdb::envelope;
use plumberd::{
    codec::JsonObject,
    event::{EventType, NewEvent, RawMetadata, RecordedEvent},
    stream::{Position, StreamName},
};
use uuid::Uuid;

/// The projections that always run, by name.
pub(super) const NAMES: [&str; 4] = [
    "$by_category",
    "$by_correlation_id",
    "$by_event_type",
    "$streams",
];

/// The metadata key of a link that holds the position of the event it was made
/// for.
const POSITION: &str = "$c";

/// Whether the projections of the server's own fill this stream, and no client
/// else writes it.
pub(super) fn is_filled(stream: &StreamName) -> bool {
    let name = stream.as_str();
    name == "$streams"
        || ["$ce-", "$et-", "$bc-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// A link, and the stream it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewLink {
    pub(super) stream: StreamName,
    pub(super) event: NewEvent,
}

/// The links that an event leads to. What is in a stream of the store's own
/// leads to none.
pub(super) fn links_of(event: &RecordedEvent) -> Vec<NewLink> {
    if event.stream.is_system() || event.event_type == RecordedEvent::TOMBSTONE {
        return Vec::new();
    }
    let own = target(event);
    let is_link = event.event_type == RecordedEvent::LINK;
    let mut links = Vec::with_capacity(4);
    let mut link = |stream: String, target: &[u8]| {
        // A name that is too long names no stream.
        if let Ok(stream) = StreamName::raw(stream) {
            let event = new_link(event.id, &stream, target.to_vec(), event);
            links.extend(event.map(|event| NewLink { stream, event }));
        }
    };
    if let Some(category) = category(event.stream.as_str()) {
        // A link is not linked to: both point to the same event.
        let target = if is_link { &event.data } else { own.as_bytes() };
        link(format!("$ce-{category}"), target);
    }
    if !is_link {
        link(format!("$et-{}", event.event_type), own.as_bytes());
        if let Some(correlation) = correlation(event) {
            link(format!("$bc-{correlation}"), own.as_bytes());
        }
    }
    if event.revision.as_u64() == 0 {
        link("$streams".to_owned(), own.as_bytes());
    }
    links
}

/// A link for `source`, whose id is the same whenever it is made.
pub(super) fn new_link(
    namespace: Uuid,
    stream: &StreamName,
    target: Vec<u8>,
    source: &RecordedEvent,
) -> Option<NewEvent> {
    let id = Uuid::new_v5(&namespace, stream.as_str().as_bytes());
    let event_type = EventType::from_static(RecordedEvent::LINK).ok()?;
    let position = source.position;
    let metadata = format!(
        "{{\"{POSITION}\":{position},\"$p\":{position},\"$causedBy\":\"{}\"}}",
        envelope::open(source).0
    );
    let metadata = RawMetadata::new(metadata.into_bytes().into());
    Some(NewEvent::new(id, event_type, target).with_raw_metadata(metadata))
}

/// What a link to `event` says.
pub(super) fn target(event: &RecordedEvent) -> String {
    format!("{}@{}", event.revision, event.stream)
}

/// The position of the event that a link was made for.
pub(super) fn source_position(link: &RecordedEvent) -> Option<Position> {
    let metadata = JsonObject::parse(link.metadata.as_bytes()).ok()?;
    let position: u64 = metadata.get_as(POSITION).ok()??;
    Some(Position::new(position))
}

/// What is before the first dash.
fn category(stream: &str) -> Option<&str> {
    let (category, _) = stream.split_once('-')?;
    (!category.is_empty()).then_some(category)
}

fn correlation(event: &RecordedEvent) -> Option<String> {
    let (_, metadata) = envelope::open(event);
    let metadata = JsonObject::parse(&metadata).ok()?;
    let correlation = metadata.get_str("$correlationId")?;
    (!correlation.is_empty()).then_some(correlation)
}
