use super::outgoing::{MOST_OF_ALL, MOST_OF_ONE};
use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio_util::sync::CancellationToken;

/// The places that a server has for connections: each may hold buffers.
///
/// When all are taken, a new connection gets the place of one that asks for
/// nothing: of those that never called the one that has been there for longest,
/// else of those that have no call under way the one whose last ended first. So
/// connections that say nothing shut no caller out.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    by: BTreeMap<u64, Occupant>,
    /// What waits to be sent on all of them, in bytes.
    waiting: usize,
    /// Counts what happens, to tell what was before what.
    ticks: u64,
}

#[derive(Debug)]
struct Occupant {
    cut: CancellationToken,
    /// Whether a call of it was ever under way.
    has_called: bool,
    /// How many are.
    calls: usize,
    /// When it came, or when its last call ended.
    since: u64,
    /// What waits to be sent on it, in bytes.
    waiting: usize,
    /// When something began to wait, or was last sent.
    moved: u64,
    /// The calls that wait until there is room for more.
    stalled: Vec<Waker>,
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Seat);

/// What is known of a place without holding it.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    number: u64,
    places: Places,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            taken: Mutex::default(),
        }))
    }

    /// A place for the connection that `cut` cuts; `None` when there is a call
    /// under way on every other one.
    pub(crate) fn take(&self, cut: &CancellationToken) -> Option<Place> {
        let mut taken = self.taken();
        while taken.by.len() >= self.0.most {
            let idle = taken.by.iter().filter(|(_, of)| of.calls == 0);
            let (number, _) = idle.min_by_key(|(_, of)| (of.has_called, of.since))?;
            let number = *number;
            taken.cut(number);
        }
        let number = taken.tick();
        taken.by.insert(
            number,
            Occupant {
                cut: cut.clone(),
                has_called: false,
                calls: 0,
                since: number,
                waiting: 0,
                moved: number,
                stalled: Vec::new(),
            },
        );
        Some(Place(Seat {
            number,
            places: self.clone(),
        }))
    }

    /// How many are taken.
    #[cfg(feature = "eventstore-v1")]
    pub(crate) fn len(&self) -> usize {
        self.taken().by.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    const fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    /// Takes a place back, with what waits there.
    fn remove(&mut self, number: u64) -> Option<Occupant> {
        let left = self.by.remove(&number)?;
        self.waiting = self.waiting.saturating_sub(left.waiting);
        Some(left)
    }

    fn cut(&mut self, number: u64) {
        if let Some(left) = self.remove(number) {
            left.cut.cancel();
        }
    }

    /// The connection on which something has waited for longest.
    fn most_stalled(&self) -> Option<u64> {
        let waiting = self.by.iter().filter(|(_, of)| of.waiting > 0);
        waiting.min_by_key(|(_, of)| of.moved).map(|(of, _)| *of)
    }
}

impl Place {
    pub(crate) fn seat(&self) -> Seat {
        self.0.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.places.taken().remove(self.0.number);
    }
}

impl Seat {
    /// A call is under way.
    pub(crate) fn call_begins(&self) {
        if let Some(of) = self.places.taken().by.get_mut(&self.number) {
            of.has_called = true;
            of.calls += 1;
        }
    }

    /// A call that began is not under way any more.
    pub(crate) fn call_ends(&self) {
        let mut taken = self.places.taken();
        let now = taken.tick();
        if let Some(of) = taken.by.get_mut(&self.number) {
            of.calls = of.calls.saturating_sub(1);
            of.since = now;
        }
    }

