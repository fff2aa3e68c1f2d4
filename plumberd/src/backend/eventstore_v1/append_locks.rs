use crate::stream::{StreamName, TenantId};
use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};
use tokio::sync::Mutex;

/// More than there are writers at a time, so that those of two streams seldom
/// wait for each other.
const LOCKS: usize = 512;

/// Locks by stream, for appends that would only do the same work twice or in
/// vain beside each other.
pub(super) struct AppendLocks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl fmt::Debug for AppendLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppendLocks")
            .field("count", &self.locks.len())
            .finish_non_exhaustive()
    }
}

impl Default for AppendLocks {
    fn default() -> Self {
        Self {
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl AppendLocks {
    pub(super) fn of(&self, tenant: &TenantId, stream: &StreamName) -> &Mutex<()> {
        let locks = self.locks.len() as u64;
        let lock = self.hasher.hash_one((tenant, stream)) % locks;
        &self.locks[usize::try_from(lock).unwrap_or(0)]
    }
}
