use super::Revision;
use crate::json::JsonObject;
use std::time::Duration;

/// What a store knows about a stream besides its events: how much of it is
/// kept, and keys of the user's own.
///
/// It is stored as EventStoreDB does: as an event `$metadata` in the stream
/// `$$name`, a JSON object with the keys `$maxCount`, `$maxAge` (seconds),
/// `$tb` (truncate before), `$cacheControl` (seconds), `$acl`. Keys that
/// plumberd does not know survive a read and a rewrite.
///
/// Events that fall out are hidden from reads of the stream at once; the
/// global order still has them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamMetadata {
    /// Keep only the last so many events; at least 1.
    pub max_count: Option<u64>,
    /// Hide events older than this; whole seconds, at least 1.
    pub max_age: Option<Duration>,
    /// Hide events before this revision. `Revision::MAX` marks a stream that
    /// was soft-deleted.
    pub truncate_before: Option<Revision>,
    /// How long the head of the stream may be cached; whole seconds.
    pub cache_control: Option<Duration>,
    /// Every other key, `$acl` among them, as it was read.
    pub other: JsonObject,
}

impl StreamMetadata {
    /// The event type of a metadata event.
    pub const EVENT_TYPE: &'static str = "$metadata";

    /// Reads the data of a `$metadata` event.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamMetadata`] when it is not a JSON object, or a key has a
    /// value outside its range.
    pub fn from_json(data: &[u8]) -> Result<Self, InvalidStreamMetadata> {
        let mut other = JsonObject::parse(data).map_err(InvalidStreamMetadata::new)?;
        let mut number = |key: &'static str, least: u64| match other.remove(key) {
            None => Ok(None),
            Some(raw) => match raw.get().parse::<u64>() {
                Ok(number) if number >= least && i64::try_from(number).is_ok() => Ok(Some(number)),
                _ if raw.get() == "null" => Ok(None),
                _ => Err(InvalidStreamMetadata(format!(
                    "`{key}` is {}, not a whole number from {least}",
                    raw.get()
                ))),
            },
        };
        Ok(Self {
            max_count: number("$maxCount", 1)?,
            max_age: number("$maxAge", 1)?.map(Duration::from_secs),
            truncate_before: number("$tb", 0)?.map(Revision::new),
            cache_control: number("$cacheControl", 0)?.map(Duration::from_secs),
            other,
        })
    }

    /// Writes the data of a `$metadata` event.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamMetadata`] when a value is outside its range, or a
    /// duration is not in whole seconds (it would be stored as another one).
    pub fn to_json(&self) -> Result<Vec<u8>, InvalidStreamMetadata> {
        let mut json = JsonObject::new();
        let mut number = |key: &'static str, least: u64, value: Option<u64>| match value {
            None => Ok(()),
            Some(value) if value >= least && i64::try_from(value).is_ok() => {
                json.insert_number(key, value);
                Ok(())
            }
            Some(value) => Err(InvalidStreamMetadata(format!(
                "`{key}` is {value}, not a whole number from {least}"
            ))),
        };
        number("$maxCount", 1, self.max_count)?;
        number("$maxAge", 1, whole_seconds("$maxAge", self.max_age)?)?;
        number("$tb", 0, self.truncate_before.map(Revision::as_u64))?;
        let cache_control = whole_seconds("$cacheControl", self.cache_control)?;
        number("$cacheControl", 0, cache_control)?;
        json.extend(&self.other);
        Ok(json.to_bytes())
    }

    /// Whether the stream was soft-deleted and not written since.
    pub fn is_deleted(&self) -> bool {
        self.truncate_before == Some(Revision::MAX)
    }
}

fn whole_seconds(
    key: &str,
    duration: Option<Duration>,
) -> Result<Option<u64>, InvalidStreamMetadata> {
    match duration {
        Some(duration) if duration.subsec_nanos() != 0 => Err(InvalidStreamMetadata(format!(
            "`{key}` is {duration:?}, not a whole number of seconds"
        ))),
        _ => Ok(duration.map(|duration| duration.as_secs())),
    }
}

/// Why stream metadata cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid stream metadata: {0}")]
pub struct InvalidStreamMetadata(String);

crate::error::always!(Invalid: InvalidStreamMetadata);

impl InvalidStreamMetadata {
    fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string())
    }
}
