//! The messages that carry events, as this backend reads and writes them.
//!
//! They are those of `eventstore.proto` with each text as bytes: a part of the
//! answer, or of what is sent, and not a copy. Loads and large batches are
//! little else than these messages.

use super::error::corrupt;
use crate::store::StoreError;
use bytes::Bytes;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(super) struct EventMetadata {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) event_id: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) aggregate_id: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) aggregate_type: Bytes,
    #[prost(uint64, tag = "4")]
    pub(super) aggregate_nonce: u64,
    #[prost(bytes = "bytes", tag = "5")]
    pub(super) event_type: Bytes,
    #[prost(uint32, tag = "6")]
    pub(super) event_version: u32,
    #[prost(bytes = "bytes", tag = "7")]
    pub(super) content_type: Bytes,
    #[prost(bytes = "bytes", tag = "8")]
    pub(super) content_schema: Bytes,
    #[prost(bytes = "bytes", tag = "9")]
    pub(super) correlation_id: Bytes,
    #[prost(bytes = "bytes", tag = "10")]
    pub(super) causation_id: Bytes,
    #[prost(bytes = "bytes", tag = "11")]
    pub(super) actor_id: Bytes,
    #[prost(bytes = "bytes", tag = "12")]
    pub(super) tenant_id: Bytes,
    #[prost(uint64, tag = "13")]
    pub(super) timestamp_unix_ms: u64,
    #[prost(uint64, tag = "14")]
    pub(super) recorded_time_unix_ms: u64,
    #[prost(bytes = "bytes", tag = "15")]
    pub(super) payload_sha256: Bytes,
    /// A map: of a key that occurs twice, the last value counts.
    #[prost(message, repeated, tag = "16")]
    pub(super) headers: Vec<Header>,
    #[prost(uint64, tag = "17")]
    pub(super) global_nonce: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Header {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) value: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct EventData {
    #[prost(message, optional, tag = "1")]
    pub(super) meta: Option<EventMetadata>,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) payload: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AppendRequest {
    #[prost(string, tag = "1")]
    pub(super) tenant_id: String,
    #[prost(string, tag = "2")]
    pub(super) aggregate_id: String,
    #[prost(string, tag = "3")]
    pub(super) aggregate_type: String,
    #[prost(uint64, tag = "4")]
    pub(super) expected_aggregate_nonce: u64,
    #[prost(string, tag = "5")]
    pub(super) idempotency_key: String,
    #[prost(message, repeated, tag = "6")]
    pub(super) events: Vec<EventData>,
}

/// The answer to both kinds of reads.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    pub(super) events: Vec<EventData>,
    #[prost(bool, tag = "2")]
    pub(super) is_end: bool,
}

impl EventMetadata {
    /// The value of a header.
    pub(super) fn header(&self, key: &str) -> Option<&Bytes> {
        let mut headers = self.headers.iter().rev();
        let found = headers.find(|header| header.key == key.as_bytes())?;
        Some(&found.value)
    }
}

impl Header {
    pub(super) fn new(key: &'static str, value: impl Into<Bytes>) -> Self {
        Self {
            key: Bytes::from_static(key.as_bytes()),
            value: value.into(),
        }
    }
}

/// The text of a field.
pub(super) fn text(bytes: &Bytes) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes).map_err(|_| corrupt("a text of an event is no UTF-8"))
}

/// A text as it is sent.
pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::proto;
    use prost::Message;

    fn full() -> proto::EventData {
        let text = |number: u32| format!("text {number}");
        proto::EventData {
            meta: Some(proto::EventMetadata {
                event_id: text(1),
                aggregate_id: text(2),
                aggregate_type: text(3),
                aggregate_nonce: 4,
                event_type: text(5),
                event_version: 6,
                content_type: text(7),
                content_schema: text(8),
                correlation_id: text(9),
                causation_id: text(10),
                actor_id: text(11),
                tenant_id: text(12),
                timestamp_unix_ms: 13,
                recorded_time_unix_ms: 14,
                payload_sha256: text(15).into(),
                headers: [(text(16), text(116))].into(),
                global_nonce: 17,
            }),
            payload: text(2).into(),
        }
    }

    /// The same bytes, whichever of the two messages wrote them.
    fn same<T: Message + Default>(generated: &impl Message) {
        let sent = generated.encode_to_vec();
        let read = T::decode(sent.as_slice()).unwrap();
        assert_eq!(read.encode_to_vec(), sent, "{read:?}");
    }

    #[test]
    fn the_messages_are_those_of_the_protocol() {
        same::<super::EventData>(&full());
        same::<super::AppendRequest>(&proto::AppendRequest {
            tenant_id: "t".into(),
            aggregate_id: "a".into(),
            aggregate_type: "y".into(),
            expected_aggregate_nonce: 4,
            idempotency_key: "k".into(),
            events: vec![full(), full()],
        });
        same::<super::ReadResponse>(&proto::ReadStreamResponse {
            events: vec![full(), full()],
            is_end: true,
            ..proto::ReadStreamResponse::default()
        });
        same::<super::ReadResponse>(&proto::ReadAllResponse {
            events: vec![full()],
            is_end: true,
            ..proto::ReadAllResponse::default()
        });
    }
}
