use super::metadata_headers::{read_object, text};
use crate::{
    json::{CodecError, JsonObject, write_json},
    value::{Owned, Ref},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;
use uuid::Uuid;

/// What came of a command, as it is written to the session's stream.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) command_id: Uuid,
    pub(super) duration: Duration,
    pub(super) failure: Option<Failure>,
}

/// Why nothing came of it.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) code: i32,
    pub(super) message: String,
    /// The name of the fault and its data.
    pub(super) fault: Option<(String, Box<RawValue>)>,
}

impl Failure {
    /// A message that is longer is cut: the answer must fit into the store.
    const LONGEST_MESSAGE: usize = 8 * 1024;

    pub(super) fn new(code: i32, mut message: String) -> Self {
        if message.len() > Self::LONGEST_MESSAGE {
            let end = (0..=Self::LONGEST_MESSAGE)
                .rev()
                .find(|at| message.is_char_boundary(*at));
            message.truncate(end.unwrap_or(0));
            message.push('…');
        }
        Self {
            code,
            message,
            fault: None,
        }
    }
}

/// What stands behind the command's name in the type of an answer.
const EXECUTED: &str = "Executed";
const FAILED: &str = "Failed";

impl Reply {
    /// `{Command}Executed`, `{Command}Failed` or `{Command}Failed<{Fault}>`.
    pub(super) fn event_type(&self, command: &str) -> String {
        match &self.failure {
            None => format!("{command}{EXECUTED}"),
            Some(Failure { fault: None, .. }) => format!("{command}{FAILED}"),
            Some(Failure {
                fault: Some((fault, _)),
                ..
            }) => format!("{command}{FAILED}<{fault}>"),
        }
    }

    /// The body, with .NET's keys.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, CodecError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Body<'a> {
            command_id: &'a str,
            duration: Ref<'a, Duration>,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            code: Option<i32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            fault: Option<&'a RawValue>,
        }
        let failure = self.failure.as_ref();
        let fault = failure.and_then(|failure| failure.fault.as_ref());
        let mut id = Uuid::encode_buffer();
        let body = Body {
            command_id: self.command_id.hyphenated().encode_lower(&mut id),
            duration: Ref(&self.duration),
            message: failure.map(|failure| failure.message.as_str()),
            code: failure.map(|failure| failure.code),
            fault: fault.map(|(_, data)| &**data),
        };
        let mut json = Vec::with_capacity(128);
        write_json(&body, 0, &mut json)?;
        Ok(json)
    }

    /// The command an answer is for; of any answer, also one that cannot be
    /// read further.
    pub(super) fn command_id_in(data: &[u8]) -> Option<Uuid> {
        #[derive(Deserialize)]
        struct For<'a> {
            #[serde(borrow, rename = "CommandId")]
            command_id: Option<&'a RawValue>,
        }
        let found = match read_object::<For<'_>>(data) {
            Some(answer) => text(answer.command_id),
            None => JsonObject::parse(data).ok()?.get_str("CommandId"),
        };
        found?.parse().ok()
    }

    /// Reads the answer to `command`; the error says why it is none.
    pub(super) fn read(command: &str, event_type: &str, data: &[u8]) -> Result<Self, CodecError> {
        let other = || CodecError::new(format!("`{event_type}` is no answer to `{command}`"));
        let kind = event_type.strip_prefix(command).ok_or_else(other)?;
        let json = JsonObject::parse(data)?;
        let command_id = json
            .get_str("CommandId")
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| CodecError::new("`CommandId` is missing, or no UUID"))?;
        // Python and older versions may leave it out.
        let duration = json.get_as::<Owned<Duration>>("Duration")?;
        let duration = duration.map_or(Duration::ZERO, |Owned(duration)| duration);
        let failure = match kind.strip_prefix(FAILED) {
            None if kind == EXECUTED => None,
            None => return Err(other()),
            Some(fault) => {
                let code = json.get_as::<Option<i32>>("Code")?.flatten();
                let message = json.get_str("Message").unwrap_or_default();
                let mut failure =
                    Failure::new(code.unwrap_or(super::CommandFault::FAILED), message);
                failure.fault = match fault {
                    "" => None,
                    fault => {
                        let name = fault
                            .strip_prefix('<')
                            .and_then(|fault| fault.strip_suffix('>'))
                            .ok_or_else(other)?;
                        let data = json
                            .get("Fault")
                            .map_or_else(|| RawValue::NULL.to_owned(), ToOwned::to_owned);
                        Some((name.to_owned(), data))
                    }
                };
                Some(failure)
            }
        };
        Ok(Self {
            command_id,
            duration,
            failure,
        })
    }
}
