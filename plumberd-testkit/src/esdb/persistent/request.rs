//! Requests, taken apart.

use super::{
    super::{
        proto::persistent_subscriptions::{
            AllOptions, CreateReq, DeleteReq, GetInfoReq, ListReq, ReplayParkedReq, Settings,
            StreamOptions, UpdateReq,
            all_options::{AllOption, FilterOption},
            create_req, delete_req, get_info_req,
            list_req::{self, stream_option},
            replay_parked_req,
            stream_options::RevisionOption,
            update_req,
        },
        status,
    },
    definition::Definition,
    filter::GroupFilter,
    refusal,
    settings::GroupSettings,
    source::Start,
    target::{GroupKey, SourceName},
};
use tonic::Status;

/// What `Create` and `Update` say; where the group begins is not known yet.
pub(super) fn create(request: CreateReq) -> Result<Definition, Status> {
    let options = request.options.ok_or_else(no_options)?;
    let settings = options.settings.unwrap_or_default();
    let asked = match options.stream_option {
        Some(create_req::options::StreamOption::Stream(stream)) => of_stream(&stream)?,
        Some(create_req::options::StreamOption::All(all)) => of_all(all)?,
        None => of_old_client(
            SourceName::stream(options.stream_identifier.as_ref())?,
            &settings,
        ),
    };
    definition(asked, options.group_name, &settings)
}

pub(super) fn update(request: UpdateReq) -> Result<Definition, Status> {
    let options = request.options.ok_or_else(no_options)?;
    let settings = options.settings.unwrap_or_default();
    let asked = match options.stream_option {
        Some(update_req::options::StreamOption::Stream(stream)) => of_stream(&stream)?,
        Some(update_req::options::StreamOption::All(all)) => of_all(all)?,
        None => of_old_client(
            SourceName::stream(options.stream_identifier.as_ref())?,
            &settings,
        ),
    };
    definition(asked, options.group_name, &settings)
}

pub(super) fn delete(request: DeleteReq) -> Result<GroupKey, Status> {
    use delete_req::options::StreamOption;

    let options = request.options.ok_or_else(no_options)?;
    let source = match options.stream_option {
        Some(StreamOption::All(all)) => SourceName::all(all),
        Some(StreamOption::StreamIdentifier(stream)) => SourceName::stream(Some(&stream))?,
        None => return Err(no_source()),
    };
    GroupKey::new(source, options.group_name)
}

pub(super) fn get_info(request: GetInfoReq) -> Result<GroupKey, Status> {
    use get_info_req::options::StreamOption;

    let options = request.options.ok_or_else(no_options)?;
    let source = match options.stream_option {
        Some(StreamOption::All(all)) => SourceName::all(all),
        Some(StreamOption::StreamIdentifier(stream)) => SourceName::stream(Some(&stream))?,
        None => return Err(no_source()),
    };
    GroupKey::new(source, options.group_name)
}

/// The group, and the revision to stop at.
pub(super) fn replay(request: ReplayParkedReq) -> Result<(GroupKey, Option<u64>), Status> {
    use replay_parked_req::options::{StopAtOption, StreamOption};

    let options = request.options.ok_or_else(no_options)?;
    let source = match options.stream_option {
        Some(StreamOption::All(all)) => SourceName::all(all),
        Some(StreamOption::StreamIdentifier(stream)) => SourceName::stream(Some(&stream))?,
        None => return Err(no_source()),
    };
    let stop_at = match options.stop_at_option {
        Some(StopAtOption::StopAt(at)) => {
            let at = u64::try_from(at);
            Some(at.map_err(|_| status::invalid("the revision to stop at is negative"))?)
        }
        Some(StopAtOption::NoLimit(_)) | None => None,
    };
    Ok((GroupKey::new(source, options.group_name)?, stop_at))
}

/// The source whose groups are asked for; none for those of every source.
pub(super) fn list(request: ListReq) -> Result<Option<SourceName>, Status> {
    use list_req::options::ListOption;
    use stream_option::StreamOption;

    match request.options.and_then(|options| options.list_option) {
        Some(ListOption::ListAllSubscriptions(_)) => Ok(None),
        Some(ListOption::ListForStream(option)) => match option.stream_option {
            Some(StreamOption::All(all)) => Ok(Some(SourceName::all(all))),
            Some(StreamOption::Stream(stream)) => SourceName::stream(Some(&stream)).map(Some),
            None => Err(no_source()),
        },
        None => Err(no_options()),
    }
}

type Asked = (SourceName, Start, Option<GroupFilter>);

fn of_stream(options: &StreamOptions) -> Result<Asked, Status> {
    let start = match options.revision_option {
        Some(RevisionOption::Revision(revision)) => Start::At(revision),
        Some(RevisionOption::Start(_)) | None => Start::First,
        Some(RevisionOption::End(_)) => Start::End,
    };
    let source = SourceName::stream(options.stream_identifier.as_ref())?;
    Ok((source, start, None))
}

fn of_all(options: AllOptions) -> Result<Asked, Status> {
    let start = match options.all_option {
        Some(AllOption::Position(position)) => {
            if position.prepare_position > position.commit_position {
                return Err(status::invalid("the position is not one"));
            }
            Start::At(position.commit_position)
        }
        Some(AllOption::Start(_)) | None => Start::First,
        Some(AllOption::End(_)) => Start::End,
    };
    let filter = match options.filter_option {
        Some(FilterOption::Filter(filter)) => Some(GroupFilter::from_wire(filter)?),
        Some(FilterOption::NoFilter(_)) | None => None,
    };
    Ok((SourceName::All, start, filter))
}

fn of_old_client(source: SourceName, settings: &Settings) -> Asked {
    let start = if settings.revision == u64::MAX {
        Start::End
    } else {
        Start::At(settings.revision)
    };
    (source, start, None)
}

fn definition(
    (source, start, filter): Asked,
    group: String,
    settings: &Settings,
) -> Result<Definition, Status> {
    let key = GroupKey::new(source, group)?;
    let settings =
        GroupSettings::from_wire(settings).map_err(|reason| refusal::failed(&key, &reason))?;
    Ok(Definition {
        key,
        settings,
        filter,
        start,
        begin: None,
    })
}

fn no_options() -> Status {
    status::missing("options")
}

fn no_source() -> Status {
    status::missing("stream_option")
}
