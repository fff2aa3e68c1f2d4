use super::state::{EventAddress, Owner, State, Tenant};
use crate::{
    event::RecordedEvent,
    store::{
        Direction, Filter, StreamDeleted,
        toolkit::rules::{self, Tenants},
    },
};
use std::collections::BTreeSet;

/// How many events a read looks at while it holds the lock.
const LOOK_AT: usize = 1_024;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) filter: &'a Filter,
    pub(super) tenants: &'a Tenants,
    /// Also what was deleted, as a subscription tells it.
    pub(super) deletions: bool,
}

impl Wanted<'_> {
    fn tells_deletion_in(&self, event: &RecordedEvent) -> bool {
        let (stream, kind) = (event.stream.as_str(), event.event_type.as_str());
        self.deletions && self.filter.matches_deletion_in(stream, kind)
    }
}

/// What was found of a part of the global order.
pub(super) struct Found {
    pub(super) events: Vec<RecordedEvent>,
    pub(super) deleted: Vec<StreamDeleted>,
    /// Everything was looked at up to this position, in the read's direction.
    pub(super) considered: u64,
    /// Whether there is more in the bounds.
    pub(super) more: bool,
}

impl State {
    /// Finds at most `most` events that pass, with positions from `low` to
    /// `high`.
    pub(super) fn find_events(
        &self,
        (low, high): (u64, u64),
        direction: Direction,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Found {
        let (low, high) = (low.max(1), high.min(self.head()));
        let mut found = Found {
            events: Vec::new(),
            deleted: Vec::new(),
            considered: match direction {
                Direction::Forwards => high,
                Direction::Backwards => low,
            },
            more: false,
        };
        if low > high || most == 0 {
            return found;
        }
        let candidates = self.candidates((low, high), direction, wanted);
        let mut looked_at = 0;
        for &position in &candidates {
            looked_at += 1;
            let place = self.order[super::stream::index(position - 1)];
            let event = self.streams[place.stream].event(place.index);
            if wanted.filter.matches_event(event) {
                found.events.push(event.clone());
            }
            if wanted.tells_deletion_in(event) {
                found.deleted.extend(self.deletion(place));
            }
            if found.events.len() + found.deleted.len() >= most {
                break;
            }
        }
        if looked_at < candidates.len() || candidates.len() == LOOK_AT {
            found.considered = candidates[looked_at - 1];
            found.more = match direction {
                Direction::Forwards => found.considered < high,
                Direction::Backwards => found.considered > low,
            };
        }
        found
    }

    /// What the event at `place` says was deleted.
    pub(super) fn deletion(&self, place: EventAddress) -> Option<StreamDeleted> {
        let stream = &self.streams[place.stream];
        let before = place.index.checked_sub(1);
        let hidden = before.and_then(|before| rules::truncated_before(stream.event(before)));
        // Looking it up cannot fail.
        rules::stream_deleted(stream.event(place.index), || Ok(hidden)).unwrap_or_default()
    }

    /// The first positions, in the read's direction, of events that may pass;
    /// [`LOOK_AT`] of them, or less when there are no more.
    fn candidates(
        &self,
        (low, high): (u64, u64),
        direction: Direction,
        wanted: Wanted<'_>,
    ) -> Vec<u64> {
        let tenant = match wanted.tenants {
            Tenants::Every => return first_of(low..=high, direction),
            Tenants::Of(tenant) => self.tenant(&Owner(tenant.clone())),
        };
        let Some(tenant) = tenant else {
            return Vec::new();
        };
        let lists: Vec<&[u64]> = tenant
            .narrowest(wanted)
            .into_iter()
            .map(|positions| within(positions, low, high))
            .collect();
        let mut merged: Vec<u64> = lists
            .iter()
            .flat_map(|list| first_of(list.iter().copied(), direction))
            .collect();
        if lists.len() > 1 {
            merged.sort_unstable();
            if direction == Direction::Backwards {
                merged.reverse();
            }
            merged.truncate(LOOK_AT);
        }
        merged
    }
}

impl Tenant {
    /// The shortest lists of positions that have everything that is wanted.
    fn narrowest(&self, wanted: Wanted<'_>) -> Vec<&Vec<u64>> {
        let prefixes = wanted.filter.stream_prefixes();
        let categories: Option<BTreeSet<&str>> = prefixes
            .map(|prefix| prefix.split_once('-').map(|(category, _)| category))
            .collect();
        match categories {
            Some(categories) if !categories.is_empty() => categories
                .into_iter()
                .flat_map(|category| {
                    let metadata = wanted.deletions.then(|| format!("$${category}"));
                    let metadata = metadata.and_then(|of| self.positions_of(&of));
                    [self.positions_of(category), metadata]
                })
                .flatten()
                .collect(),
            // Every stream, or some that no category holds.
            _ => vec![&self.positions],
        }
    }
}

fn within(positions: &[u64], low: u64, high: u64) -> &[u64] {
    let start = positions.partition_point(|&position| position < low);
    let end = positions.partition_point(|&position| position <= high);
    &positions[start..end]
}

fn first_of(positions: impl DoubleEndedIterator<Item = u64>, direction: Direction) -> Vec<u64> {
    match direction {
        Direction::Forwards => positions.take(LOOK_AT).collect(),
        Direction::Backwards => positions.rev().take(LOOK_AT).collect(),
    }
}
