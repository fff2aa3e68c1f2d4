//! How an append of a session went: success, or a status with its details
//! packed, whose message is the name of their type.

use crate::esdb::{
    append::Appended,
    proto::{
        AccessDenied, AllStreamPosition, BadRequest, MaximumAppendSizeExceeded, StreamDeleted,
        Timeout, Unknown, WrongExpectedVersion,
        google::rpc,
        streams::batch_append_resp::{
            Success,
            success::{CurrentRevisionOption, PositionOption},
        },
        wrong_expected_version::{CurrentStreamRevisionOption, ExpectedStreamPositionOption},
    },
    wire,
};
use plumberd::stream::{ExpectedRevision, Revision, StreamName};
use prost::Message;
use tonic::{Code, Status};

pub(super) fn success(appended: Appended) -> Success {
    Success {
        current_revision_option: Some(match appended.revision {
            Some(revision) => CurrentRevisionOption::CurrentRevision(revision.as_u64()),
            None => CurrentRevisionOption::NoStream(()),
        }),
        position_option: Some(match appended.position {
            Some(position) => PositionOption::Position(AllStreamPosition {
                commit_position: position.as_u64(),
                prepare_position: position.as_u64(),
            }),
            None => PositionOption::NoPosition(()),
        }),
    }
}

pub(super) fn wrong_expected_version(
    expected: ExpectedRevision,
    actual: Option<Revision>,
) -> rpc::Status {
    let current = match actual {
        Some(revision) => CurrentStreamRevisionOption::CurrentStreamRevision(revision.as_u64()),
        None => CurrentStreamRevisionOption::CurrentNoStream(()),
    };
    let expected = match expected {
        ExpectedRevision::Exact(revision) => {
            ExpectedStreamPositionOption::ExpectedStreamPosition(revision.as_u64())
        }
        ExpectedRevision::NoStream => ExpectedStreamPositionOption::ExpectedNoStream(()),
        ExpectedRevision::Any => ExpectedStreamPositionOption::ExpectedAny(()),
        ExpectedRevision::StreamExists => ExpectedStreamPositionOption::ExpectedStreamExists(()),
    };
    let details = WrongExpectedVersion {
        current_stream_revision_option: Some(current),
        expected_stream_position_option: Some(expected),
    };
    error(Code::AlreadyExists, "WrongExpectedVersion", &details)
}

pub(super) fn stream_deleted(stream: &StreamName) -> rpc::Status {
    let details = StreamDeleted {
        stream_identifier: Some(wire::stream_identifier(stream)),
    };
    error(Code::NotFound, "StreamDeleted", &details)
}

pub(super) fn timeout() -> rpc::Status {
    error(Code::DeadlineExceeded, "Timeout", &Timeout {})
}

pub(super) fn too_large(limit: usize) -> rpc::Status {
    let details = MaximumAppendSizeExceeded {
        max_append_size: u32::try_from(limit).unwrap_or(u32::MAX),
    };
    error(Code::InvalidArgument, "MaximumAppendSizeExceeded", &details)
}

/// What one call would be refused with.
pub(super) fn refused(status: &Status) -> rpc::Status {
    if status.code() == Code::InvalidArgument {
        let details = BadRequest {
            message: status.message().to_owned(),
        };
        return error(Code::InvalidArgument, "BadRequest", &details);
    }
    if status.code() == Code::PermissionDenied {
        return error(Code::PermissionDenied, "AccessDenied", &AccessDenied {});
    }
    error(Code::Unknown, "Unknown", &Unknown {})
}

fn error(code: Code, name: &str, details: &impl Message) -> rpc::Status {
    rpc::Status {
        code: code as i32,
        message: name.to_owned(),
        details: Some(prost_types::Any {
            type_url: format!("type.googleapis.com/event_store.client.{name}"),
            value: details.encode_to_vec(),
        }),
    }
}
