use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
};

/// Hashes names of streams and ids of events with a multiplication for every 16 bytes.
///
/// Clients choose both, so it is keyed, with what the standard library would have keyed
/// its own hashes with: a client that does not know the keys cannot choose names that
/// collide.
#[derive(Clone, Copy)]
pub(crate) struct Keyed(u64, u64);

impl Default for Keyed {
    fn default() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1))
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}

impl BuildHasher for Keyed {
    type Hasher = KeyedHasher;

    #[inline]
    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher {
            keys: *self,
            hash: self.0,
        }
    }
}

pub(crate) struct KeyedHasher {
    keys: Keyed,
    hash: u64,
}

impl KeyedHasher {
    #[inline]
    fn add(&mut self, number: u128) {
        let (first, second) = (low(number), low(number >> 64));
        let product = u128::from(first ^ self.hash) * u128::from(second ^ self.keys.1);
        self.hash = low(product) ^ low(product >> 64);
    }
}

impl Hasher for KeyedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<16>();
        for chunk in chunks {
            self.add(u128::from_le_bytes(*chunk));
        }
        // The length tells bytes from the zeros that fill them up.
        let mut filled = [0; 16];
        filled[..rest.len()].copy_from_slice(rest);
        self.add(u128::from_le_bytes(filled));
        self.hash ^= bytes.len() as u64;
    }

    /// What stands behind a text in a hash of several: it tells its end, which the
    /// length does already.
    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.hash = self.hash.rotate_left(8) ^ u64::from(number);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.add(number);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The length and the end of a text, which came last, into all bits.
        let product = u128::from(self.hash ^ self.keys.0) * u128::from(self.keys.1 | 1);
        low(product) ^ low(product >> 64)
    }
}

#[inline]
const fn low(number: u128) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    {
        number as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::StreamName;
    use std::collections::{HashMap, HashSet};
    use uuid::Uuid;

    /// The most of `hashes` whose 10 lowest, and whose 7 highest bits are the same: a
    /// table looks at these.
    fn most_alike(hashes: &[u64]) -> [usize; 2] {
        [|hash: u64| hash & 0x3ff, |hash| hash >> 57].map(|part| {
            let mut counts = HashMap::<_, usize>::new();
            for hash in hashes {
                *counts.entry(part(*hash)).or_default() += 1;
            }
            counts.into_values().max().unwrap_or_default()
        })
    }

    #[test]
    fn names_and_ids_that_are_nearly_alike_have_hashes_that_are_not() {
        let keyed = Keyed::default();
        let names = |number: u32| StreamName::new("Account", number).expect("a name");
        let uuids = |number: u32| Uuid::from_u128(u128::from(number));
        let names_of_uuids =
            |number| StreamName::new("Account", uuids(number).hyphenated()).expect("a name");
        let zeros = |number: u32| "\0".repeat(number as usize);
        let all: [Vec<u64>; 4] = [
            (0..10_000).map(|n| keyed.hash_one(names(n))).collect(),
            (0..10_000)
                .map(|n| keyed.hash_one(names_of_uuids(n)))
                .collect(),
            (0..10_000_u128).map(|n| keyed.hash_one(n)).collect(),
            (0..10_000)
                .map(|n| keyed.hash_one(zeros(n % 2_000) + "x"))
                .collect(),
        ];

        for (of, hashes) in all.iter().enumerate().take(3) {
            assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), 10_000, "{of}");
            // Ten and 78 of each are to be expected.
            let [lowest, highest] = most_alike(hashes);
            assert!(lowest < 60 && highest < 200, "{of}: {lowest}, {highest}");
        }
        assert_eq!(all[3].iter().collect::<HashSet<_>>().len(), 2_000);
    }

    #[test]
    fn the_same_name_has_another_hash_under_other_keys() {
        let name = StreamName::new("Account", 1).expect("a name");
        let (one, other) = (Keyed::default(), Keyed::default());

        assert_eq!(one.hash_one(&name), one.hash_one(&name));
        assert_ne!(one.hash_one(&name), other.hash_one(&name));
    }
}
