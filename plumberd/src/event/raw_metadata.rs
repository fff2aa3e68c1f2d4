use super::{
    DecodeError, Metadata,
    created::{write_created, write_now},
    text::Length,
};
use crate::{
    context::{MessageContext, MessageId},
    json::JsonObject,
    stream::TenantId,
};
use bytes::Bytes;
use std::{fmt, io::Write as _, sync::OnceLock};
use uuid::Uuid;

/// Metadata as the bytes it is stored as; read only when asked for.
///
/// `Debug` says how many bytes, and not what is in them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawMetadata(Bytes);

impl RawMetadata {
    /// Takes bytes that are meant to be a JSON object.
    pub const fn new(json: Bytes) -> Self {
        Self(json)
    }

    /// The metadata that plumberd writes beside the event `id`.
    ///
    /// `Created` (now, in local time), `ClientHostName`, `$correlationId` and
    /// `$causationId` (from `context`, else the event's own id), what else the
    /// context knows, `Revision` when it is above 1, and the context's headers
    /// as keys of their own, which may override all but `Revision`.
    pub fn for_event(id: Uuid, revision: u32, context: &MessageContext) -> Self {
        let mut json = Vec::with_capacity(256);
        Self::write(&mut json, id, revision, context);
        Self(json.into())
    }

    /// Appends [`RawMetadata::for_event`] to `out`.
    pub(super) fn write(out: &mut Vec<u8>, id: Uuid, revision: u32, context: &MessageContext) {
        let start = out.len();
        write_standard_keys(out, id, revision, context);
        if context.headers().is_empty() {
            return;
        }
        // Headers are the rare case: they may name a key that is there already.
        let mut object = JsonObject::parse(&out[start..]).unwrap_or_default();
        object.extend(context.headers());
        out.truncate(start);
        out.extend_from_slice(&object.to_bytes());
    }

    /// The JSON text.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Reads all of it.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Metadata`] when it is not a JSON object.
    pub fn parse(&self) -> Result<Metadata, DecodeError> {
        Metadata::from_json(&self.0).map_err(|source| DecodeError::Metadata { source })
    }

    /// The revision of the event's shape: the key `Revision`, 1 without it or
    /// with `null`.
    ///
    /// Nothing is parsed when the text cannot have such a key.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Metadata`] when it is not a JSON object, or `Revision`
    /// is not a whole number from 1.
    pub fn revision(&self) -> Result<u32, DecodeError> {
        // A key may be spelled with escapes, as `\u0052evision`.
        let has = |text: &[u8]| memchr::memmem::find(&self.0, text).is_some();
        if !has(b"\"Revision\"") && !has(br"\u") {
            return Ok(1);
        }
        self.parse()?
            .revision()
            .map_err(|source| DecodeError::Metadata { source })
    }
}

impl fmt::Debug for RawMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawMetadata({:?})", Length(&self.0))
    }
}

fn write_standard_keys(json: &mut Vec<u8>, id: Uuid, revision: u32, context: &MessageContext) {
    // What every event has, with room for it.
    json.reserve(256);
    json.extend_from_slice(b"{\"Created\":\"");
    match context.created() {
        Some(time) => write_created(json, &time),
        None => write_now(json),
    }
    json.extend_from_slice(b"\",\"ClientHostName\":");
    json.extend_from_slice(host_name());
    let mut own_id = Uuid::encode_buffer();
    let own_id = id.hyphenated().encode_lower(&mut own_id);
    let mut write_id = |key: &str, id: Option<&MessageId>| {
        json.extend_from_slice(key.as_bytes());
        if let Some(id) = id {
            return write_text(json, id.as_str());
        }
        json.push(b'"');
        json.extend_from_slice(own_id.as_bytes());
        json.push(b'"');
    };
    write_id(",\"$correlationId\":", context.correlation_id());
    write_id(",\"$causationId\":", context.causation_id());
    if !context.is_empty() {
        write_context(json, context);
    }
    // Writing to a `Vec` cannot fail.
    if revision > 1 {
        let _ = write!(json, ",\"Revision\":{revision}");
    }
    if let Some(purpose) = context.purpose() {
        let _ = write!(json, ",\"{}\":", Metadata::COMMAND_PURPOSE);
        write_text(json, purpose);
    }
    json.push(b'}');
}

fn write_context(json: &mut Vec<u8>, context: &MessageContext) {
    let optional = [
        ("UserId", context.user_id()),
        ("SessionId", context.session_id()),
        ("RecipientId", context.recipient_id()),
        ("TenantId", context.tenant_id().map(TenantId::as_str)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            let _ = write!(json, ",\"{name}\":");
            write_text(json, value);
        }
    }
}

fn write_text(json: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(json, text);
}

/// The name of this machine as a JSON string.
fn host_name() -> &'static [u8] {
    static NAME: OnceLock<Vec<u8>> = OnceLock::new();
    NAME.get_or_init(|| {
        let mut json = Vec::new();
        write_text(&mut json, &gethostname::gethostname().to_string_lossy());
        json
    })
}
