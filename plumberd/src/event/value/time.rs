use chrono::{DateTime, FixedOffset};

/// Reads an ISO 8601 time with an offset or `Z`, with any number of fraction
/// digits; those after the ninth are dropped.
pub(in crate::event) fn parse_time(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}
