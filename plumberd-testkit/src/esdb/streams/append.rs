use crate::esdb::{
    append::{Appended, Refused},
    engine::{Engine, MAX_APPEND_EVENTS},
    link::Link,
    net::Share,
    proto::{
        Empty,
        streams::{
            AppendReq, AppendResp,
            append_req::{self, ProposedMessage, options::ExpectedStreamRevision},
            append_resp::{
                self, Position, Success, WrongExpectedVersion,
                success::{CurrentRevisionOption, PositionOption},
                wrong_expected_version as wrong,
            },
        },
    },
    status, wire,
};
use plumberd::{
    event::NewEvent,
    stream::{ExpectedRevision, Revision, StreamName},
};
use tonic::{Status, Streaming};

/// One append: its options, then its events one by one.
pub(super) async fn append(
    engine: &Engine,
    link: &Link,
    mut requests: Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let (stream, expected) = options(requests.message().await?)?;
    let mut share = engine.unfinished.share();
    let events = events(engine, &mut share, &mut requests).await?;
    // It is finished, and about to be written.
    drop(share);
    let result = match engine.append(&stream, expected, events).await {
        Ok(appended) => {
            if appended.position.is_some() {
                link.committed();
            }
            append_resp::Result::Success(success(appended))
        }
        Err(Refused::WrongExpectedVersion { actual }) => {
            append_resp::Result::WrongExpectedVersion(conflict(expected, actual))
        }
        Err(Refused::StreamDeleted) => return Err(status::stream_deleted(stream.as_str())),
        Err(Refused::TooLarge) => return Err(status::append_too_large(engine.max_append_size)),
        Err(Refused::Store(error)) => return Err(status::of_store(&error)),
    };
    Ok(AppendResp {
        result: Some(result),
    })
}

fn options(first: Option<AppendReq>) -> Result<(StreamName, ExpectedRevision), Status> {
    let Some(append_req::Content::Options(options)) = first.and_then(|first| first.content) else {
        return Err(status::missing("options"));
    };
    let stream = wire::stream_name(options.stream_identifier.as_ref())?;
    let expected = match options.expected_stream_revision {
        Some(ExpectedStreamRevision::Revision(revision)) => {
            ExpectedRevision::Exact(Revision::new(revision))
        }
        Some(ExpectedStreamRevision::NoStream(_)) => ExpectedRevision::NoStream,
        Some(ExpectedStreamRevision::Any(_)) => ExpectedRevision::Any,
        Some(ExpectedStreamRevision::StreamExists(_)) => ExpectedRevision::StreamExists,
        None => return Err(status::missing("expected_stream_revision")),
    };
    Ok((stream, expected))
}

/// The events of the append; never more in memory than it may have.
async fn events(
    engine: &Engine,
    share: &mut Share,
    requests: &mut Streaming<AppendReq>,
) -> Result<Vec<NewEvent>, Status> {
    let mut events = Vec::new();
    let (mut size, mut overhead) = (0_usize, 0);
    while let Some(request) = requests.message().await? {
        let Some(append_req::Content::ProposedMessage(proposed)) = request.content else {
            return Err(status::missing("proposed_message"));
        };
        let proposed = wire::Proposed::from(proposed);
        size = size.saturating_add(proposed.size());
        if size > engine.max_append_size || events.len() == MAX_APPEND_EVENTS {
            return Err(status::append_too_large(engine.max_append_size));
        }
        let event = proposed.into_event()?;
        overhead += wire::overhead(&event);
        share.set(size + overhead)?;
        events.push(event);
    }
    Ok(events)
}

impl From<ProposedMessage> for wire::Proposed {
    fn from(message: ProposedMessage) -> Self {
        Self {
            id: message.id,
            metadata: message.metadata,
            custom_metadata: message.custom_metadata,
            data: message.data,
        }
    }
}

fn success(appended: Appended) -> Success {
    let revision = match appended.revision {
        Some(revision) => CurrentRevisionOption::CurrentRevision(revision.as_u64()),
        None => CurrentRevisionOption::NoStream(Empty {}),
    };
    let position = match appended.position {
        Some(position) => PositionOption::Position(Position {
            commit_position: position.as_u64(),
            prepare_position: position.as_u64(),
        }),
        None => PositionOption::NoPosition(Empty {}),
    };
    Success {
        current_revision_option: Some(revision),
        position_option: Some(position),
    }
}

/// Old clients look into the first two fields, new ones into the others.
fn conflict(expected: ExpectedRevision, actual: Option<Revision>) -> WrongExpectedVersion {
    use wrong::{
        CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
        ExpectedRevisionOption as Expected, ExpectedRevisionOption2060 as OldExpected,
    };

    let (old_current, current) = match actual {
        Some(revision) => (
            OldCurrent::CurrentRevision2060(revision.as_u64()),
            Current::CurrentRevision(revision.as_u64()),
        ),
        None => (
            OldCurrent::NoStream2060(Empty {}),
            Current::CurrentNoStream(Empty {}),
        ),
    };
    let (old_expected, expected) = match expected {
        ExpectedRevision::Exact(revision) => (
            OldExpected::ExpectedRevision2060(revision.as_u64()),
            Expected::ExpectedRevision(revision.as_u64()),
        ),
        // The old field has no word for it, but the number -1.
        ExpectedRevision::NoStream => (
            OldExpected::ExpectedRevision2060(u64::MAX),
            Expected::ExpectedNoStream(Empty {}),
        ),
        ExpectedRevision::Any => (
            OldExpected::Any2060(Empty {}),
            Expected::ExpectedAny(Empty {}),
        ),
        ExpectedRevision::StreamExists => (
            OldExpected::StreamExists2060(Empty {}),
            Expected::ExpectedStreamExists(Empty {}),
        ),
    };
    WrongExpectedVersion {
        current_revision_option_20_6_0: Some(old_current),
        expected_revision_option_20_6_0: Some(old_expected),
        current_revision_option: Some(current),
        expected_revision_option: Some(expected),
    }
}
