use crate::{stream::StreamName, timer::sleep_real};
use futures_util::future::{Either, select};
use std::{
    cell::RefCell,
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Lets the commands of one process take turns at a stream, once two of them
/// have raced for it: of those that stampede, all but one lose, and lose again.
///
/// A stream without races costs one load of an atomic. Other processes
/// know nothing of it, which is why a turn is no promise, and no task waits for
/// one that does not end.
#[derive(Debug, Default)]
pub(crate) struct StreamLocks {
    streams: Mutex<HashMap<StreamName, Weak<StreamLock>>>,
    /// How many commands wait for a turn, or have one.
    entered: AtomicUsize,
}

#[derive(Debug, Default)]
struct StreamLock {
    lock: Arc<AsyncMutex<()>>,
    /// How many turns there were.
    turns: AtomicU64,
    /// Counts the beginnings and the ends of decisions: while one goes on, it
    /// is odd.
    decisions: AtomicU64,
}

/// A turn at a stream; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct StreamGuard {
    _lock: OwnedMutexGuard<()>,
    stream_lock: Arc<StreamLock>,
    _entered: Entered,
}

/// Counts one command, until it is dropped.
#[derive(Debug)]
struct Entered(Arc<StreamLocks>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.entered.fetch_sub(1, Ordering::Relaxed);
    }
}

thread_local! {
    /// The decisions that this thread is in: the address of their locks, and
    /// the stream.
    static DECISIONS: RefCell<Vec<(usize, StreamName)>> = const { RefCell::new(Vec::new()) };
}

/// Says that a decision goes on, until it is dropped.
pub(super) struct Deciding<'a>(Option<&'a StreamGuard>);

impl Drop for Deciding<'_> {
    fn drop(&mut self) {
        DECISIONS.with_borrow_mut(Vec::pop);
        if let Some(turn) = self.0 {
            turn.stream_lock.decisions.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl StreamLocks {
    /// Says that this thread decides on `stream`.
    pub(super) fn deciding<'a>(
        self: &Arc<Self>,
        stream: &StreamName,
        turn: Option<&'a StreamGuard>,
    ) -> Deciding<'a> {
        DECISIONS.with_borrow_mut(|all| all.push((self.address(), stream.clone())));
        if let Some(turn) = turn {
            turn.stream_lock.decisions.fetch_add(1, Ordering::Relaxed);
        }
        Deciding(turn)
    }

    /// Whether this thread is in a decision on `stream`. A thread that waits here for
    /// another turn waits for itself.
    pub(super) fn is_decided_here(self: &Arc<Self>, stream: &StreamName) -> bool {
        DECISIONS.with_borrow(|all| {
            let here = |(locks, of): &(usize, StreamName)| *locks == self.address() && of == stream;
            all.iter().any(here)
        })
    }

    fn address(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Waits for a turn at `stream`; `None` when none comes.
    pub(super) async fn enter(self: &Arc<Self>, stream: &StreamName) -> Option<StreamGuard> {
        self.entered.fetch_add(1, Ordering::Relaxed);
        let entered = Entered(Arc::clone(self));
        let stream_lock = self.stream_lock(stream);
        let Some(lock) = stream_lock.wait().await else {
            tracing::debug!(%stream, "no turn came; going on without");
            return None;
        };
        stream_lock.turns.fetch_add(1, Ordering::Relaxed);
        Some(StreamGuard {
            _lock: lock,
            stream_lock,
            _entered: entered,
        })
    }

    /// Waits for a turn at `stream`, if others wait for one.
    pub(super) async fn enter_if_contended(
        self: &Arc<Self>,
        stream: &StreamName,
    ) -> Option<StreamGuard> {
        // A task that comes too late to see the first one may lose a race, no more.
        if self.entered.load(Ordering::Relaxed) == 0 || self.find(stream).is_none() {
            return None;
        }
        Box::pin(self.enter(stream)).await
    }

    fn find(&self, stream: &StreamName) -> Option<Arc<StreamLock>> {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(stream).and_then(Weak::upgrade)
    }

    fn stream_lock(&self, stream: &StreamName) -> Arc<StreamLock> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream_lock) = streams.get(stream).and_then(Weak::upgrade) {
            return stream_lock;
        }
        // Races are rare; turns without a holder are swept when they are not.
        if streams.len() >= 64 {
            streams.retain(|_, stream_lock| stream_lock.strong_count() > 0);
        }
        let stream_lock = Arc::default();
        streams.insert(stream.clone(), Arc::downgrade(&stream_lock));
        stream_lock
    }
}

