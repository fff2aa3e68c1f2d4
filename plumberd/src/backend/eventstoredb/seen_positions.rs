//! What a handle has seen of the global order, so that it can tell a batch that
//! was written now from one that was there before.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The newest position seen, and what was written by appends under way.
#[derive(Debug, Default)]
pub(super) struct SeenPositions {
    state: Mutex<State>,
    /// Whether the newest position was asked for once.
    pub(super) asked: tokio::sync::OnceCell<()>,
}

#[derive(Debug, Default)]
struct State {
    newest: u64,
    /// How many appends are under way that began at this newest position.
    under_way: BTreeMap<u64, usize>,
    /// Where batches ended that this handle has reported as written, as far as
    /// an append under way may still be a repetition of one.
    reported: BTreeSet<u64>,
}

/// An append under way.
pub(super) struct UnderWay<'a> {
    seen: &'a SeenPositions,
    /// The newest position when it began.
    began: u64,
}

impl SeenPositions {
    /// That there is an event at `position`.
    pub(super) fn saw(&self, position: u64) {
        let mut state = self.state();
        state.newest = state.newest.max(position);
    }

    pub(super) fn begin(&self) -> UnderWay<'_> {
        let mut state = self.state();
        let began = state.newest;
        *state.under_way.entry(began).or_default() += 1;
        UnderWay { seen: self, began }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// Whether a batch whose last event the server says is at `position` had
    /// been there before this append, or is one that another has reported.
    pub(super) fn was_there(&self, position: u64) -> bool {
        let mut state = self.seen.state();
        state.newest = state.newest.max(position);
        position <= self.began || !state.reported.insert(position)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.seen.state();
        if let Some(count) = state.under_way.get_mut(&self.began) {
            *count -= 1;
            if *count == 0 {
                state.under_way.remove(&self.began);
            }
        }
        // An append under way knew of everything up to where it began.
        match state.under_way.keys().next().copied() {
            Some(oldest) => state.reported = state.reported.split_off(&(oldest + 1)),
            None => state.reported.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_before_an_append_was_there() {
        let seen = SeenPositions::default();
        seen.saw(7);
        let append = seen.begin();
        assert!(append.was_there(6));
        assert!(append.was_there(7));
        assert!(!append.was_there(8));
    }

    #[test]
    fn of_appends_under_way_one_has_written() {
        let seen = SeenPositions::default();
        let (one, two) = (seen.begin(), seen.begin());
        assert!(!one.was_there(3));
        drop(one);
        assert!(two.was_there(3));
        drop(two);
        assert!(seen.begin().was_there(3));
    }

    #[test]
    fn nothing_is_kept_when_nothing_is_under_way() {
        let seen = SeenPositions::default();
        for position in 1..100 {
            assert!(!seen.begin().was_there(position));
        }
        let state = seen.state();
        assert!(state.reported.is_empty() && state.under_way.is_empty());
    }
}
