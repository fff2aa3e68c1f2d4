use super::{ContentType, DecodeError, EventInfo, EventValue, text::Length};
use crate::{
    BoxError,
    codec::{Codec, Json},
    json::JsonObject,
};
use std::fmt;

/// An event's data as it is stored, with what is needed to decode it.
///
/// `Debug` says how long the data is, and not what is in it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct EncodedEvent<'a> {
    /// The stored name.
    pub event_type: &'a str,
    /// How the data is encoded.
    pub content_type: &'a ContentType,
    /// The revision of the data's shape, from 1.
    pub revision: u32,
    /// The data.
    pub data: &'a [u8],
}

impl<'a> EncodedEvent<'a> {
    /// The parts together.
    pub const fn new(
        event_type: &'a str,
        content_type: &'a ContentType,
        revision: u32,
        data: &'a [u8],
    ) -> Self {
        Self {
            event_type,
            content_type,
            revision,
            data,
        }
    }
}

impl fmt::Debug for EncodedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedEvent")
            .field("event_type", &self.event_type)
            .field("content_type", &self.content_type)
            .field("revision", &self.revision)
            .field("data", &Length(self.data))
            .finish()
    }
}

/// Turns the data of one revision into that of the next; pure.
///
/// # Errors
///
/// Whatever makes the data impossible to carry over; the read fails with it.
pub type Upcaster = fn(&mut JsonObject) -> Result<(), BoxError>;

/// How older revisions of a type become its own.
#[doc(hidden)]
#[derive(Debug)]
pub enum Links<T> {
    /// There are none.
    None,
    /// JSON upcasters; the first starts from the oldest revision that can be
    /// read, each leads to the next one.
    Json(&'static [Upcaster]),
    /// The type of the revision before, which has links of its own.
    Typed(fn(&EncodedEvent<'_>) -> Result<T, DecodeError>),
}

/// What `#[derive(Event)]` calls to decode one stored type.
#[doc(hidden)]
pub fn decode_event<T: EventValue, C: Codec>(
    info: &'static EventInfo,
    links: &Links<T>,
    encoded: &EncodedEvent<'_>,
) -> Result<T, DecodeError> {
    if encoded.revision == info.revision {
        expect_content_type(info, encoded)?;
        return C::decode(encoded.data).map_err(|source| malformed(info, source));
    }
    if encoded.revision > info.revision {
        return Err(DecodeError::NewerRevision {
            event_type: info.name.to_owned(),
            found: encoded.revision,
            newest: info.revision,
        });
    }
    let no_upcaster = || DecodeError::NoUpcaster {
        event_type: info.name.to_owned(),
        found: encoded.revision,
        oldest: info.oldest_revision,
    };
    if encoded.revision < info.oldest_revision {
        return Err(no_upcaster());
    }
    match links {
        Links::None => Err(no_upcaster()),
        Links::Typed(previous) => previous(encoded),
        Links::Json(upcasters) => {
            expect_content_type(info, encoded)?;
            let mut json = JsonObject::parse_distinct(encoded.data)
                .map_err(|source| malformed(info, source))?;
            for (revision, upcaster) in (info.oldest_revision..).zip(*upcasters) {
                if revision >= encoded.revision {
                    upcaster(&mut json).map_err(|source| DecodeError::Upcast {
                        event_type: info.name.to_owned(),
                        revision,
                        source,
                    })?;
                }
            }
            Json::decode(&json.to_bytes()).map_err(|source| malformed(info, source))
        }
    }
}

#[inline]
fn expect_content_type(info: &EventInfo, encoded: &EncodedEvent<'_>) -> Result<(), DecodeError> {
    let found = encoded.content_type.as_str();
    // Mostly the very same literal.
    if std::ptr::eq(found, info.content_type) || found == info.content_type {
        return Ok(());
    }
    Err(DecodeError::ContentType {
        event_type: info.name.to_owned(),
        found: encoded.content_type.as_str().to_owned(),
        expected: info.content_type.to_owned(),
    })
}

fn malformed(info: &EventInfo, source: crate::json::CodecError) -> DecodeError {
    DecodeError::Malformed {
        event_type: info.name.to_owned(),
        source,
    }
}
