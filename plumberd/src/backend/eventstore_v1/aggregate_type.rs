use crate::stream::StreamName;

/// The kind of aggregate that is said of a stream: its category, or the whole
/// name where it has none.
pub(super) fn aggregate_type(stream: &StreamName) -> &str {
    stream.category().unwrap_or(stream.as_str())
}
