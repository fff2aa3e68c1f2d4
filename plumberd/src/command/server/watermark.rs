use std::collections::BTreeMap;

/// Up to where everything is done, though it is done in another order.
///
/// It remembers what is not done, and nothing of what is: one command that
/// takes long, and thousands past it, take no memory.
#[derive(Debug, Default)]
pub(super) struct Watermark {
    /// Places that are not done, with what was read last before each.
    open: BTreeMap<u64, Option<u64>>,
    /// What was read last.
    last: Option<u64>,
}

impl Watermark {
    pub(super) const fn after(done: Option<u64>) -> Self {
        Self {
            open: BTreeMap::new(),
            last: done,
        }
    }

    /// Something was read there that is to be done.
    pub(super) fn read(&mut self, place: u64) {
        let before = self.last.filter(|last| *last < place);
        self.open.insert(place, before);
        self.passed(place);
    }

    /// What was read there is done.
    pub(super) fn done(&mut self, place: u64) {
        self.open.remove(&place);
    }

    /// Nothing was read up to there but what is known. A command that was read
    /// there stays open.
    pub(super) fn passed(&mut self, place: u64) {
        self.last = self.last.max(Some(place));
    }

    /// The last place up to which everything is done.
    pub(super) fn safe(&self) -> Option<u64> {
        let first = self.open.first_key_value();
        first.map_or(self.last, |(_, before)| *before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_passes_what_is_not_done() {
        let mut watermark = Watermark::after(Some(3));
        for place in [5, 6, 9] {
            watermark.read(place);
        }

        watermark.done(6);
        assert_eq!(watermark.safe(), Some(3));
        watermark.done(5);
        assert_eq!(watermark.safe(), Some(6));
        watermark.passed(9);
        watermark.passed(2);
        assert_eq!(watermark.safe(), Some(6), "9 is a command that still runs");
        watermark.passed(12);
        watermark.done(9);
        assert_eq!(watermark.safe(), Some(12));
        assert!(watermark.open.is_empty());
    }

    #[test]
    fn what_is_read_where_all_was_passed_before_is_open_all_the_same() {
        let mut watermark = Watermark::after(Some(3));
        watermark.passed(7);

        watermark.read(7);

        assert!(watermark.safe() < Some(7), "{:?}", watermark.safe());
        watermark.done(7);
        assert_eq!(watermark.safe(), Some(7));
    }

    #[test]
    fn what_is_done_past_one_that_is_not_takes_no_memory() {
        let mut watermark = Watermark::after(None);
        watermark.read(1);

        for place in 2..10_000 {
            watermark.read(place);
            watermark.done(place);
        }

        assert_eq!((watermark.safe(), watermark.open.len()), (None, 1));
        watermark.done(1);
        assert_eq!(watermark.safe(), Some(9_999));
    }
}
