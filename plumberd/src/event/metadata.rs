use super::created::write_created;
use crate::{
    context::InvalidCreated,
    json::{CodecError, JsonObject, excerpt},
};
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

/// What is stored beside an event: when, where, by whom, because of what.
///
/// A JSON object. The keys that plumberd knows have methods; every other key
/// is reached through [`Metadata::json`] and survives a rewrite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(JsonObject);

impl Metadata {
    /// The key of [`Metadata::command_purpose`].
    pub const COMMAND_PURPOSE: &str = crate::context::COMMAND_PURPOSE;

    /// Metadata without keys.
    pub const fn new() -> Self {
        Self(JsonObject::new())
    }

    /// Reads a JSON object; no bytes at all are an empty one.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when it is not a JSON object.
    pub fn from_json(json: &[u8]) -> Result<Self, CodecError> {
        JsonObject::parse(json).map(Self)
    }

    /// All keys.
    pub const fn json(&self) -> &JsonObject {
        &self.0
    }

    /// All keys, to be changed.
    pub const fn json_mut(&mut self) -> &mut JsonObject {
        &mut self.0
    }

    /// When the event happened, by the writer's clock: `Created`.
    ///
    /// Read with any number of fraction digits from 0 to 16, of which nine
    /// count; the store's own time is on the recorded event.
    ///
    /// # Errors
    ///
    /// [`InvalidCreated`] when it is there and not such a time.
    pub fn created(&self) -> Result<Option<DateTime<FixedOffset>>, InvalidCreated> {
        let Some(raw) = self.0.get("Created") else {
            return Ok(None);
        };
        let invalid = || InvalidCreated::new(&excerpt(raw.get()));
        let text: Option<String> = serde_json::from_str(raw.get()).map_err(|_| invalid())?;
        text.map(|text| crate::value::parse_time(&text).ok_or_else(invalid))
            .transpose()
    }

    /// Sets `Created`, with seven fraction digits.
    ///
    /// # Errors
    ///
    /// [`InvalidCreated`] when its year, by its own offset, is not 1 to 9999.
    pub fn set_created(&mut self, time: DateTime<FixedOffset>) -> Result<(), InvalidCreated> {
        let mut text = Vec::new();
        write_created(&mut text, &InvalidCreated::check(time)?);
        self.set_str("Created", &String::from_utf8_lossy(&text));
        Ok(())
    }

    /// The machine it was written on: `ClientHostName`.
    pub fn client_host_name(&self) -> Option<String> {
        self.0.get_str("ClientHostName")
    }

    /// What belongs together: `$correlationId`.
    pub fn correlation_id(&self) -> Option<String> {
        self.0.get_str("$correlationId")
    }

    /// What led to it: `$causationId`.
    pub fn causation_id(&self) -> Option<String> {
        self.0.get_str("$causationId")
    }

    /// Who did it: `UserId`.
    pub fn user_id(&self) -> Option<String> {
        self.0.get_str("UserId")
    }

    /// In which session: `SessionId`.
    pub fn session_id(&self) -> Option<String> {
        self.0.get_str("SessionId")
    }

    /// To whom the command was sent that led to it: `RecipientId`.
    pub fn recipient_id(&self) -> Option<String> {
        self.0.get_str("RecipientId")
    }

    /// For which tenant: `TenantId`.
    pub fn tenant_id(&self) -> Option<String> {
        self.0.get_str("TenantId")
    }

    /// What the command was for that led to the event: `CommandPurpose`. The
    /// events of a command with an id have it, if the command is named.
    pub fn command_purpose(&self) -> Option<String> {
        self.0.get_str(Self::COMMAND_PURPOSE)
    }

    /// The revision of the event's shape: `Revision`, 1 without it or with
    /// `null`.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when it is there and not a whole number from 1.
    pub fn revision(&self) -> Result<u32, CodecError> {
        match self.0.get_as::<Option<u32>>("Revision")?.flatten() {
            Some(0) => Err(CodecError::new("key `Revision` is 0; revisions start at 1")),
            Some(revision) => Ok(revision),
            None => Ok(1),
        }
    }

    /// The JSON text.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn set_str(&mut self, key: &str, value: &str) {
        // A string always has a JSON form.
        let _ = self.0.insert(key, value);
    }
}
