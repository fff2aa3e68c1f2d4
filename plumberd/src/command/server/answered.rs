use super::work::{is_corrupt, is_for_good};
use crate::{
    store::{EventStore, ReadFrom, ReadOptions, StoreError},
    stream::{Position, Revision, StreamName},
};
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use uuid::Uuid;

/// Which commands are answered, by the ids of their answers.
///
/// A store may have no index of ids, so that finding one is a scan: here the
/// answers of a session are read once, from the newest back as far as they can
/// matter, and then only what is new.
pub(super) struct Answered {
    store: Arc<dyn EventStore>,
    /// Where this server took over: from there on nobody else of its name
    /// begins a command. `None` when what it follows does not tell.
    since: Option<Position>,
    sessions: Mutex<LruCache<StreamName, Arc<Session>>>,
    /// How many ids are remembered of all of them.
    ids: Arc<AtomicUsize>,
}

/// A command that is looked for among the answers.
pub(super) struct Asked<'a> {
    /// Where its answer would be.
    pub(super) stream: &'a StreamName,
    /// The id of its answer.
    pub(super) answer: Uuid,
    pub(super) position: Position,
    /// Whether this event is the only one of the command in its session. Then
    /// no answer is older than it.
    pub(super) alone: bool,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Answered,
    /// It is not answered; `first` when nothing is in its session.
    No {
        first: bool,
    },
}

/// So many sessions are remembered.
const SESSIONS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// So many answers of each; of a session with more, the store is asked.
const MOST: usize = 4_096;

/// So many answers of all: some ten megabytes.
const MOST_OF_ALL: usize = 128 * 1_024;

#[derive(Default)]
struct Session {
    /// How many times its answers were begun to be read.
    reads: AtomicU64,
    /// Whether it has commands that are not [`Asked::alone`].
    repeated: AtomicBool,
    known: tokio::sync::Mutex<Option<Known>>,
}

/// The answers of a session that were read.
struct Known {
    /// With their places; the first to be forgotten is the oldest.
    ids: LruCache<Uuid, Position>,
    newest: Option<Revision>,
    /// Every answer past this place is known; `None` when every one is.
    from: Option<Position>,
    counted: Counted,
}

/// Counts the ids of one session among those of all.
struct Counted {
    all: Arc<AtomicUsize>,
    own: usize,
}

impl Answered {
    pub(super) fn new(store: Arc<dyn EventStore>, since: Option<Position>) -> Self {
        Self {
            store,
            since,
            sessions: Mutex::new(LruCache::new(SESSIONS)),
            ids: Arc::default(),
        }
    }

    /// Whether the command is answered. Sees every answer that was there when
    /// it was called and that a server of this name wrote.
    pub(super) async fn look(&self, asked: &Asked<'_>) -> Result<Seen, StoreError> {
        let session = self.session(asked.stream);
        if !asked.alone {
            session.repeated.store(true, Ordering::Relaxed);
        } else if self.since.is_some_and(|since| since < asked.position)
            && !session.repeated.load(Ordering::Relaxed)
        {
            // Nobody else had it, and this server has it once.
            return Ok(Seen::No { first: false });
        }
        let called = session.reads.load(Ordering::SeqCst);
        let mut known = session.known.lock().await;
        let enough = known.as_ref().is_some_and(|known| known.is_enough(asked));
        // What somebody began to read since is new enough.
        if !enough || session.reads.load(Ordering::SeqCst) == called {
            session.reads.fetch_add(1, Ordering::SeqCst);
            // When a read fails or is dropped, the next one begins anew.
            let read = match known.take().filter(|_| enough) {
                Some(before) => self.read_on(asked.stream, before).await,
                None => self.read_back(asked).await,
            };
            *known = match read {
                Ok(read) => Some(read),
                // As when the answers are hidden, and there all the same.
                Err(error) if is_for_good(&error) || is_corrupt(&error) => None,
                Err(error) => return Err(error),
            };
            self.forget();
        }
        let Some(known) = &*known else {
            return self.find(asked).await;
        };
        let first = known.newest.is_none();
        if known.ids.contains(&asked.answer) {
            Ok(Seen::Answered)
        } else if known.covers(asked) {
            Ok(Seen::No { first })
        } else {
            self.find(asked).await
        }
    }

