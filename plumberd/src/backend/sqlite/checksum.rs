//! A checksum of everything that an event, or a stream's row, says: CRC-32, of
//! the names too, so that a name which changed is found out as well.

use super::{error::corrupt, in_force};
use crate::{
    store::StoreError,
    stream::{StreamMetadata, StreamName, TenantId},
};
use crc32fast::Hasher;
use rusqlite::Connection;
use uuid::Uuid;

/// What was written before there were checksums: nothing above these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unchecked {
    pub(super) position: i64,
    pub(super) stream: i64,
}

impl Unchecked {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT unchecked_position, unchecked_stream FROM store";
        connection.query_row(sql, [], |row| {
            Ok(Self {
                position: row.get(0)?,
                stream: row.get(1)?,
            })
        })
    }
}

/// What an event says besides its names.
pub(super) struct EventParts<'a> {
    pub(super) revision: i64,
    pub(super) recorded: i64,
    pub(super) id: Uuid,
    pub(super) data: &'a [u8],
    pub(super) metadata: &'a [u8],
}

/// The checksum of an event: of its parts, and of its names' checksums.
pub(super) fn of_event(stream: u32, kind: u32, parts: &EventParts<'_>) -> i64 {
    let mut head = [0; 56];
    head[..8].copy_from_slice(&parts.revision.to_le_bytes());
    head[8..16].copy_from_slice(&parts.recorded.to_le_bytes());
    head[16..32].copy_from_slice(parts.id.as_bytes());
    head[32..40].copy_from_slice(&(parts.data.len() as u64).to_le_bytes());
    head[40..48].copy_from_slice(&(parts.metadata.len() as u64).to_le_bytes());
    head[48..52].copy_from_slice(&stream.to_le_bytes());
    head[52..].copy_from_slice(&kind.to_le_bytes());
    let mut hasher = Hasher::new();
    hasher.update(&head);
    hasher.update(parts.data);
    hasher.update(parts.metadata);
    hasher.finalize().into()
}

/// The checksum of a stream's name and whose it is.
pub(super) fn of_name(stream: &StreamName, tenant: Option<&TenantId>) -> u32 {
    let tenant = tenant.map_or("", TenantId::as_str);
    of_texts(&[stream.as_str(), tenant], 0)
}

/// The checksum of what events of one kind have in common.
pub(super) fn of_kind(event_type: &str, content_type: &str, shape: u32) -> u32 {
    of_texts(&[event_type, content_type], shape)
}

fn of_texts(texts: &[&str], number: u32) -> u32 {
    let mut hasher = Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(&number.to_le_bytes());
    hasher.finalize()
}

/// The checksum of a stream's row: of its name, and of what is in force.
pub(super) fn of_stream(name: u32, metadata: &StreamMetadata, tombstoned: bool) -> i64 {
    let mut hasher = Hasher::new();
    hasher.update(&name.to_le_bytes());
    for number in in_force::columns(metadata) {
        // No number is negative, so this one is none of them.
        hasher.update(&number.unwrap_or(-1).to_le_bytes());
    }
    hasher.update(&[u8::from(tombstoned)]);
    hasher.finalize().into()
}

/// Fails unless the `stored` checksum is the `computed` one. A row that is older
/// than checksums has none.
pub(super) fn check(
    stored: Option<i64>,
    older: bool,
    computed: impl FnOnce() -> i64,
    what: impl FnOnce() -> String,
) -> Result<(), StoreError> {
    match stored {
        Some(stored) if stored == computed() => Ok(()),
        None if older => Ok(()),
        Some(_) => Err(corrupt(format!("{} has a wrong checksum", what()))),
        None => Err(corrupt(format!("{} has no checksum", what()))),
    }
}
