use crate::esdb::{
    engine::Engine,
    proto::{
        Empty, StreamIdentifier,
        streams::{
            DeleteReq, DeleteResp, TombstoneReq, TombstoneResp, delete_req, delete_resp,
            tombstone_req, tombstone_resp,
        },
    },
    status, wire,
};
use plumberd::{
    store::StoreError,
    stream::{ExpectedRevision, Revision, StreamName},
};
use tonic::Status;

/// A soft delete.
pub(super) async fn delete(engine: &Engine, request: DeleteReq) -> Result<DeleteResp, Status> {
    use delete_req::options::ExpectedStreamRevision as Expected;
    use delete_resp::{Position, PositionOption};

    let options = request.options.ok_or_else(|| status::missing("options"))?;
    let expected = match options.expected_stream_revision {
        Some(Expected::Revision(revision)) => ExpectedRevision::Exact(Revision::new(revision)),
        Some(Expected::NoStream(_)) => ExpectedRevision::NoStream,
        Some(Expected::Any(_)) => ExpectedRevision::Any,
        Some(Expected::StreamExists(_)) => ExpectedRevision::StreamExists,
        None => return Err(status::missing("expected_stream_revision")),
    };
    let stream = named(options.stream_identifier.as_ref())?;
    let position = engine
        .delete(&stream, expected)
        .await
        .map_err(|error| refused(&error))?;
    let position = match position.map(plumberd::stream::Position::as_u64) {
        Some(position) => PositionOption::Position(Position {
            commit_position: position,
            prepare_position: position,
        }),
        None => PositionOption::NoPosition(Empty {}),
    };
    Ok(DeleteResp {
        position_option: Some(position),
    })
}

/// A delete for ever.
pub(super) async fn tombstone(
    engine: &Engine,
    request: TombstoneReq,
) -> Result<TombstoneResp, Status> {
    use tombstone_req::options::ExpectedStreamRevision as Expected;
    use tombstone_resp::{Position, PositionOption};

    let options = request.options.ok_or_else(|| status::missing("options"))?;
    let expected = match options.expected_stream_revision {
        Some(Expected::Revision(revision)) => ExpectedRevision::Exact(Revision::new(revision)),
        Some(Expected::NoStream(_)) => ExpectedRevision::NoStream,
        Some(Expected::Any(_)) => ExpectedRevision::Any,
        Some(Expected::StreamExists(_)) => ExpectedRevision::StreamExists,
        None => return Err(status::missing("expected_stream_revision")),
    };
    let stream = named(options.stream_identifier.as_ref())?;
    let position = engine
        .tombstone(&stream, expected)
        .await
        .map_err(|error| refused(&error))?;
    let position = match position.map(plumberd::stream::Position::as_u64) {
        Some(position) => PositionOption::Position(Position {
            commit_position: position,
            prepare_position: position,
        }),
        None => PositionOption::NoPosition(Empty {}),
    };
    Ok(TombstoneResp {
        position_option: Some(position),
    })
}

fn named(identifier: Option<&StreamIdentifier>) -> Result<StreamName, Status> {
    wire::stream_name(identifier)
}

fn refused(error: &StoreError) -> Status {
    match error {
        StoreError::Conflict {
            stream,
            expected,
            actual,
        } => status::wrong_expected_version(stream.as_str(), *expected, *actual),
        other => status::of_store(other),
    }
}
