//! One consumer's call: what it answers, taken to its group.

use super::{
    super::{
        proto::persistent_subscriptions::{
            ReadReq, ReadResp,
            read_req::{self, Content, nack::Action, options},
        },
        status,
        wire::{UuidForm, uuid},
    },
    group::{Applicant, Command, Connected, Verdict},
    registry::Registry,
    target::{GroupKey, SourceName},
};
use futures_util::{StreamExt, stream::BoxStream};
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// Who calls.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) address: SocketAddr,
    pub(super) user: String,
    pub(super) connection_name: String,
}

/// Lets the caller in; its answers are taken until it goes.
pub(super) async fn open(
    registry: &Registry,
    caller: Caller,
    mut inbound: Streaming<ReadReq>,
) -> Result<BoxStream<'static, Result<ReadResp, Status>>, Status> {
    let first = inbound.message().await?;
    let Some(Content::Options(options)) = first.and_then(|first| first.content) else {
        return Err(status::missing("options"));
    };
    let (key, applicant) = apply(options, caller)?;
    let connect = |answer| Command::Connect(applicant.clone(), answer);
    let (connected, commands) = registry.ask(&key, connect).await?;
    let Connected { id, outbound, gone } = connected;
    let stopping = registry.engine().stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = gone.cancelled() => {}
            () = take_answers(id, &commands, inbound) => {}
        }
        let _ = commands.send(Command::Disconnect(id)).await;
    });
    Ok(outbound.into_stream().boxed())
}

fn apply(options: read_req::Options, caller: Caller) -> Result<(GroupKey, Applicant), Status> {
    use options::{StreamOption, uuid_option};

    let source = match options.stream_option {
        Some(StreamOption::All(all)) => SourceName::all(all),
        Some(StreamOption::StreamIdentifier(stream)) => SourceName::stream(Some(&stream))?,
        None => return Err(status::missing("stream_option")),
    };
    let ids = match options.uuid_option.and_then(|option| option.content) {
        Some(uuid_option::Content::Structured(_)) => UuidForm::Structured,
        Some(uuid_option::Content::String(_)) => UuidForm::Text,
        None => return Err(status::missing("uuid_option")),
    };
    let buffer_size = usize::try_from(options.buffer_size)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| status::invalid("the buffer size must be at least 1"))?;
    let applicant = Applicant {
        buffer_size,
        ids,
        address: caller.address.to_string(),
        user: caller.user,
        connection_name: caller.connection_name,
    };
    Ok((GroupKey::new(source, options.group_name)?, applicant))
}

/// Takes acknowledgements, until the caller says no more.
async fn take_answers(id: u64, commands: &mpsc::Sender<Command>, mut inbound: Streaming<ReadReq>) {
    while let Ok(Some(message)) = inbound.message().await {
        let command = match message.content {
            Some(Content::Ack(ack)) => Command::Ack(id, ids(&ack.ids)),
            Some(Content::Nack(nack)) => {
                let verdict = match nack.action() {
                    Action::Park => Verdict::Park,
                    Action::Skip => Verdict::Skip,
                    Action::Stop => Verdict::Stop,
                    Action::Unknown | Action::Retry => Verdict::Retry,
                };
                Command::Nack(id, ids(&nack.ids), verdict, nack.reason)
            }
            Some(Content::Options(_)) | None => return,
        };
        if commands.send(command).await.is_err() {
            return;
        }
    }
}

fn ids(ids: &[super::super::proto::Uuid]) -> Vec<Uuid> {
    ids.iter().filter_map(|id| uuid(Some(id)).ok()).collect()
}