    async fn find(&self, asked: &Asked<'_>) -> Result<Seen, StoreError> {
        let found = self.store.find_event(asked.stream, asked.answer).await?;
        Ok(match found {
            Some(_) => Seen::Answered,
            None => Seen::No { first: false },
        })
    }

    fn sessions(&self) -> MutexGuard<'_, LruCache<StreamName, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, stream: &StreamName) -> Arc<Session> {
        Arc::clone(self.sessions().get_or_insert_ref(stream, Arc::default))
    }

    /// Forgets sessions until there are not too many ids; not the last one,
    /// which is bounded by itself.
    fn forget(&self) {
        while self.ids.load(Ordering::Relaxed) > MOST_OF_ALL {
            let mut sessions = self.sessions();
            if sessions.len() < 2 {
                return;
            }
            let forgotten = sessions.pop_lru();
            drop(sessions);
            drop(forgotten);
        }
    }

    /// Reads what came after what is known.
    async fn read_on(&self, stream: &StreamName, mut known: Known) -> Result<Known, StoreError> {
        let from = known.newest.map_or(ReadFrom::Start, ReadFrom::After);
        let mut answers = self
            .store
            .read_stream(stream, ReadOptions::forwards().from(from));
        while let Some(answer) = answers.next_event().await? {
            known.newest = Some(answer.revision);
            known.add(answer.id, answer.position);
        }
        Ok(known)
    }

    /// Reads from the newest answer back to the command, or, when older ones
    /// matter, to the first.
    async fn read_back(&self, asked: &Asked<'_>) -> Result<Known, StoreError> {
        let newest_first = ReadOptions::backwards().limit(MOST as u64);
        let mut answers = self.store.read_stream(asked.stream, newest_first);
        let mut read: Vec<(Uuid, Position)> = Vec::new();
        let mut newest = None;
        let mut whole = false;
        while !asked.alone || read.last().is_none_or(|(_, at)| *at > asked.position) {
            let Some(answer) = answers.next_event().await? else {
                whole = read.len() < MOST;
                break;
            };
            newest = newest.max(Some(answer.revision));
            read.push((answer.id, answer.position));
        }
        let oldest = read.last().map(|(_, at)| *at);
        let mut known = Known {
            ids: LruCache::unbounded(),
            newest,
            from: oldest.filter(|_| !whole),
            counted: Counted {
                all: Arc::clone(&self.ids),
                own: 0,
            },
        };
        for (id, at) in read.into_iter().rev() {
            known.add(id, at);
        }
        Ok(known)
    }
}

impl Known {
    fn add(&mut self, id: Uuid, at: Position) {
        self.ids.put(id, at);
        if self.ids.len() > MOST
            && let Some((_, oldest)) = self.ids.pop_lru()
        {
            self.from = self.from.max(Some(oldest));
        }
        self.counted.set(self.ids.len());
    }

    /// Whether it would have the answer to the command.
    fn covers(&self, asked: &Asked<'_>) -> bool {
        self.from
            .is_none_or(|from| asked.alone && from <= asked.position)
    }

    /// Whether to read it again from the newest back would give no more.
    fn is_enough(&self, asked: &Asked<'_>) -> bool {
        self.covers(asked) || self.ids.len() >= MOST
    }
}

impl Counted {
    fn set(&mut self, own: usize) {
        self.all.fetch_add(own, Ordering::Relaxed);
        self.all.fetch_sub(self.own, Ordering::Relaxed);
        self.own = own;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.set(0);
    }
}
