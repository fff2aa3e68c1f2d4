use crate::stream::{StreamName, TenantId};
use lru::LruCache;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// The most ids that are kept of one stream, its oldest; and half of how many
/// are kept of all streams.
const MOST: u64 = 1 << 17;

/// The ids of the streams that were searched, so that the next search reads only
/// what was appended since.
///
/// A server deletes nothing, so what is kept stays true; should a server have
/// lost events all the same, the call that finds out forgets the stream.
#[derive(Debug)]
pub(super) struct IdIndex {
    most: u64,
    streams: Mutex<Streams>,
}

type Key = (TenantId, StreamName);

/// The streams that were searched lately.
#[derive(Debug)]
struct Streams {
    ids: LruCache<Key, Ids>,
    /// How many ids they have, all together.
    size: u64,
}

/// The ids of the events of the nonces from 1 to `high`.
#[derive(Debug, Default)]
struct Ids {
    high: u64,
    nonces: HashMap<Uuid, u64>,
}

/// What is known of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KnownIds {
    /// Up to which nonce every id is known.
    pub(super) high: u64,
    /// Which of the ids asked for are among them, in the order of the nonces.
    pub(super) hits: Vec<(u64, Uuid)>,
}

impl Default for IdIndex {
    fn default() -> Self {
        Self::keeping(MOST)
    }
}

impl IdIndex {
    fn keeping(most: u64) -> Self {
        Self {
            most,
            streams: Mutex::new(Streams {
                ids: LruCache::unbounded(),
                size: 0,
            }),
        }
    }

    /// What is known of `stream`, and of these ids in it.
    pub(super) fn of(&self, tenant: &TenantId, stream: &StreamName, ids: &[Uuid]) -> KnownIds {
        let mut streams = self.lock();
        let Some(kept) = streams.ids.get(&(tenant.clone(), stream.clone())) else {
            return KnownIds::default();
        };
        let mut hits: Vec<_> = ids
            .iter()
            .filter_map(|id| kept.nonces.get(id).map(|nonce| (*nonce, *id)))
            .collect();
        hits.sort_unstable();
        KnownIds {
            high: kept.high,
            hits,
        }
    }

    /// Whether the id of the event of this nonce is worth being remembered.
    pub(super) const fn takes(&self, nonce: u64) -> bool {
        nonce <= self.most
    }

    /// Keeps the ids of all events after the nonce `after` up to `high`.
    pub(super) fn extend(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        after: u64,
        high: u64,
        read: Vec<(Uuid, u64)>,
    ) {
        let high = high.min(self.most);
        let key = (tenant.clone(), stream.clone());
        let mut streams = self.lock();
        let mut kept = streams.take(&key).unwrap_or_default();
        // Otherwise what lies between was forgotten meanwhile, or nothing is
        // new.
        if kept.high >= after && kept.high < high {
            kept.high = high;
            kept.nonces
                .extend(read.into_iter().filter(|(_, nonce)| *nonce <= high));
        }
        if kept.high > 0 {
            streams.put(key, kept, self.most);
        }
    }

    /// Forgets what is known of `stream`.
    pub(super) fn forget(&self, tenant: &TenantId, stream: &StreamName) {
        let key = (tenant.clone(), stream.clone());
        drop(self.lock().take(&key));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Takes a stream out.
    fn take(&mut self, key: &Key) -> Option<Ids> {
        let ids = self.ids.pop(key)?;
        self.size -= ids.high;
        Some(ids)
    }

    /// Puts a stream that was taken out back as the newest; the oldest ones go
    /// where there are more ids than twice `most`.
    fn put(&mut self, key: Key, ids: Ids, most: u64) {
        self.size += ids.high;
        self.ids.put(key, ids);
        while self.size > 2 * most {
            let Some((_, oldest)) = self.ids.pop_lru() else {
                return;
            };
            self.size -= oldest.high;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IdIndex, KnownIds};
    use crate::{event::new_event_id, stream::StreamName};
    use uuid::Uuid;

    fn ids(nonces: std::ops::RangeInclusive<u64>) -> Vec<(Uuid, u64)> {
        nonces.map(|nonce| (new_event_id(), nonce)).collect()
    }

    #[test]
    fn only_what_joins_on_is_kept_and_found() {
        let (index, tenant) = (IdIndex::keeping(100), "t1".parse().unwrap());
        let stream = StreamName::raw("Order-1").unwrap();
        let (first, second) = (ids(1..=3), ids(4..=5));
        index.extend(&tenant, &stream, 3, 5, second.clone());
        assert_eq!(index.of(&tenant, &stream, &[]), KnownIds::default());

        index.extend(&tenant, &stream, 0, 3, first.clone());
        index.extend(&tenant, &stream, 3, 5, second.clone());
        let asked = [second[1].0, new_event_id(), first[0].0];
        let known = index.of(&tenant, &stream, &asked);
        assert_eq!((known.high, known.hits.len()), (5, 2));
        assert_eq!(known.hits, [(1, first[0].0), (5, second[1].0)]);

        index.forget(&tenant, &stream);
        assert_eq!(index.of(&tenant, &stream, &asked), KnownIds::default());
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let (index, tenant) = (IdIndex::keeping(10), "t1".parse().unwrap());
        let name = |number: usize| StreamName::raw(format!("Order-{number}")).unwrap();
        for number in 0..100 {
            index.extend(&tenant, &name(number), 0, 3, ids(1..=3));
            assert_eq!(index.of(&tenant, &name(0), &[]).high, 3);
            let kept = index.lock().ids.len();
            assert!(kept <= 8, "{kept} streams of 3 ids, where 20 ids may be");
        }
        assert_eq!(index.of(&tenant, &name(1), &[]), KnownIds::default());
    }

    #[test]
    fn of_a_long_stream_its_oldest_ids_are_kept() {
        let (index, tenant) = (IdIndex::keeping(10), "t1".parse().unwrap());
        let stream = StreamName::raw("Order-1").unwrap();
        let long = ids(1..=25);
        index.extend(&tenant, &stream, 0, 25, long.clone());
        let known = index.of(&tenant, &stream, &[long[9].0, long[10].0]);
        assert_eq!((known.high, known.hits), (10, vec![(10, long[9].0)]));
    }

    #[test]
    fn a_stream_that_is_extended_while_others_go_keeps_all_its_ids() {
        let (index, tenant) = (IdIndex::keeping(10), "t1".parse().unwrap());
        let name = |name: &str| StreamName::raw(name).unwrap();
        let long = ids(1..=7);
        index.extend(&tenant, &name("A"), 0, 6, long[..6].to_vec());
        index.extend(&tenant, &name("B"), 0, 5, ids(1..=5));
        index.extend(&tenant, &name("C"), 0, 5, ids(1..=5));
        index.extend(&tenant, &name("A"), 6, 7, long[6..].to_vec());
        index.extend(&tenant, &name("D"), 0, 10, ids(1..=10));

        let asked: Vec<_> = long.iter().map(|(id, _)| *id).collect();
        let known = index.of(&tenant, &name("A"), &asked);
        let nonces: Vec<_> = known.hits.iter().map(|(nonce, _)| *nonce).collect();
        assert_eq!((known.high, nonces), (7, (1..=7).collect()));
        for stream in ["A", "B", "C", "D"] {
            index.forget(&tenant, &name(stream));
            assert_eq!(index.of(&tenant, &name(stream), &[]), KnownIds::default());
        }
    }
}
