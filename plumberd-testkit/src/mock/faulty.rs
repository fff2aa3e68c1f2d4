use super::{Call, CallKind, Fault, fault::OnCue};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use plumberd::{
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
        StreamInfo, SubscribeFrom, Subscription,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
    timer::sleep,
};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

const BACKEND: &str = "faulty";

/// A real store that fails on cue.
///
/// Every call goes to the store behind it, unless a fault is due: one that was
/// put in line for the next call of this kind ([`Faulty::next`]), or one that
/// the plan asks for ([`Faulty::plan`]). Clones, and handles of tenants, share
/// the faults and the counts.
///
/// Without faults it is the store behind it; it passes the conformance suite.
#[derive(Clone)]
pub struct Faulty<S> {
    inner: S,
    cues: Arc<Cues>,
}

/// Chooses a fault for a call; the number counts calls of its kind, from 0.
type Plan = Box<dyn FnMut(&Call, usize) -> Option<Fault> + Send>;

#[derive(Default)]
struct Cues {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_line: HashMap<CallKind, VecDeque<Fault>>,
    plan: Option<Plan>,
    counts: HashMap<CallKind, usize>,
    faults: usize,
}

impl<S> Faulty<S> {
    /// A store that does what `inner` does, until it is told to fail.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            cues: Arc::default(),
        }
    }

    /// Puts a fault in line for the next call of this kind; several are met
    /// one after another, one a call.
    pub fn next(&self, kind: CallKind, fault: Fault) -> &Self {
        let mut state = self.cues.lock();
        state.in_line.entry(kind).or_default().push_back(fault);
        drop(state);
        self
    }

    /// Puts a fault in line for the next append.
    pub fn next_append(&self, fault: Fault) -> &Self {
        self.next(CallKind::Append, fault)
    }

    /// Puts a fault in line for the next read of a stream.
    pub fn next_read(&self, fault: Fault) -> &Self {
        self.next(CallKind::ReadStream, fault)
    }

    /// Asks `plan` for a fault at every call that has none in line. It is given
    /// the call and how many of its kind came before.
    ///
    /// It is called while the store's cues are locked: it must not call the
    /// store.
    pub fn plan(&self, plan: impl FnMut(&Call, usize) -> Option<Fault> + Send + 'static) -> &Self {
        self.cues.lock().plan = Some(Box::new(plan));
        self
    }

    /// Forgets every fault that is in line, and the plan.
    pub fn heal(&self) {
        let mut state = self.cues.lock();
        state.in_line.clear();
        state.plan = None;
    }

    /// How many calls of this kind came, those that failed among them.
    pub fn calls(&self, kind: CallKind) -> usize {
        self.cues.lock().counts.get(&kind).copied().unwrap_or(0)
    }

    /// How many faults were met.
    pub fn faults(&self) -> usize {
        self.cues.lock().faults
    }

    /// The store behind it, which never fails on cue.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl Cues {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and says what to do wrong with it.
    fn due(&self, call: &Call) -> Option<Fault> {
        let kind = call.kind();
        let mut state = self.lock();
        let count = state.counts.entry(kind).or_default();
        let number = *count;
        *count += 1;
        let in_line = state.in_line.get_mut(&kind).and_then(VecDeque::pop_front);
        let fault = match in_line {
            Some(fault) => Some(fault),
            None => state.plan.as_mut().and_then(|plan| plan(call, number)),
        };
        state.faults += usize::from(fault.is_some());
        fault
    }

    /// Meets what is due before the call; gives what is due after it.
    async fn meet(&self, call: &Call) -> Result<Option<StoreError>, StoreError> {
        let Some(fault) = self.due(call) else {
            return Ok(None);
        };
        match fault {
            Fault::Delay(by) => {
                sleep(by).await;
                Ok(None)
            }
            Fault::Conflict => match call {
                Call::Append {
                    stream, expected, ..
                }
                | Call::Delete { stream, expected }
                | Call::Tombstone { stream, expected } => Err(conflict(stream, *expected)),
                _ => Ok(None),
            },
            Fault::TimeOutAfterCommit => Ok(Some(unknown(call, fault))),
            Fault::TimeOutBeforeCommit => Err(unknown(call, fault)),
            Fault::Unavailable | Fault::FailAfter(_) => Err(unavailable(fault)),
            Fault::Broken => Err(broken()),
        }
    }
}

/// Another writer was first: it wrote one event more than expected.
fn conflict(stream: &StreamName, expected: ExpectedRevision) -> StoreError {
    StoreError::Conflict {
        stream: stream.clone(),
        expected,
        actual: match expected {
            ExpectedRevision::Exact(revision) => Some(revision.next()),
            ExpectedRevision::NoStream | ExpectedRevision::Any => Some(Revision::FIRST),
            ExpectedRevision::StreamExists => None,
        },
    }
}

fn unknown(call: &Call, fault: Fault) -> StoreError {
    match call {
        Call::Append { stream, .. }
        | Call::Delete { stream, .. }
        | Call::Tombstone { stream, .. } => StoreError::OutcomeUnknown {
            backend: BACKEND,
            stream: stream.clone(),
            source: OnCue(fault).into(),
        },
        _ => unavailable(fault),
    }
}

