use super::retry::{is_corrupt, is_for_good};
use crate::{
    store::{AppendOutcome, EventStore, ReadFrom, ReadOptions, StoreError},
    stream::{Position, Revision, StreamName},
};
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use uuid::Uuid;

/// Which commands are answered, by the ids of their answers.
///
/// A store may have no index of ids, so that finding one is a scan: here the
/// newest answers of a session are read once, and then only what is new. What
/// this server answers itself it remembers.
///
/// A store need not know the id of a command for good either: EventStoreDB
/// forgets it after many other writes, and when its leader changes. So also
/// the event that has the command's own id may be its second one.
pub(super) struct ReplyIndex {
    store: Arc<dyn EventStore>,
    /// Where this server took over: from there on no other server of its name
    /// begins a command. `None` when what it follows does not tell.
    since: Option<Position>,
    sessions: Mutex<LruCache<StreamName, Arc<Session>>>,
    /// How many ids are remembered of all of them.
    ids: Arc<AtomicUsize>,
}

/// A command that is looked for among the answers.
pub(super) struct ReplyQuery<'a> {
    /// Where its answer would be.
    pub(super) stream: &'a StreamName,
    /// The id of its answer.
    pub(super) answer: Uuid,
    pub(super) position: Position,
    /// Whether the event has the command's own id. Then there is another one
    /// only where the store has forgotten the id, and how many answers ago that
    /// was is bounded: by [`MOST`], or [`FEW`] where many are remembered.
    pub(super) own_id: bool,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// It is answered, there.
    Answered(Position),
    /// It is not answered; `first` when nothing is in its session.
    Unanswered { first: bool },
}

/// So many sessions are remembered.
const SESSIONS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// So many answers of each; of a session with more, the store is query.
const MOST: usize = 4_096;

/// So many answers of all: some ten megabytes.
const MOST_OF_ALL: usize = 128 * 1_024;

/// So many of a session that gets another answer when there are as many as
/// that: to read it again for each command would take far longer.
const FEW: usize = 64;

#[derive(Default)]
struct Session {
    /// How many times its answers were begun to be read.
    reads: AtomicU64,
    known: tokio::sync::Mutex<Option<KnownReplies>>,
}

/// The answers of a session that were read.
struct KnownReplies {
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

impl ReplyIndex {
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
    pub(super) async fn look_up(&self, query: &ReplyQuery<'_>) -> Result<Lookup, StoreError> {
        let session = self.session(query.stream);
        let called = session.reads.load(Ordering::SeqCst);
        let mut known = session.known.lock().await;
        // No other server begins it; if there was another event of it before this
        // server, then it was answered before the answers were first read.
        let ours = query.own_id && self.since.is_some_and(|since| since < query.position);
        // A read that began since is new enough.
        if known.is_none() || (!ours && session.reads.load(Ordering::SeqCst) == called) {
            session.reads.fetch_add(1, Ordering::SeqCst);
            // When a read fails or is dropped, the next one begins anew.
            let read = match known.take() {
                Some(before) => self.read_on(query.stream, before).await,
                None => self.read_back(query.stream).await,
            };
            *known = match read {
                Ok(read) => Some(read),
                // As when the answers are hidden, and there all the same.
                Err(error) if is_for_good(&error) || is_corrupt(&error) => None,
                Err(error) => return Err(error),
            };
        }
        let Some(known) = &*known else {
            return self.find(query).await;
        };
        let first = known.newest.is_none();
        if let Some(at) = known.ids.peek(&query.answer) {
            Ok(Lookup::Answered(*at))
        } else if known.covers(query) {
            Ok(Lookup::Unanswered { first })
        } else {
            self.find(query).await
        }
    }

    /// Remembers an answer of this server's own.
    pub(super) async fn wrote(&self, stream: &StreamName, answer: Uuid, outcome: &AppendOutcome) {
        let session = self.sessions().peek(stream).map(Arc::clone);
        let Some(session) = session else { return };
        // If nothing is known, the next read finds it.
        if let Some(known) = &mut *session.known.lock().await {
            let next = known.newest.map_or(Revision::FIRST, Revision::next);
            if outcome.revision() == next {
                known.newest = Some(next);
            }
            known.add(answer, outcome.position());
        }
    }

