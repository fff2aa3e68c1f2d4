use crate::{clock::Clock, store::Limits};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How much an append waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// An acknowledged append survives a loss of power: the log is flushed at
    /// every commit, which concurrent appends share.
    #[default]
    Full,
    /// An acknowledged append survives the end of the process, not a loss of
    /// power, which may take the last commits with it (and never a part of
    /// one).
    Normal,
}

impl Synchronous {
    pub(super) const fn as_sql(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
        }
    }
}

/// How to open a [`Sqlite`](super::Sqlite) store.
///
/// # Examples
///
/// ```
/// use plumberd::backend::sqlite::{SqliteConfig, Synchronous};
///
/// let config = SqliteConfig::new("bank.db").with_synchronous(Synchronous::Normal);
/// let same = SqliteConfig::from_url("sqlite://bank.db?synchronous=normal")?;
/// assert_eq!(config.path(), same.path());
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteConfig {
    pub(super) path: PathBuf,
    pub(super) create: bool,
    pub(super) synchronous: Synchronous,
    pub(super) busy_timeout: Duration,
    pub(super) readers: usize,
    pub(super) page_events: usize,
    pub(super) max_group: usize,
    pub(super) poll_interval: Duration,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) tenants_only: bool,
    pub(super) max_pages: Option<u32>,
}

impl SqliteConfig {
    /// The database file `path`, with the defaults that each setter names.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: true,
            synchronous: Synchronous::Full,
            busy_timeout: Duration::from_secs(5),
            readers: 2,
            page_events: 512,
            max_group: 256,
            poll_interval: Duration::from_millis(50),
            limits: Limits::default(),
            clock: Clock::system(),
            tenants_only: false,
            max_pages: None,
        }
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether to make the file when there is none. Yes by default.
    #[must_use]
    pub fn with_create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How much an append waits for. [`Synchronous::Full`] by default.
    #[must_use]
    pub fn with_synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// How long to wait for a lock that another process holds, before the call
    /// fails as unavailable. 5 s by default.
    #[must_use]
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// The most readers there can be, each a thread with a connection of its own.
    pub const MAX_READERS: usize = 256;

    /// How many threads read, each over a connection of its own; from 1 to
    /// [`SqliteConfig::MAX_READERS`], and 2 by default.
    #[must_use]
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers.clamp(1, Self::MAX_READERS);
        self
    }

    /// How many events a read takes at a time, after a smaller first page; at
    /// least 1. 512 by default.
    #[must_use]
    pub fn with_page_events(mut self, events: usize) -> Self {
        self.page_events = events.max(1);
        self
    }

    /// How many appends may share a commit; at least 1. 256 by default.
    #[must_use]
    pub fn with_max_group(mut self, appends: usize) -> Self {
        self.max_group = appends.max(1);
        self
    }

    /// How often to look for what other processes appended, while a program
    /// subscribes. 50 ms by default. Own appends are seen at once.
    #[must_use]
    pub fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// The largest event and batch. [`Limits::default`] by default.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where the time comes from that events are stamped with.
    /// [`Clock::system`] by default.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Refuses every call that names no tenant. Off by default.
    #[must_use]
    pub fn tenants_only(mut self) -> Self {
        self.tenants_only = true;
        self
    }

    /// The largest size of the file, in pages of 4096 bytes: an append that
    /// needs more fails, and writes nothing. No limit by default.
    #[must_use]
    pub fn with_max_pages(mut self, pages: u32) -> Self {
        self.max_pages = Some(pages);
        self
    }
}
