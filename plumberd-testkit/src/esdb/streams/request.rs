//! What a read or a subscription asks for, checked.

use crate::esdb::{
    cursor::Source,
    filter::Filtering,
    proto::streams::{
        ReadReq,
        read_req::options::{
            CountOption, FilterOption, ReadDirection, StreamOption, UuidOption,
            all_options::AllOption, stream_options::RevisionOption, uuid_option,
        },
    },
    status,
    wire::{self, UuidForm},
};
use plumberd::store::{Direction, ReadFrom, SubscribeFrom};
use tonic::Status;

/// What reads and subscriptions have in common.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) source: Source,
    pub(super) filtering: Option<Filtering>,
    pub(super) resolve_links: bool,
    pub(super) ids: UuidForm,
    /// Whether the client knows the messages of first and last positions.
    pub(super) positions: bool,
}

pub(super) enum Mode {
    Read(Extent),
    Subscribe(SubscribeFrom<u64>),
}

/// Which part of its source a read wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) direction: Direction,
    pub(super) from: ReadFrom<u64>,
    pub(super) count: u64,
}

/// Where a request begins, as it says it.
#[derive(Debug, Clone, Copy)]
enum Begin {
    Start,
    End,
    At(u64),
}

pub(super) fn parse(request: ReadReq) -> Result<(Wanted, Mode), Status> {
    let options = request.options.ok_or_else(|| status::missing("options"))?;
    let ids = uuid_form(options.uuid_option)?;
    let direction = match ReadDirection::try_from(options.read_direction) {
        Ok(ReadDirection::Forwards) => Direction::Forwards,
        Ok(ReadDirection::Backwards) => Direction::Backwards,
        Err(_) => return Err(status::missing("read_direction")),
    };
    let (source, start) = source(options.stream_option)?;
    let filtering = match options.filter_option {
        Some(FilterOption::NoFilter(_)) => None,
        Some(FilterOption::Filter(filter)) => Some(Filtering::try_from(filter)?),
        None => return Err(status::missing("filter_option")),
    };
    if filtering.is_some() && source != Source::All {
        return Err(status::invalid("only a read of all streams has a filter"));
    }
    let mode = match options.count_option {
        Some(CountOption::Count(count)) => Mode::Read(Extent {
            direction,
            from: read_from(&source, direction, start),
            count,
        }),
        Some(CountOption::Subscription(_)) => {
            if direction == Direction::Backwards {
                return Err(status::invalid("a subscription goes forwards"));
            }
            if filtering.as_ref().is_some_and(|f| f.checkpoint_after == 0) {
                return Err(status::invalid(
                    "'checkpointIntervalMultiplier' must be greater than 0",
                ));
            }
            Mode::Subscribe(match start {
                Begin::Start => SubscribeFrom::Start,
                Begin::End => SubscribeFrom::End,
                Begin::At(number) => SubscribeFrom::After(number),
            })
        }
        None => return Err(status::missing("count_option")),
    };
    let wanted = Wanted {
        source,
        filtering,
        resolve_links: options.resolve_links,
        ids,
        positions: options
            .control_option
            .is_some_and(|control| control.compatibility >= 1),
    };
    Ok((wanted, mode))
}

/// How the client wants to read ids.
fn uuid_form(option: Option<UuidOption>) -> Result<UuidForm, Status> {
    match option.and_then(|option| option.content) {
        Some(uuid_option::Content::Structured(_)) => Ok(UuidForm::Structured),
        Some(uuid_option::Content::String(_)) => Ok(UuidForm::Text),
        None => Err(status::missing("uuid_option")),
    }
}

fn source(option: Option<StreamOption>) -> Result<(Source, Begin), Status> {
    match option {
        Some(StreamOption::Stream(stream)) => {
            let name = wire::stream_name(stream.stream_identifier.as_ref())?;
            let start = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => Begin::At(revision),
                Some(RevisionOption::Start(_)) => Begin::Start,
                Some(RevisionOption::End(_)) => Begin::End,
                None => return Err(status::missing("revision_option")),
            };
            Ok((Source::Stream(name), start))
        }
        Some(StreamOption::All(all)) => {
            let start = match all.all_option {
                // Commit and prepare are one number here.
                Some(AllOption::Position(position)) => Begin::At(position.commit_position),
                Some(AllOption::Start(_)) => Begin::Start,
                Some(AllOption::End(_)) => Begin::End,
                None => return Err(status::missing("all_option")),
            };
            Ok((Source::All, start))
        }
        None => Err(status::missing("stream_option")),
    }
}

/// A read includes the event it begins at, but for a read of everything
/// backwards. The start of a stream is its first event.
fn read_from(source: &Source, direction: Direction, start: Begin) -> ReadFrom<u64> {
    match (source, direction, start) {
        (Source::Stream(_), Direction::Backwards, Begin::Start) => ReadFrom::At(0),
        (_, _, Begin::Start) => ReadFrom::Start,
        (_, _, Begin::End) => ReadFrom::End,
        (Source::All, Direction::Backwards, Begin::At(number)) => ReadFrom::After(number),
        (_, _, Begin::At(number)) => ReadFrom::At(number),
    }
}
