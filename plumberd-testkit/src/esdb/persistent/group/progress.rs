use crate::esdb::persistent::settings::GroupSettings;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// How far a group has come.
#[derive(Debug)]
pub(super) struct Progress {
    /// Up to where it has read.
    pub(super) read: Option<u64>,
    /// The events that were read and are not done with, each with the place
    /// that is finished when nothing before it is open.
    open: BTreeMap<u64, Option<u64>>,
    /// What the last checkpoint says.
    pub(super) checkpoint: Option<u64>,
    /// How many events were done since then.
    done: u32,
    checked: Instant,
}

impl Progress {
    /// Of a group that has done with everything up to that place.
    pub(super) fn new(after: Option<u64>, checkpoint: Option<u64>) -> Self {
        Self {
            read: after,
            open: BTreeMap::new(),
            checkpoint,
            done: 0,
            checked: Instant::now(),
        }
    }

    /// An event was read.
    pub(super) fn opened(&mut self, place: u64) {
        self.open.insert(place, self.read);
        self.read = Some(place);
    }

    /// Everything up to there was looked at.
    pub(super) fn passed(&mut self, place: Option<u64>) {
        self.read = self.read.max(place);
    }

    /// An event need not be sent any more.
    pub(super) fn finished(&mut self, place: Option<u64>) {
        if place.is_some_and(|place| self.open.remove(&place).is_some()) {
            self.done = self.done.saturating_add(1);
        }
    }

    /// The place up to which nothing is open.
    fn mark(&self) -> Option<u64> {
        self.open
            .first_key_value()
            .map_or(self.read, |(_, before)| *before)
    }

    /// The mark, when something was done that no checkpoint says. Where a group
    /// began is none: it is in its definition, and may be changed there.
    pub(super) fn unsaved(&self) -> Option<u64> {
        self.mark()
            .filter(|_| self.done > 0 && self.mark() > self.checkpoint)
    }

    /// What to write as a checkpoint now; `timed` is the look of every second.
    pub(super) fn due(&self, settings: &GroupSettings, timed: bool) -> Option<u64> {
        let mark = self.unsaved()?;
        let many = self.done >= settings.max_checkpoint_count.max(1);
        let some = self.done >= settings.min_checkpoint_count
            && timed
            && self.checked.elapsed() >= settings.checkpoint_after;
        (many || some).then_some(mark)
    }

    pub(super) fn checkpointed(&mut self, mark: u64) {
        self.checkpoint = Some(mark);
        self.done = 0;
        self.checked = Instant::now();
    }
}