    /// Waits until more may wait to be sent. A connection that was cut keeps
    /// nothing waiting.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut taken = self.places.taken();
        let Some(of) = taken.by.get_mut(&self.number) else {
            return Poll::Ready(());
        };
        if of.waiting < MOST_OF_ONE {
            return Poll::Ready(());
        }
        if !of.stalled.iter().any(|waker| waker.will_wake(cx.waker())) {
            of.stalled.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// So many bytes more wait to be sent.
    pub(super) fn holds(&self, bytes: usize) {
        let mut taken = self.places.taken();
        let now = taken.tick();
        let Some(of) = taken.by.get_mut(&self.number) else {
            return;
        };
        if of.waiting == 0 {
            of.moved = now;
        }
        of.waiting += bytes;
        taken.waiting += bytes;
        while taken.waiting > MOST_OF_ALL
            && let Some(number) = taken.most_stalled()
        {
            taken.cut(number);
        }
    }

    /// So many bytes were sent, or given up.
    pub(super) fn lets_go(&self, bytes: usize) {
        let mut taken = self.places.taken();
        let now = taken.tick();
        let Some(of) = taken.by.get_mut(&self.number) else {
            return;
        };
        of.waiting = of.waiting.saturating_sub(bytes);
        of.moved = now;
        let stalled = if of.waiting < MOST_OF_ONE {
            mem::take(&mut of.stalled)
        } else {
            Vec::new()
        };
        taken.waiting = taken.waiting.saturating_sub(bytes);
        drop(taken);
        for waker in stalled {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_called_goes_first_then_who_has_been_idle_for_longest_and_never_a_caller() {
        let places = Places::new(3);
        let cuts: Vec<_> = (0..3).map(|_| CancellationToken::new()).collect();
        let taken: Vec<_> = cuts.iter().map(|cut| places.take(cut).unwrap()).collect();
        // The second one calls, the third one has called, the first never did.
        taken[1].seat().call_begins();
        taken[2].seat().call_begins();
        taken[2].seat().call_ends();

        let later = CancellationToken::new();
        let fourth = places.take(&later).unwrap();
        assert!(cuts[0].is_cancelled());
        fourth.seat().call_begins();
        let _fifth = places.take(&CancellationToken::new()).unwrap();
        assert!(cuts[2].is_cancelled());

        // What was taken away is not given back a second time.
        drop(taken);
        assert_eq!(places.taken().by.len(), 2);
        assert!(!later.is_cancelled() && !cuts[1].is_cancelled());
    }

    #[tokio::test]
    async fn a_connection_has_room_again_when_what_waits_on_it_was_sent() {
        let places = Places::new(2);
        let place = places.take(&CancellationToken::new()).unwrap();
        let seat = place.seat();
        assert!(room_of(&seat).is_ready());
        seat.holds(MOST_OF_ONE);
        assert!(room_of(&seat).is_pending());
        let other = places.take(&CancellationToken::new()).unwrap();
        assert!(room_of(&other.seat()).is_ready(), "each has its own");

        let waits = tokio::spawn(std::future::poll_fn({
            let seat = seat.clone();
            move |cx| seat.poll_room(cx)
        }));
        tokio::task::yield_now().await;
        seat.lets_go(1);
        waits.await.unwrap();

        drop(place);
        assert_eq!(places.taken().waiting, 0);
        seat.lets_go(MOST_OF_ONE - 1);
        assert_eq!(places.taken().waiting, 0);
    }

    #[test]
    fn a_client_that_takes_nothing_goes_when_all_have_too_much_and_one_that_takes_stays() {
        let places = Places::new(100);
        let cuts: Vec<_> = (0..9).map(|_| CancellationToken::new()).collect();
        let taken: Vec<_> = cuts.iter().map(|cut| places.take(cut).unwrap()).collect();
        let [first, second, ..] = &taken[..] else {
            unreachable!()
        };
        for place in &taken[..MOST_OF_ALL / MOST_OF_ONE] {
            place.seat().holds(MOST_OF_ONE);
        }
        // The first one has waited for longest, and takes something.
        first.seat().lets_go(1);
        first.seat().holds(1);
        assert!(cuts.iter().all(|cut| !cut.is_cancelled()));

        taken[8].seat().holds(1);

        let cut: Vec<_> = cuts.iter().map(CancellationToken::is_cancelled).collect();
        assert_eq!(cut.iter().filter(|cut| **cut).count(), 1);
        assert!(cut[1], "the one that took nothing for longest");
        assert_eq!(places.taken().waiting, MOST_OF_ALL - MOST_OF_ONE + 1);
        // What it still has is given back only once.
        second.seat().lets_go(MOST_OF_ONE);
        assert_eq!(places.taken().waiting, MOST_OF_ALL - MOST_OF_ONE + 1);
    }

    fn room_of(seat: &Seat) -> Poll<()> {
        seat.poll_room(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_server_whose_connections_all_call_has_no_place() {
        let places = Places::new(1);
        let cut = CancellationToken::new();
        let only = places.take(&cut).unwrap();
        only.seat().call_begins();

        assert!(places.take(&CancellationToken::new()).is_none());

        assert!(!cut.is_cancelled());
        drop(only);
        assert!(places.take(&CancellationToken::new()).is_some());
    }
}
