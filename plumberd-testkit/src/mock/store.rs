use super::{
    Call, ExpectedAppend, ExpectedRead,
    expectation::{Entry, Wanted},
    report::{self, Rendered},
};
use async_trait::async_trait;
use plumberd::{
    aggregate::Aggregate,
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, Page, ReadOptions,
        StoreError, StreamInfo, SubscribeFrom, Subscription,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use std::{
    fmt,
    panic::Location as Line,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// A store that answers what the test says, and holds its user to the calls
/// the test expects.
///
/// A call that is not expected, or not as expected, panics with what was
/// expected beside what came. [`MockStore::verify`] panics when an expected
/// call did not come, and so does dropping the last clone, unless the test is
/// failing already. A panic in a task of the code under test is not lost:
/// `verify` repeats it.
///
/// Calls about one stream are expected in the order they were announced; calls
/// about different streams may come in any order. Subscriptions, reads of
/// everything and tenants are never expected: take the memory store for those.
///
/// # Examples
///
/// ```
/// use plumberd::{Event, aggregate, store::EventStore, stream::Revision};
/// use plumberd_testkit::mock::MockStore;
///
/// #[derive(Event, Debug, Clone)]
/// struct Credited { amount: u32 }
///
/// #[derive(Debug, Default)]
/// struct Account { balance: u32 }
///
/// #[aggregate(category = "Account")]
/// impl Account {
///     #[event_sourcing_handler]
///     fn on_credited(&mut self, event: &Credited) { self.balance += event.amount; }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let id = plumberd::event::new_event_id();
/// let store = MockStore::new();
/// store.expect_read::<Account>(&id).event(&Credited { amount: 5 });
/// store
///     .expect_append::<Account>(&id)
///     .at(Revision::new(0))
///     .event(&Credited { amount: 10 });
///
/// let accounts = plumberd::repository::Repository::<Account>::new(std::sync::Arc::new(store.clone()));
/// accounts
///     .execute(id, |account| Ok::<_, std::convert::Infallible>(Credited { amount: account.balance * 2 }))
///     .await?;
///
/// store.verify();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MockStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) entries: Vec<Entry>,
    calls: Vec<Call>,
    failures: Vec<String>,
    position: u64,
}

impl MockStore {
    /// A store that expects no call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects an append to the stream of the aggregate `id`.
    ///
    /// # Panics
    ///
    /// When the id cannot name a stream.
    #[track_caller]
    pub fn expect_append<A: Aggregate>(&self, id: &A::Id) -> ExpectedAppend<'_> {
        self.expect_append_to(&stream_of::<A>(id))
    }

    /// Expects an append to `stream`.
    #[track_caller]
    pub fn expect_append_to(&self, stream: &StreamName) -> ExpectedAppend<'_> {
        ExpectedAppend(self.expect(stream, Wanted::append()))
    }

    /// Expects a read of the stream of the aggregate `id`; it yields what the
    /// expectation is given, nothing when it is given nothing.
    ///
    /// # Panics
    ///
    /// When the id cannot name a stream.
    #[track_caller]
    pub fn expect_read<A: Aggregate>(&self, id: &A::Id) -> ExpectedRead<'_> {
        self.expect_read_of(&stream_of::<A>(id))
    }

    /// Expects a read of `stream`; it yields what the expectation is given,
    /// nothing when it is given nothing.
    #[track_caller]
    pub fn expect_read_of(&self, stream: &StreamName) -> ExpectedRead<'_> {
        ExpectedRead(self.expect(stream, Wanted::read()))
    }

    /// Expects a call for the information of `stream`, and gives
    /// this.
    #[track_caller]
    pub fn expect_info(&self, stream: &StreamName, info: StreamInfo) {
        self.expect(stream, Wanted::Info(info));
    }

    /// Expects a call for the event `id` in `stream`, and gives
    /// this.
    #[track_caller]
    pub fn expect_find(&self, stream: &StreamName, id: Uuid, found: Option<Location>) {
        self.expect(stream, Wanted::Find(id, found));
    }

    /// Expects a delete of `stream`.
    #[track_caller]
    pub fn expect_delete(&self, stream: &StreamName, expected: ExpectedRevision) {
        self.expect(stream, Wanted::Delete(expected));
    }

    /// Expects a tombstone on `stream`.
    #[track_caller]
    pub fn expect_tombstone(&self, stream: &StreamName, expected: ExpectedRevision) {
        self.expect(stream, Wanted::Tombstone(expected));
    }

    /// Every call that came so far, in order, the unexpected among them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// Checks that every expected call came, and no other.
    ///
    /// # Panics
    ///
    /// When one did not, with all that did not.
    #[track_caller]
    pub fn verify(&self) {
        if let Some(report) = self.shared.report() {
            panic!("{report}");
        }
    }

    #[track_caller]
    fn expect(&self, stream: &StreamName, wanted: Wanted) -> EntryHandle<'_> {
        let mut state = self.shared.lock();
        state.entries.push(Entry {
            stream: stream.clone(),
            wanted,
            times: 1,
            line: Line::caller(),
        });
        EntryHandle {
            shared: &self.shared,
            index: state.entries.len() - 1,
        }
    }

    /// Notes the call, and takes what was expected of its stream.
    fn meet<T>(
        &self,
        call: Call,
        answer: impl FnOnce(&mut Entry, &mut u64) -> Result<T, Rendered>,
    ) -> T {
        let mut state = self.shared.lock();
        let State {
            entries,
            calls,
            position,
            failures,
        } = &mut *state;
        let due = entries.iter_mut().find(|entry| {
            entry.times > 0
                && Some(&entry.stream) == call.stream()
                && entry.wanted.kind() == call.kind()
        });
        let report = match due {
            None => report::unexpected(&call, entries),
            Some(entry) => match answer(entry, position) {
                Ok(value) => {
                    entry.times -= 1;
                    calls.push(call);
                    return value;
                }
                Err(wanted) => report::different(&call, &wanted, entry.line),
            },
        };
        calls.push(call);
        failures.push(report.clone());
        // The lock must be free when the panic is met by `verify`.
        drop(state);
        panic!("{report}");
    }

    fn never<T>(&self, call: Call) -> T {
        self.meet(call, |_, _| Err(Rendered::default()))
    }
}

