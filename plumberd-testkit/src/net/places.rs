use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The places that a server has for connections: each may hold buffers.
///
/// When all are taken, a new connection gets the place of one that asks for
/// nothing: of those that never called the one that has been there for longest,
/// else of those that have no call under way the one whose last ended first. So
/// connections that say nothing shut nobody out.
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
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Seat);

/// What is known of a place by whoever does not hold it.
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
            if let Some(left) = taken.by.remove(&number) {
                left.cut.cancel();
            }
        }
        let number = taken.tick();
        taken.by.insert(
            number,
            Occupant {
                cut: cut.clone(),
                has_called: false,
                calls: 0,
                since: number,
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
}

impl Place {
    pub(crate) fn seat(&self) -> Seat {
        self.0.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.places.taken().by.remove(&self.0.number);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_called_goes_first_then_who_has_been_idle_for_longest_and_nobody_who_calls() {
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
