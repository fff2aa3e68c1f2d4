use std::collections::BTreeMap;

/// Up to where everything is done, though it is done in another order.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Places that were read, and whether they are done, up to the first that
    /// is not.
    open: BTreeMap<u64, bool>,
    done: Option<u64>,
}

impl Progress {
    pub(super) const fn after(done: Option<u64>) -> Self {
        Self {
            open: BTreeMap::new(),
            done,
        }
    }

    /// Something was read there.
    pub(super) fn read(&mut self, place: u64) {
        self.open.insert(place, false);
    }

    /// What was read there is done.
    pub(super) fn done(&mut self, place: u64) {
        self.open.insert(place, true);
        self.settle();
    }

    /// Nothing was read up to there but what is known. A command that was read
    /// there stays open.
    pub(super) fn passed(&mut self, place: u64) {
        self.open.entry(place).or_insert(true);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(first) = self.open.first_entry()
            && *first.get()
        {
            self.done = self.done.max(Some(*first.key()));
            first.remove();
        }
    }

    /// The last place up to which everything is done.
    pub(super) const fn safe(&self) -> Option<u64> {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_passes_what_is_not_done() {
        let mut progress = Progress::after(Some(3));
        for place in [5, 6, 9] {
            progress.read(place);
        }

        progress.done(6);
        assert_eq!(progress.safe(), Some(3));
        progress.done(5);
        assert_eq!(progress.safe(), Some(6));
        progress.passed(9);
        progress.passed(2);
        assert_eq!(progress.safe(), Some(6), "9 is a command that still runs");
        progress.passed(12);
        progress.done(9);
        assert_eq!(progress.safe(), Some(12));
        assert!(progress.open.is_empty());
    }
}