fn unavailable(fault: Fault) -> StoreError {
    StoreError::Unavailable {
        backend: BACKEND,
        source: OnCue(fault).into(),
    }
}

fn broken() -> StoreError {
    StoreError::Backend {
        backend: BACKEND,
        source: OnCue(Fault::Broken).into(),
    }
}

fn after<T>(result: Result<T, StoreError>, fault: Option<StoreError>) -> Result<T, StoreError> {
    // What failed by itself was not committed: its own error is the true one.
    let value = result?;
    fault.map_or(Ok(value), Err)
}

/// A read with this fault.
fn faulty_read(mut read: EventStream, fault: Option<Fault>) -> EventStream {
    match fault {
        None | Some(Fault::Conflict) => read,
        Some(Fault::Broken) => EventStream::failed(broken()),
        Some(Fault::FailAfter(pages)) => {
            let error = unavailable(Fault::FailAfter(pages));
            EventStream::from_pages(
                pages_of(read)
                    .take(pages)
                    .chain(stream::once(async { Err(error) })),
            )
        }
        Some(Fault::Delay(by)) => EventStream::from_pages(
            stream::once(async move {
                sleep(by).await;
                read.next_page()
                    .await
                    .map(|first| (first.unwrap_or_default(), read))
            })
            .flat_map(|first| match first {
                Ok((page, rest)) => stream::iter([Ok(page)]).chain(pages_of(rest)).boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }),
        ),
        Some(fault) => EventStream::failed(unavailable(fault)),
    }
}

fn pages_of(
    read: EventStream,
) -> impl stream::Stream<Item = Result<plumberd::store::Page, StoreError>> + Send {
    stream::unfold(read, |mut read| async move {
        let page = read.next_page().await.transpose()?;
        Some((page, read))
    })
}

impl<S: EventStore> Faulty<S> {
    async fn subscribed(
        &self,
        call: Call,
        subscribe: impl Future<Output = Result<Subscription, StoreError>> + Send,
    ) -> Result<Subscription, StoreError> {
        match self.cues.due(&call) {
            None | Some(Fault::Conflict) => subscribe.await,
            Some(Fault::FailAfter(messages)) => {
                let error = unavailable(Fault::FailAfter(messages));
                let rest = stream::once(async { Err(error) });
                Ok(Subscription::from_messages(
                    subscribe.await?.take(messages).chain(rest),
                ))
            }
            Some(Fault::Delay(by)) => {
                sleep(by).await;
                subscribe.await
            }
            Some(Fault::Broken) => Err(broken()),
            Some(fault) => Err(unavailable(fault)),
        }
    }
}

#[async_trait]
impl<S: EventStore> EventStore for Faulty<S> {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let call = Call::Append {
            stream: stream.clone(),
            expected,
            events: events.clone(),
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.append(stream, expected, events).await, fault)
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        let call = Call::ReadStream {
            stream: stream.clone(),
            options,
        };
        let fault = self.cues.due(&call);
        faulty_read(self.inner.read_stream(stream, options), fault)
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        let call = Call::ReadAll {
            options,
            filter: filter.clone(),
        };
        let fault = self.cues.due(&call);
        faulty_read(self.inner.read_all(options, filter), fault)
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        let call = Call::SubscribeStream {
            stream: stream.clone(),
            from,
        };
        self.subscribed(call, self.inner.subscribe_stream(stream, from))
            .await
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        let call = Call::SubscribeAll {
            from,
            filter: filter.clone(),
        };
        self.subscribed(call, self.inner.subscribe_all(from, filter))
            .await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let call = Call::StreamInfo {
            stream: stream.clone(),
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.stream_info(stream).await, fault)
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        let call = Call::FindEvent {
            stream: stream.clone(),
            id,
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.find_event(stream, id).await, fault)
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        let call = Call::FindAnyEvent {
            stream: stream.clone(),
            ids: ids.to_vec(),
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.find_any_event(stream, ids).await, fault)
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        let call = Call::Delete {
            stream: stream.clone(),
            expected,
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.delete(stream, expected).await, fault)
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        let call = Call::Tombstone {
            stream: stream.clone(),
            expected,
        };
        let fault = self.cues.meet(&call).await?;
        after(self.inner.tombstone(stream, expected).await, fault)
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        let call = Call::ForTenant {
            tenant: tenant.clone(),
        };
        match self.cues.due(&call) {
            None | Some(Fault::Conflict | Fault::Delay(_)) => {}
            Some(Fault::Broken) => return Err(broken()),
            Some(fault) => return Err(unavailable(fault)),
        }
        Ok(Arc::new(Faulty {
            inner: self.inner.for_tenant(tenant)?,
            cues: self.cues.clone(),
        }))
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

impl<S: fmt::Debug> fmt::Debug for Faulty<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.cues.lock();
        f.debug_struct("Faulty")
            .field("inner", &self.inner)
            .field("in_line", &state.in_line)
            .field("calls", &state.counts)
            .field("faults", &state.faults)
            .finish_non_exhaustive()
    }
}
