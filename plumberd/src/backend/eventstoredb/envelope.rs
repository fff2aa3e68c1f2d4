//! Content types that the server has no word for, kept in front of the
//! metadata.
//!
//! The server knows JSON and octet-stream. What is neither is octet-stream to
//! it, and its metadata begin with a key that says what it is. The rest of the
//! bytes stay as they are, so that they come back the same.

use crate::event::{ContentType, RawMetadata};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;

/// In front of metadata that are a JSON object.
const OBJECT: &[u8] = b"{\"$contentType\":";
/// In front of metadata that are not.
const OTHER: &[u8] = b"{\"$rawMetadata\":";

#[derive(Deserialize)]
struct Other {
    #[serde(rename = "$rawMetadata")]
    metadata: String,
    #[serde(rename = "$contentType")]
    content_type: String,
}

/// The metadata to send with an event that the server is told to be
/// octet-stream.
pub(super) fn wrap(content_type: &ContentType, metadata: &RawMetadata) -> Bytes {
    let bytes = metadata.as_bytes();
    let looks_wrapped = bytes.starts_with(OBJECT) || bytes.starts_with(OTHER);
    if *content_type == ContentType::OCTET_STREAM && !looks_wrapped {
        return bytes.clone();
    }
    let name = serde_json::Value::from(content_type.as_str()).to_string();
    let mut wrapped = Vec::with_capacity(bytes.len() + name.len() + 64);
    if let Some(rest) = bytes.strip_prefix(b"{") {
        wrapped.extend_from_slice(OBJECT);
        wrapped.extend_from_slice(name.as_bytes());
        if !rest.trim_ascii_start().starts_with(b"}") {
            wrapped.push(b',');
        }
        wrapped.extend_from_slice(rest);
    } else {
        wrapped.extend_from_slice(OTHER);
        let text = format!("\"{}\",\"$contentType\":{name}}}", STANDARD.encode(bytes));
        wrapped.extend_from_slice(text.as_bytes());
    }
    wrapped.into()
}

/// What [`wrap`] was given, from the metadata of an event that is octet-stream
/// to the server.
pub(super) fn unwrap(sent: Bytes) -> (ContentType, RawMetadata) {
    unwrap_object(&sent)
        .or_else(|| unwrap_other(&sent))
        .unwrap_or_else(|| (ContentType::OCTET_STREAM, RawMetadata::new(sent)))
}

fn unwrap_object(sent: &Bytes) -> Option<(ContentType, RawMetadata)> {
    let after = sent.strip_prefix(OBJECT)?;
    let mut values = serde_json::Deserializer::from_slice(after).into_iter::<String>();
    let name = values.next()?.ok()?;
    let rest = &after[values.byte_offset()..];
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let mut metadata = Vec::with_capacity(rest.len() + 1);
    metadata.push(b'{');
    metadata.extend_from_slice(rest);
    Some((ContentType::new(name), RawMetadata::new(metadata.into())))
}

fn unwrap_other(sent: &Bytes) -> Option<(ContentType, RawMetadata)> {
    if !sent.starts_with(OTHER) {
        return None;
    }
    let other: Other = serde_json::from_slice(sent).ok()?;
    let metadata = STANDARD.decode(other.metadata).ok()?;
    Some((
        ContentType::new(other.content_type),
        RawMetadata::new(metadata.into()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_and_metadata_come_back_byte_for_byte() {
        for metadata in [
            "",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{ \"a\" : 1.50 } ",
            "{,broken",
            "{",
            "no object",
            "[1]",
            "{\"$contentType\":\"mine\",\"a\":1}",
            "{\"$rawMetadata\":\"mine\"}",
            "{\"$contentType\":7}",
        ] {
            for content_type in [
                ContentType::JSON,
                ContentType::OCTET_STREAM,
                ContentType::new("avro/binary;v=\"1\""),
            ] {
                let metadata = RawMetadata::new(metadata.into());

                let sent = wrap(&content_type, &metadata);

                assert_eq!(unwrap(sent), (content_type, metadata));
            }
        }
    }

    #[test]
    fn what_the_server_has_a_word_for_is_left_as_it_is() {
        let metadata = RawMetadata::new("{\"a\":1}".into());
        assert_eq!(
            wrap(&ContentType::OCTET_STREAM, &metadata),
            metadata.as_bytes()
        );
    }

    #[test]
    fn wrapped_metadata_are_json_that_others_can_read() {
        for metadata in ["", "{}", "{\"a\":1}"] {
            let metadata = RawMetadata::new(metadata.into());
            let sent = wrap(&ContentType::new("text/csv"), &metadata);
            let json: serde_json::Value = serde_json::from_slice(&sent).unwrap();
            assert_eq!(json["$contentType"], "text/csv");
        }
    }
}
