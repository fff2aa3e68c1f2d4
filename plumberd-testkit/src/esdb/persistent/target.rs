//! What a request is about.

use super::{
    super::{
        proto::{Empty, StreamIdentifier},
        status, wire,
    },
    refusal,
};
use plumberd::stream::StreamName;
use std::fmt;
use tonic::Status;

/// What a group reads: a stream, or everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SourceName {
    All,
    Stream(StreamName),
}

impl SourceName {
    const ALL: &'static str = "$all";

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::All => Self::ALL,
            Self::Stream(name) => name.as_str(),
        }
    }

    /// As [`SourceName::as_str`] wrote it; none when no stream is called so.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == Self::ALL {
            return Some(Self::All);
        }
        StreamName::raw(text).ok().map(Self::Stream)
    }

    pub(super) const fn all(_: Empty) -> Self {
        Self::All
    }

    pub(super) fn stream(identifier: Option<&StreamIdentifier>) -> Result<Self, Status> {
        let name = wire::stream_name(identifier)?;
        Ok(if name.as_str() == Self::ALL {
            Self::All
        } else {
            Self::Stream(name)
        })
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What identifies a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
    pub(super) source: SourceName,
    pub(super) group: String,
}

impl GroupKey {
    pub(super) fn new(source: SourceName, group: String) -> Result<Self, Status> {
        if group.is_empty() {
            return Err(status::missing("group_name"));
        }
        Ok(Self { source, group })
    }

    /// The stream of the group that is kept for this.
    ///
    /// # Errors
    ///
    /// The refusal, when its name would be no stream's.
    pub(super) fn stream_for(&self, purpose: &str) -> Result<StreamName, Status> {
        StreamName::raw(format!("$persistentsubscription-{self}-{purpose}"))
            .map_err(|error| refusal::failed(self, &error.reason()))
    }
}

/// As clients are told it.
impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.source, self.group)
    }
}
