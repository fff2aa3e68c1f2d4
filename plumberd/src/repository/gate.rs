use crate::stream::StreamName;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Lets the commands of one process take turns at a stream, once two of them
/// have raced for it: of those that stampede, all but one lose, and lose again.
///
/// A stream that nobody raced for costs one load of an atomic. Other processes
/// know nothing of it, which is why a turn is no promise.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    streams: Mutex<HashMap<StreamName, Weak<AsyncMutex<()>>>>,
    /// How many commands wait for a turn, or have one.
    entered: AtomicUsize,
}

/// A turn at a stream; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _gate: OwnedMutexGuard<()>,
    _entered: Entered,
}

/// Counts one command, until it is dropped.
#[derive(Debug)]
struct Entered(Arc<Gates>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.entered.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gates {
    /// Waits for a turn at `stream`.
    pub(super) async fn enter(self: &Arc<Self>, stream: &StreamName) -> Turn {
        self.entered.fetch_add(1, Ordering::Relaxed);
        let entered = Entered(Arc::clone(self));
        let gate = self.gate(stream);
        Turn {
            _gate: gate.lock_owned().await,
            _entered: entered,
        }
    }

    /// Waits for a turn at `stream`, if others wait for one.
    pub(super) async fn enter_if_contended(self: &Arc<Self>, stream: &StreamName) -> Option<Turn> {
        // Whoever comes too late to see the first one may lose a race, no more.
        if self.entered.load(Ordering::Relaxed) == 0 || self.find(stream).is_none() {
            return None;
        }
        Some(self.enter(stream).await)
    }

    fn find(&self, stream: &StreamName) -> Option<Arc<AsyncMutex<()>>> {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(stream).and_then(Weak::upgrade)
    }

    fn gate(&self, stream: &StreamName) -> Arc<AsyncMutex<()>> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = streams.get(stream).and_then(Weak::upgrade) {
            return gate;
        }
        // Races are rare; what nobody holds is swept when they are not.
        if streams.len() >= 64 {
            streams.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::default();
        streams.insert(stream.clone(), Arc::downgrade(&gate));
        gate
    }
}
