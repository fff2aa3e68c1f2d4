use super::{DecodeError, Metadata, text::Length};
use crate::{context::MessageContext, json::JsonObject};
use bytes::Bytes;
use chrono::{DateTime, Datelike, FixedOffset, Local, Timelike};
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
    // Writing to a `Vec` cannot fail.
    let start = json.len();
    let mut key = |name: &str, value: &dyn Fn(&mut Vec<u8>)| {
        json.extend_from_slice(if json.len() == start { b"{\"" } else { b",\"" });
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":");
        value(json);
    };
    key("Created", &|json| {
        json.push(b'"');
        write_created(json, &local_now(context));
        json.push(b'"');
    });
    key("ClientHostName", &|json| {
        json.extend_from_slice(host_name());
    });
    let mut own_text = Uuid::encode_buffer();
    let own_text = id.hyphenated().encode_lower(&mut own_text).as_bytes();
    let own_id = |json: &mut Vec<u8>| {
        json.push(b'"');
        json.extend_from_slice(own_text);
        json.push(b'"');
    };
    match context.correlation_id() {
        Some(correlation) => key("$correlationId", &|json| {
            write_text(json, correlation.as_str());
        }),
        None => key("$correlationId", &own_id),
    }
    match context.causation_id() {
        Some(causation) => key("$causationId", &|json| write_text(json, causation.as_str())),
        None => key("$causationId", &own_id),
    }
    let optional = [
        ("UserId", context.user_id()),
        ("SessionId", context.session_id()),
        ("RecipientId", context.recipient_id()),
        (
            "TenantId",
            context
                .tenant_id()
                .map(super::super::stream::TenantId::as_str),
        ),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            key(name, &|json| write_text(json, value));
        }
    }
    if revision > 1 {
        key("Revision", &|json| {
            let _ = write!(json, "{revision}");
        });
    }
    if let Some(purpose) = context.purpose() {
        key(Metadata::COMMAND_PURPOSE, &|json| write_text(json, purpose));
    }
    json.push(b'}');
}

fn write_text(json: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(json, text);
}

/// The local time with the context's own time when it has one.
fn local_now(context: &MessageContext) -> DateTime<chrono::FixedOffset> {
    #[expect(
        clippy::disallowed_methods,
        reason = "`Created` is in local time, as .NET writes it"
    )]
    context
        .created()
        .unwrap_or_else(|| Local::now().fixed_offset())
}

/// `2025-07-13T18:22:19.2192669+02:00`: .NET's "O", always seven digits.
pub(super) fn write_created(out: &mut Vec<u8>, time: &DateTime<FixedOffset>) {
    // A leap second is nanosecond 1,000,000,000 and above.
    let ticks = time.nanosecond() % 1_000_000_000 / 100;
    if let Some(text) = created_text(time, ticks) {
        out.extend_from_slice(&text);
        return;
    }
    let _ = write!(
        out,
        "{}.{ticks:07}{}",
        time.format("%Y-%m-%dT%H:%M:%S"),
        time.format("%:z")
    );
}

/// The same by hand, as every event has one: a year of four digits, and an
/// offset of whole minutes.
fn created_text(time: &DateTime<FixedOffset>, ticks: u32) -> Option<[u8; 33]> {
    let local = time.naive_local();
    let year = u32::try_from(local.year())
        .ok()
        .filter(|year| *year <= 9_999)?;
    let offset = time.offset().local_minus_utc();
    let minutes = offset.unsigned_abs() / 60;
    if offset % 60 != 0 {
        return None;
    }
    let mut text = *b"0000-00-00T00:00:00.0000000+00:00";
    write_number(&mut text[..4], year);
    write_number(&mut text[5..7], local.month());
    write_number(&mut text[8..10], local.day());
    write_number(&mut text[11..13], local.hour());
    write_number(&mut text[14..16], local.minute());
    write_number(&mut text[17..19], local.second());
    write_number(&mut text[20..27], ticks);
    if offset < 0 {
        text[27] = b'-';
    }
    write_number(&mut text[28..30], minutes / 60);
    write_number(&mut text[31..], minutes % 60);
    Some(text)
}

/// Fills `digits` with the last digits of `number`.
fn write_number(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
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
