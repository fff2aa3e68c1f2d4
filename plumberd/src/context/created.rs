use chrono::{DateTime, Datelike, FixedOffset};

/// A `Created` that is not a time with an offset, of the years 1 to 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`Created` is {0}, not an ISO 8601 time with an offset, of the years 1 to 9999")]
pub struct InvalidCreated(String);

crate::error::always!(Invalid: InvalidCreated);

impl InvalidCreated {
    pub(crate) fn new(found: &str) -> Self {
        Self(found.to_owned())
    }

    /// Gives `time` back when its text can be read again.
    pub(crate) fn check(time: DateTime<FixedOffset>) -> Result<DateTime<FixedOffset>, Self> {
        // The local time, which is written, may be beyond what chrono counts.
        let local = time.naive_utc().checked_add_offset(*time.offset());
        match local {
            Some(local) if (1..=9999).contains(&local.year()) => Ok(time),
            _ => Err(Self(time.to_utc().to_string())),
        }
    }
}
