use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
};
use uuid::Uuid;

/// Something by event id.
#[derive(Debug)]
pub(super) struct IdMap<V>(HashMap<u128, V, Keys>);

impl<V: Copy> IdMap<V> {
    pub(super) fn get(&self, id: Uuid) -> Option<V> {
        self.0.get(&id.as_u128()).copied()
    }

    pub(super) fn insert(&mut self, id: Uuid, value: V) {
        self.0.insert(id.as_u128(), value);
    }
}

impl<V> Default for IdMap<V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

/// Hashes ids with one multiplication. Who sends events chooses their ids, so
/// it is keyed, with what the standard library would have keyed its own with:
/// a client that does not know the keys cannot choose ids that collide.
#[derive(Clone, Copy)]
struct Keys(u64, u64);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Default for Keys {
    fn default() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1))
    }
}

impl BuildHasher for Keys {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher {
            keys: *self,
            hash: 0,
        }
    }
}

struct IdHasher {
    keys: Keys,
    hash: u64,
}

impl Hasher for IdHasher {
    fn write_u128(&mut self, id: u128) {
        let high = u64::try_from(id >> 64).unwrap_or_default();
        self.write_halves(high, low(id));
    }

    // Not used for ids; right all the same.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_halves(u64::from(*byte), self.hash);
        }
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

impl IdHasher {
    fn write_halves(&mut self, high: u64, low_half: u64) {
        let Keys(first, second) = self.keys;
        let product = u128::from(high ^ first) * u128::from(low_half ^ second);
        self.hash = low(product) ^ low(product >> 64);
    }
}

const fn low(number: u128) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    {
        number as u64
    }
}
