use super::{ValidationError, reply::Failure};
use crate::{
    BoxError,
    codec::CodecError,
    error::ErrorKind,
    event::{EncodeError, Event},
};
use serde_json::value::RawValue;
use std::fmt;

/// Why a handler refuses a command: a code, a message, and perhaps a fault
/// that the sender's program can take apart.
///
/// Every error becomes one with `?`: a [`ValidationError`] with the code 400,
/// any other with 500 and its message.
pub struct CommandFault(pub(super) Box<Failure>);

impl CommandFault {
    /// The code of a command that is wrong in itself.
    pub const INVALID: i32 = 400;
    /// The code of a command whose handler failed.
    pub const FAILED: i32 = 500;

    /// A command that is wrong in itself: code 400.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::with_code(Self::INVALID, message)
    }

    /// A failure with a code of its own.
    pub fn with_code(code: i32, message: impl Into<String>) -> Self {
        Self(Box::new(Failure::new(code, message.into())))
    }

    /// A failure with a fault: `{Command}Failed<{Fault}>` in the store, and
    /// [`SendError::Fault`](super::SendError::Fault) at the sender whose
    /// command names the type.
    ///
    /// A fault that has no stored form in JSON is a failure with the code 500.
    pub fn fault<F: Event>(code: i32, message: impl Into<String>, fault: &F) -> Self {
        match encode(fault) {
            Ok((name, json)) => {
                let mut failure = Failure::new(code, message.into());
                failure.fault = Some((name.to_owned(), json));
                Self(Box::new(failure))
            }
            Err(error) => Self::from(error),
        }
    }

    /// What this is to the sender: [`ErrorKind::Invalid`] with the code 400,
    /// [`ErrorKind::Internal`] from 500, [`ErrorKind::Rejected`] with any
    /// other, which is the handler's own.
    pub const fn kind(&self) -> ErrorKind {
        Self::kind_of(self.0.code)
    }

    pub(super) const fn kind_of(code: i32) -> ErrorKind {
        match code {
            Self::INVALID => ErrorKind::Invalid,
            Self::FAILED..=599 => ErrorKind::Internal,
            _ => ErrorKind::Rejected,
        }
    }

    /// What the sender will see.
    pub const fn code(&self) -> i32 {
        self.0.code
    }

    /// What the sender will read.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

fn encode<F: Event>(fault: &F) -> Result<(&'static str, Box<RawValue>), EncodeError> {
    let Some(info) = F::TYPES.get(fault.type_index()) else {
        return Err(EncodeError::new("", "it is none of its stored types"));
    };
    let mut json = Vec::new();
    fault.encode(&mut json)?;
    let raw = String::from_utf8(json)
        .map_err(BoxError::from)
        .and_then(|json| RawValue::from_string(json).map_err(|e| CodecError::from(e).into()))
        .map_err(|error| EncodeError::new(info.name, error))?;
    Ok((info.name, raw))
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for CommandFault {
    fn from(error: E) -> Self {
        let code = if (&error as &dyn std::error::Error).is::<ValidationError>() {
            Self::INVALID
        } else {
            Self::FAILED
        };
        Self::with_code(code, error.to_string())
    }
}

impl fmt::Debug for CommandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandFault")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("fault", &self.0.fault.as_ref().map(|(name, _)| name))
            .finish()
    }
}
