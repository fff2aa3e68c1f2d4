use uuid::Uuid;

/// The UUID that micro-plumberd makes of a text that is none: the two halves
/// of the text's SHA-256 over each other, read as a .NET `Guid`.
///
/// # Examples
///
/// ```
/// use plumberd::micro_plumberd::guid_from_text;
///
/// let id = guid_from_text("rec-123");
/// assert_eq!(id.to_string(), "4bcfbd29-096d-7287-b305-823906572a45");
/// ```
pub fn guid_from_text(text: &str) -> Uuid {
    let hash = hmac_sha256::Hash::hash(text.as_bytes());
    let (low, high) = hash.split_at(16);
    let mut bytes = [0; 16];
    for ((byte, low), high) in bytes.iter_mut().zip(low).zip(high) {
        *byte = low ^ high;
    }
    // A .NET `Guid` has its first three parts in little-endian order.
    Uuid::from_bytes_le(bytes)
}

/// The UUID that a stream's or a state's id stands for: itself, or
/// [`guid_from_text`].
pub fn guid_of(id: &str) -> Uuid {
    id.parse().unwrap_or_else(|_| guid_from_text(id))
}

/// The id of the event that holds the state `id` as it follows `version`: the
/// version over the first eight bytes of the .NET `Guid`.
///
/// # Examples
///
/// ```
/// use plumberd::{micro_plumberd::state_event_id, prelude::*};
///
/// let id: Uuid = "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse()?;
/// let event = state_event_id(id, 255);
/// assert_eq!(event.to_string(), "3fa85f9b-5717-4562-b3fc-2c963f66afa6");
/// # Ok::<(), plumberd::BoxError>(())
/// ```
pub fn state_event_id(id: Uuid, version: i64) -> Uuid {
    let mut bytes = id.to_bytes_le();
    for (byte, version) in bytes.iter_mut().zip(version.to_le_bytes()) {
        *byte ^= version;
    }
    Uuid::from_bytes_le(bytes)
}
