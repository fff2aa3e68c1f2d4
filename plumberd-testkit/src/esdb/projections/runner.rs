use super::{definition::Definition, system};
use futures_util::FutureExt;
use plumberd::{
    Store,
    event::{NewEvent, RecordedEvent},
    server_projection::{LookupProjection, ProjectionQuery},
    store::{
        EventStore, Filter, ReadFrom, ReadOptions, StoreError, SubscribeFrom, SubscriptionMessage,
        rules,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What the ids of links are derived from, besides the projection, the source
/// and the output.
const NAMESPACE: Uuid = Uuid::from_u128(0x5b1f_0a6e_5d0c_4f6b_9b51_3c2a_8d5e_7f90);

/// How many events are taken at once, at the most.
const BATCH: usize = 256;

/// After how many links it is written down how far the projection has come.
const CHECKPOINT_AFTER: usize = 100;

/// How a projection that runs is doing.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) position: Option<Position>,
    pub(super) events: i64,
    /// Why it stands still.
    pub(super) fault: Option<String>,
}

impl Progress {
    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a projection stands still.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("'linkTo' is not allowed: emit is not enabled")]
    MayNotEmit,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Runs a projection until it is told to stop; never stops between a link and
/// the next one of the same batch.
pub(super) async fn run(
    store: Store,
    definition: Definition,
    progress: Progress,
    stop: CancellationToken,
) {
    let runner = Runner {
        store,
        definition,
        progress,
    };
    if let Err(fault) = runner.run(stop.clone()).await
        && !stop.is_cancelled()
    {
        let name = &runner.definition.name;
        tracing::warn!(projection = %name, error = %fault, "a projection stands still");
        runner.progress.lock().fault = Some(fault.to_string());
    }
}

struct Runner {
    store: Store,
    definition: Definition,
    progress: Progress,
}

impl Runner {
    async fn run(&self, stop: CancellationToken) -> Result<(), Fault> {
        let known = self.definition.checkpoint(&self.store).await?;
        self.progress.lock().position = known;
        let from = known.map_or(SubscribeFrom::Start, SubscribeFrom::After);
        let mut events = self.store.subscribe_all(from, self.filter()).await?;
        let mut unsaved = 0;
        loop {
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                message = events.next_message() => message?,
            };
            let mut batch = Vec::new();
            let mut next = first;
            let mut position = None;
            while let Some(message) = next {
                match message {
                    SubscriptionMessage::Event(event) => {
                        position = Some(event.position);
                        batch.push(event);
                    }
                    SubscriptionMessage::Checkpoint(passed) => {
                        position = Some(passed);
                        unsaved += CHECKPOINT_AFTER;
                    }
                    _ => {}
                }
                if batch.len() >= BATCH {
                    break;
                }
                next = events.next_message().now_or_never().transpose()?.flatten();
            }
            unsaved += self.link(&batch).await?;
            let Some(position) = position else { continue };
            {
                let mut seen = self.progress.lock();
                seen.position = Some(position);
                seen.events += i64::try_from(batch.len()).unwrap_or_default();
            }
            if unsaved >= CHECKPOINT_AFTER {
                unsaved = 0;
                self.definition
                    .set_checkpoint(&self.store, position)
                    .await?;
            }
        }
        let reached = self.progress.seen().position;
        if let Some(position) = reached.filter(|_| unsaved > 0) {
            self.definition
                .set_checkpoint(&self.store, position)
                .await?;
        }
        Ok(())
    }

    /// What may be of interest; for a category its links too.
    fn filter(&self) -> Filter {
        match &self.definition.query {
            ProjectionQuery::Join(join) => join
                .event_types()
                .iter()
                .fold(Filter::new(), |filter, event_type| {
                    filter.event_type(event_type.clone())
                }),
            ProjectionQuery::Lookup(lookup) => Filter::new()
                .with_system_events()
                .stream_prefix(format!("{}-", lookup.category())),
            _ => Filter::new(),
        }
    }

    /// Writes the links of these events and says how many there are.
    async fn link(&self, events: &[RecordedEvent]) -> Result<usize, Fault> {
        let mut links: BTreeMap<StreamName, Vec<NewEvent>> = BTreeMap::new();
        let mut count = 0;
        for source in events {
            let Some(event) = self.resolved(source).await? else {
                continue;
            };
            let Some(output) = self.output(&event) else {
                continue;
            };
            let of_projection = Uuid::new_v5(&NAMESPACE, self.definition.name.as_bytes());
            let position = source.position.to_string();
            let namespace = Uuid::new_v5(&of_projection, position.as_bytes());
            let target = system::target(&event).into_bytes();
            if let Some(link) = system::new_link(namespace, &output, target, source) {
                links.entry(output).or_default().push(link);
                count += 1;
            }
        }
        if count > 0 && !self.definition.emit {
            return Err(Fault::MayNotEmit);
        }
        for (output, links) in links {
            self.append(&output, links).await?;
        }
        Ok(count)
    }

    /// Links that are there already are not written again.
    async fn append(&self, output: &StreamName, links: Vec<NewEvent>) -> Result<(), StoreError> {
        let any = ExpectedRevision::Any;
        match self.store.append(output, any, links.clone()).await {
            Err(StoreError::Idempotency { .. }) if links.len() > 1 => {
                // Some of them are there.
                for link in links {
                    self.store.append(output, any, vec![link]).await?;
                }
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// The event that a program on the server would be given; none when it is
    /// gone, which the guard of every known text leaves out.
    async fn resolved(&self, source: &RecordedEvent) -> Result<Option<RecordedEvent>, StoreError> {
        if source.event_type == RecordedEvent::TOMBSTONE {
            return Ok(None);
        }
        if !rules::is_link(source) {
            return self.visible(&source.stream, source.revision).await;
        }
        match rules::link_target(&source.data) {
            Some((revision, stream)) => self.visible(&stream, revision).await,
            None => Ok(None),
        }
    }

    async fn visible(
        &self,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let options = ReadOptions::forwards()
            .from(ReadFrom::At(revision))
            .limit(1);
        match self.store.read_stream(stream, options).next_event().await {
            Ok(found) => Ok(found.filter(|event| event.revision == revision)),
            Err(StoreError::StreamDeleted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The stream that a link to this event goes to, if there is to be one.
    fn output(&self, event: &RecordedEvent) -> Option<StreamName> {
        match &self.definition.query {
            ProjectionQuery::Join(join) => Some(join.output().clone()),
            ProjectionQuery::Lookup(lookup) => {
                let value = looked_up(lookup, event)?;
                StreamName::raw(format!("{}-{value}", lookup.output())).ok()
            }
            _ => None,
        }
    }
}

/// The value of the property as JavaScript would write it behind a text; none
/// where it counts as false. Objects and lists have no text worth a stream.
fn looked_up(lookup: &LookupProjection, event: &RecordedEvent) -> Option<String> {
    let body: Value = serde_json::from_slice(&event.data).ok()?;
    match body.get(lookup.property())? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(true) => Some("true".to_owned()),
        Value::Number(number) => {
            let number = number.as_f64()?;
            // Outside of this JavaScript writes exponents.
            ((1e-6..1e21).contains(&number.abs())).then(|| number.to_string())
        }
        _ => None,
    }
}
