use super::{Json, Numbers, diff, indented, report};
use bytes::Bytes;
use plumberd::{
    aggregate::{Aggregate, UnknownEvents},
    event::{ContentType, EventType, RecordedEvent},
};

/// Who encoded an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This program, a moment ago.
    Here,
    /// Another one, or one of long ago.
    Elsewhere,
}

/// Decodes a stored event of `A`, encodes it again, and does that twice.
///
/// What this program wrote must come out as it went in. What came from
/// elsewhere, perhaps in an old revision, must come out the same both times.
pub(crate) fn round_trip<A: Aggregate>(
    event: &RecordedEvent,
    origin: Origin,
) -> Result<(), String> {
    let name = event.event_type.as_str();
    let Some((row, index)) = A::HANDLERS.find(name) else {
        return match A::UNKNOWN_EVENTS {
            UnknownEvents::Skip => Ok(()),
            UnknownEvents::Error => Err(format!("`{}` has no handler for `{name}`", A::CATEGORY)),
        };
    };
    let once = row
        .recode(index, event)
        .map_err(|error| format!("`{name}` cannot be read back: {}", report(&*error)))?;
    let info = &row.types()[index];
    if origin == Origin::Here {
        same_data(&event.data, &once).map_err(|difference| lossy(name, &difference))?;
    }
    let mut again = event.clone();
    again.event_type = EventType::from_static(info.name).map_err(|error| report(&error))?;
    again.content_type = ContentType::from_static(info.content_type);
    again.shape_revision = info.revision;
    again.data = Bytes::from(once);
    let twice = row
        .recode(index, &again)
        .map_err(|error| format!("`{name}` cannot be read back: {}", report(&*error)))?;
    same_data(&again.data, &twice).map_err(|difference| lossy(name, &difference))
}

fn lossy(name: &str, difference: &str) -> String {
    format!(
        "`{name}` does not survive its stored form; as it was written (-) and as it is read and \
         written again (+):\n{}",
        indented(difference)
    )
}

/// Compares two encodings of an event; the error shows the lines that differ.
///
/// The order of keys means nothing: a hash map has none.
pub(crate) fn same_data(one: &[u8], two: &[u8]) -> Result<(), String> {
    if one == two {
        return Ok(());
    }
    let parse = |data| Json::parse(data, Numbers::AsWritten);
    match (parse(one), parse(two)) {
        (Some(one), Some(two)) if one == two => Ok(()),
        (Some(one), Some(two)) => Err(diff(&one.pretty(), &two.pretty())),
        _ => Err(format!(
            "- {}\n+ {}",
            one.escape_ascii(),
            two.escape_ascii()
        )),
    }
}