/// An expectation that is being described.
#[derive(Debug)]
pub(super) struct EntryHandle<'a> {
    shared: &'a Shared,
    index: usize,
}

impl EntryHandle<'_> {
    pub(super) fn change(&self, change: impl FnOnce(&mut Entry)) {
        change(&mut self.shared.lock().entries[self.index]);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> Option<String> {
        let state = self.lock();
        report::left(&state.entries, &state.failures)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Some(report) = self.report()
        {
            panic!("{report}");
        }
    }
}

#[track_caller]
fn stream_of<A: Aggregate>(id: &A::Id) -> StreamName {
    StreamName::new(A::CATEGORY, id)
        .unwrap_or_else(|error| panic!("`{id}` does not name an aggregate: {error}"))
}

#[async_trait]
impl EventStore for MockStore {
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
        self.meet(call, |entry, position| {
            entry.answer_append(expected, &events, position)
        })
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        let call = Call::ReadStream {
            stream: stream.clone(),
            options,
        };
        match self.meet(call, |entry, _| entry.answer_read(options)) {
            Ok(events) => {
                EventStream::from_pages(futures_util::stream::iter([Ok(Page::from(events))]))
            }
            Err(error) => EventStream::failed(error),
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.never(Call::ReadAll { options, filter })
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        self.never(Call::SubscribeStream {
            stream: stream.clone(),
            from,
        })
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        self.never(Call::SubscribeAll { from, filter })
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let call = Call::StreamInfo {
            stream: stream.clone(),
        };
        self.meet(call, |entry, _| match &entry.wanted {
            Wanted::Info(info) => Ok(Ok(info.clone())),
            _ => Err(Rendered::default()),
        })
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
        self.meet(call, |entry, _| match &entry.wanted {
            Wanted::Find(wanted, found) if *wanted == id => Ok(Ok(*found)),
            _ => Err(entry.rendered()),
        })
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
        self.meet(call, |entry, _| match &entry.wanted {
            Wanted::Delete(wanted) if *wanted == expected => Ok(Ok(())),
            _ => Err(entry.rendered()),
        })
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
        self.meet(call, |entry, _| match &entry.wanted {
            Wanted::Tombstone(wanted) if *wanted == expected => Ok(Ok(())),
            _ => Err(entry.rendered()),
        })
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        self.never(Call::ForTenant {
            tenant: tenant.clone(),
        })
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }
}

impl fmt::Debug for MockStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockStore").finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