impl StreamLock {
    /// How often is looked whether those before come on, in real time: also
    /// where Tokio's clock is paused.
    const TICK: Duration = Duration::from_millis(50);

    /// How long one turn may take before others do not wait for it any more.
    const LONGEST: Duration = Duration::from_secs(1);

    /// Waits for the lock as long as those before come on: not for one that is
    /// held for long, and not for a decision that does not end within a tick.
    /// The holder may be waiting for the task that waits here.
    async fn wait(&self) -> Option<OwnedMutexGuard<()>> {
        if let Ok(lock) = Arc::clone(&self.lock).try_lock_owned() {
            return Some(lock);
        }
        let mut lock = pin!(Arc::clone(&self.lock).lock_owned());
        let (mut turns, mut decisions) = self.progress();
        let mut held = Duration::ZERO;
        loop {
            match select(lock.as_mut(), sleep_real(Self::TICK)).await {
                Either::Left((lock, _)) => return Some(lock),
                Either::Right(_) => held += Self::TICK,
            }
            let now = self.progress();
            let decides = now.1 % 2 == 1 && now.1 == decisions;
            if now.0 != turns {
                held = Duration::ZERO;
            } else if decides || held >= Self::LONGEST {
                return None;
            }
            (turns, decisions) = now;
        }
    }

    fn progress(&self) -> (u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (load(&self.turns), load(&self.decisions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn stream(number: u32) -> StreamName {
        StreamName::new("Counter", number).expect("a name")
    }

    fn turn(locks: &Arc<StreamLocks>, number: u32) -> StreamGuard {
        let turn = locks.enter(&stream(number)).now_or_never();
        turn.flatten().expect("a turn at once")
    }

    fn kept(locks: &StreamLocks) -> usize {
        locks.streams.lock().expect("no panic").len()
    }

    #[test]
    fn locks_that_are_not_used_any_more_are_let_go() {
        let locks = Arc::new(StreamLocks::default());

        for number in 0..1_000 {
            drop(turn(&locks, number));

            assert!(kept(&locks) <= 64);
        }
    }

    #[test]
    fn a_lock_that_is_used_stays_however_many_come() {
        let locks = Arc::new(StreamLocks::default());
        let held: Vec<_> = (0..100).map(|number| turn(&locks, number)).collect();

        for number in 100..1_000 {
            drop(turn(&locks, number));
        }

        for number in 0..100 {
            let second = locks.enter(&stream(number)).now_or_never();
            assert!(second.is_none(), "two turns at once");
        }
        assert!(kept(&locks) <= held.len() + 64);
        drop(held);
        drop(turn(&locks, 1_000));
        assert_eq!(kept(&locks), 1);
    }

    #[tokio::test]
    async fn who_waits_sees_each_turn_and_whether_a_decision_goes_on() {
        let locks = Arc::new(StreamLocks::default());
        let stream = stream(1);
        let first = locks.enter(&stream).await.unwrap();
        let stream_lock = locks.find(&stream).unwrap();
        assert_eq!(stream_lock.progress(), (1, 0));

        let decides = locks.deciding(&stream, Some(&first));
        assert_eq!(stream_lock.progress(), (1, 1), "odd while one goes on");
        assert!(locks.is_decided_here(&stream));
        drop(decides);
        assert_eq!(stream_lock.progress(), (1, 2));
        assert!(!locks.is_decided_here(&stream));

        drop(first);
        let second = locks.enter(&stream).await;
        assert!(second.is_some());
        assert_eq!(stream_lock.progress(), (2, 2));
    }

    #[tokio::test]
    async fn a_turn_is_waited_for_where_another_command_waits_or_has_one() {
        let locks = Arc::new(StreamLocks::default());
        let (one, other) = (stream(1), stream(2));
        assert!(locks.enter_if_contended(&one).await.is_none(), "nobody");

        let first = locks.enter(&one).await;
        assert!(locks.enter_if_contended(&other).await.is_none());
        let next = locks.enter_if_contended(&one);
        let mut next = pin!(next);
        assert!(next.as_mut().now_or_never().is_none(), "it waits");
        drop(first);
        let next = next.await;

        assert!(next.is_some());
        drop(next);
        assert!(locks.enter_if_contended(&one).await.is_none());
        assert_eq!(locks.entered.load(Ordering::Relaxed), 0);
    }
}
