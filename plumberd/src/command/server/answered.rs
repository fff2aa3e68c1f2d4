use crate::{
    store::{EventStore, ReadFrom, ReadOptions, StoreError},
    stream::{Position, Revision, StreamName},
};
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use uuid::Uuid;

/// Which commands are answered, by the ids of their answers.
///
/// A store may have no index of ids, so that finding one is a scan: here the
/// answers of a session are read once, from the newest back to the command, and
/// then only what is new.
#[derive(Clone)]
pub(super) struct Answered {
    store: Arc<dyn EventStore>,
    sessions: Arc<Mutex<LruCache<StreamName, Arc<Session>>>>,
}

/// So many sessions are remembered.
const SESSIONS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// So many answers of each.
const MOST: usize = 4_096;

/// So many are read though they are older than the command: a command that was
/// sent twice may have been answered before it was sent again.
const LEAST: usize = 256;

#[derive(Default)]
struct Session {
    /// How many times its answers were begun to be read.
    reads: AtomicU64,
    known: tokio::sync::Mutex<Option<Known>>,
}

/// The answers of a session that were read.
struct Known {
    /// With their places; the first to be forgotten is the oldest.
    ids: LruCache<Uuid, Position>,
    newest: Option<Revision>,
    /// Every answer past this place is known; `None` when every one is.
    from: Option<Position>,
}

impl Answered {
    pub(super) fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            sessions: Arc::new(Mutex::new(LruCache::new(SESSIONS))),
        }
    }

    /// Whether `stream` has the answer `id` to a command at the place `command`.
    ///
    /// Sees every answer that was there when it was called.
    pub(super) async fn has(
        &self,
        stream: &StreamName,
        id: Uuid,
        command: Position,
    ) -> Result<bool, StoreError> {
        let session = self.session(stream);
        let called = session.reads.load(Ordering::SeqCst);
        let mut known = session.known.lock().await;
        let covered = known.as_ref().is_some_and(|known| known.covers(command));
        // What somebody began to read since is new enough.
        if !covered || session.reads.load(Ordering::SeqCst) == called {
            session.reads.fetch_add(1, Ordering::SeqCst);
            // When a read fails or is dropped, the next one begins anew.
            let read = match known.take().filter(|_| covered) {
                Some(before) => self.read_on(stream, before).await,
                None => self.read_back(stream, command).await,
            };
            *known = match read {
                Ok(read) => Some(read),
                Err(error) if error.is_transient() => return Err(error),
                // As when the answers are hidden, and there all the same.
                Err(_) => None,
            };
        }
        match &*known {
            Some(known) if known.ids.contains(&id) => Ok(true),
            Some(known) if known.covers(command) => Ok(false),
            _ => Ok(self.store.find_event(stream, id).await?.is_some()),
        }
    }

    fn session(&self, stream: &StreamName) -> Arc<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.get_or_insert_ref(stream, Arc::default))
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

    /// Reads from the newest answer back to the command, and a little further.
    async fn read_back(&self, stream: &StreamName, command: Position) -> Result<Known, StoreError> {
        let newest_first = ReadOptions::backwards().limit(MOST as u64);
        let mut answers = self.store.read_stream(stream, newest_first);
        let mut read = Vec::new();
        let mut newest = None;
        let mut whole = false;
        while read.len() < LEAST || read.last().is_some_and(|(_, at)| *at > command) {
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
    }

    /// Whether it would have the answer to a command at this place.
    fn covers(&self, command: Position) -> bool {
        self.from.is_none_or(|from| from <= command)
    }
}
