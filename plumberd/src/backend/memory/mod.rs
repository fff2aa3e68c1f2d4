//! A store in memory: for tests, for tries, and as the reference for what
//! every other backend does.
//!
//! It needs no Tokio runtime: it and what was begun on it are used in any, in
//! several, and in none. Under a paused clock (`start_paused`) everything works
//! on it: nothing waits but what waits for an event.

pub(super) mod driver;
mod follow;
mod order;
mod read;
mod state;
mod store;
mod stream;

use crate::{
    clock::Clock,
    store::{
        Limits, StoreError,
        toolkit::{follow::Signal, rules},
    },
    stream::StreamName,
};
use state::{Owner, State};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// What the store is called in errors.
const BACKEND: &str = "the memory store";

/// An event store in the memory of this process; what it holds is gone with
/// the last handle.
///
/// Cloning is cheap, and clones are handles of the same store. A read hands
/// out the events that the store keeps, without a copy and without holding a
/// lock.
///
/// # Examples
///
/// ```
/// use plumberd::{
///     backend::memory::Memory,
///     event::{NewEvent, new_event_id},
///     store::{EventStore, ReadOptions},
///     stream::ExpectedRevision,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = Memory::new();
/// let stream = "Account-42".parse()?;
/// let opened = NewEvent::new(new_event_id(), "AccountOpened".parse()?, r#"{"Owner":"Ada"}"#);
/// store.append(&stream, ExpectedRevision::NoStream, vec![opened]).await?;
///
/// let events = store.read_stream(&stream, ReadOptions::forwards()).collect_all().await?;
/// assert_eq!(events.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Memory {
    shared: Arc<Shared>,
    clock: Clock,
    limits: Limits,
    tenants_only: bool,
    has_projections: bool,
    owner: Owner,
}

#[derive(Default)]
struct Shared {
    // No code of a user runs under it, and it is never held across an await.
    state: RwLock<State>,
    committed: Signal,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
            clock: Clock::system(),
            limits: Limits::default(),
            tenants_only: false,
            has_projections: false,
            owner: Owner::default(),
        }
    }

    /// With the time of `clock`. Of this handle and the clones that are made
    /// of it from now on.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// With these limits. Of this handle and the clones that are made of it
    /// from now on.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// For tenants only: every call on a handle of no tenant fails with
    /// [`StoreError::TenantRequired`], but
    /// [`for_tenant`](crate::store::EventStore::for_tenant). Of this handle
    /// and the clones that are made of it from now on.
    #[must_use]
    pub const fn tenants_only(mut self) -> Self {
        self.tenants_only = true;
        self
    }

    /// For a program that fills the streams of projections (`$ce-…`, `$et-…`,
    /// `$bc-…`, `$streams`) with links: they can be read as any other stream,
    /// where other handles refuse, since an empty answer would look like there
    /// is nothing. Of this handle and the clones that are made of it from now
    /// on.
    #[must_use]
    pub const fn with_projections(mut self) -> Self {
        self.has_projections = true;
        self
    }

    fn check_readable(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.check_tenant()?;
        if self.has_projections {
            return Ok(());
        }
        rules::check_readable(BACKEND, stream)
    }

    fn check_tenant(&self) -> Result<(), StoreError> {
        if self.tenants_only && self.owner.0.is_none() {
            return Err(StoreError::TenantRequired);
        }
        Ok(())
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.shared
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("tenant", &self.owner.0)
            .field("tenants_only", &self.tenants_only)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