    async fn find(&self, query: &ReplyQuery<'_>) -> Result<Lookup, StoreError> {
        let found = self.store.find_event(query.stream, query.answer).await?;
        Ok(match found {
            Some(found) => Lookup::Answered(found.position),
            None => Lookup::Unanswered { first: false },
        })
    }

    fn sessions(&self) -> MutexGuard<'_, LruCache<StreamName, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, stream: &StreamName) -> Arc<Session> {
        Arc::clone(self.sessions().get_or_insert_ref(stream, Arc::default))
    }

    /// Reads what came after what is known.
    async fn read_on(
        &self,
        stream: &StreamName,
        mut known: KnownReplies,
    ) -> Result<KnownReplies, StoreError> {
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

    /// Reads the newest answers.
    async fn read_back(&self, stream: &StreamName) -> Result<KnownReplies, StoreError> {
        let newest_first = ReadOptions::backwards().limit(MOST as u64);
        let mut answers = self.store.read_stream(stream, newest_first);
        let mut read: Vec<(Uuid, Position)> = Vec::new();
        let mut newest = None;
        while let Some(answer) = answers.next_event().await? {
            newest = newest.max(Some(answer.revision));
            read.push((answer.id, answer.position));
        }
        let whole = read.len() < MOST;
        let oldest = read.last().map(|(_, at)| *at);
        let mut known = KnownReplies {
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

impl KnownReplies {
    fn add(&mut self, id: Uuid, at: Position) {
        self.ids.put(id, at);
        while self.counted.set(self.ids.len()) < self.ids.len() {
            let oldest = self.ids.pop_lru().map(|(_, at)| at);
            self.from = self.from.max(oldest);
        }
    }

    /// Whether it would have the answer to the command.
    fn covers(&self, query: &ReplyQuery<'_>) -> bool {
        self.from
            .is_none_or(|from| query.own_id && from <= query.position)
    }
}

impl Counted {
    /// Gives how many there may be.
    fn set(&mut self, own: usize) -> usize {
        self.all.fetch_add(own, Ordering::Relaxed);
        let all = self.all.fetch_sub(self.own, Ordering::Relaxed) - self.own;
        self.own = own;
        if all > MOST_OF_ALL { FEW } else { MOST }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::memory::Memory,
        event::{EventType, NewEvent, new_event_id},
        stream::ExpectedRevision,
    };

    fn answer(id: Uuid) -> NewEvent {
        NewEvent::new(id, EventType::from_static("Done").unwrap(), "{}")
    }

    #[tokio::test]
    async fn an_answer_of_another_server_before_an_own_one_is_seen() {
        let store = Memory::new();
        let index = ReplyIndex::new(Arc::new(store.clone()), None);
        let stream = StreamName::new("SessionOut", "7").unwrap();
        let [others, own] = [new_event_id(), new_event_id()];
        let query = |answer| ReplyQuery {
            stream: &stream,
            answer,
            position: Position::new(1),
            own_id: false,
        };
        let before = index.look_up(&query(others)).await.unwrap();
        let append = |id| store.append(&stream, ExpectedRevision::Any, vec![answer(id)]);
        let there = append(others).await.unwrap();
        let outcome = append(own).await.unwrap();

        index.wrote(&stream, own, &outcome).await;

        assert_eq!(before, Lookup::Unanswered { first: true });
        for (id, position) in [(others, there.position()), (own, outcome.position())] {
            let found = index.look_up(&query(id)).await.unwrap();
            assert_eq!(found, Lookup::Answered(position));
        }
    }

    #[test]
    fn what_is_remembered_covers_own_ids_behind_what_was_forgotten_and_nothing_else() {
        let known = |from| KnownReplies {
            ids: LruCache::unbounded(),
            newest: None,
            from,
            counted: Counted {
                all: Arc::default(),
                own: 0,
            },
        };
        let stream = StreamName::new("SessionOut", "7").unwrap();
        let query = |own_id, position| ReplyQuery {
            stream: &stream,
            answer: new_event_id(),
            position: Position::new(position),
            own_id,
        };

        for own_id in [false, true] {
            assert!(known(None).covers(&query(own_id, 1)), "all are known");
        }
        let some = known(Some(Position::new(5)));
        let covered = [(true, 5), (true, 9), (true, 4), (false, 5), (false, 9)]
            .map(|(own_id, position)| some.covers(&query(own_id, position)));
        assert_eq!(covered, [true, true, false, false, false]);
    }
}
