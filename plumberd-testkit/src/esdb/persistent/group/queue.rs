use crate::esdb::persistent::item::Item;
use std::collections::{BTreeMap, VecDeque};

/// Events that wait for a consumer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Those that are sent again come first, in the order of their places;
    /// parked events that are replayed before them.
    again: BTreeMap<(Option<u64>, u64), Item>,
    /// Tells apart what has the same place, or none.
    added: u64,
    buffer: VecDeque<Item>,
}

impl Queue {
    pub(super) fn push(&mut self, item: Item) {
        self.buffer.push_back(item);
    }

    pub(super) fn push_again(&mut self, item: Item) {
        self.added += 1;
        self.again.insert((item.place, self.added), item);
    }

    /// Hands out events in order until `send` says to stop; one that it gives
    /// back stays where it was.
    pub(super) fn dispatch(&mut self, mut send: impl FnMut(Item) -> Sent) {
        let keys: Vec<_> = self.again.keys().copied().collect();
        for key in keys {
            let Some(item) = self.again.remove(&key) else {
                continue;
            };
            match send(item) {
                Sent::Out => {}
                Sent::Passed(item) => {
                    self.again.insert(key, item);
                }
                Sent::Full(item) => {
                    self.again.insert(key, item);
                    return;
                }
            }
        }
        let mut passed = VecDeque::new();
        while let Some(item) = self.buffer.pop_front() {
            match send(item) {
                Sent::Out => {}
                Sent::Passed(item) => passed.push_back(item),
                Sent::Full(item) => {
                    self.buffer.push_front(item);
                    break;
                }
            }
        }
        while let Some(item) = passed.pop_back() {
            self.buffer.push_front(item);
        }
    }

    pub(super) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    pub(super) fn waiting_again(&self) -> usize {
        self.again.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.again.is_empty() && self.buffer.is_empty()
    }
}

/// What became of an event that was to be sent.
#[derive(Debug)]
pub(super) enum Sent {
    Out,
    /// Its consumer has no room; another event's may.
    Passed(Item),
    /// No consumer has room.
    Full(Item),
}
