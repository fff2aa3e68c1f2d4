use crate::stream::StreamName;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Lets the commands of one process that lost a race for a stream try again
/// one after another: of those that stampede, all but one lose again.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<StreamName, Weak<AsyncMutex<()>>>>);

impl Gates {
    /// Waits for its turn at `stream`; the turn ends when the guard is dropped.
    pub(super) async fn enter(&self, stream: &StreamName) -> OwnedMutexGuard<()> {
        let gate = self.gate(stream);
        gate.lock_owned().await
    }

    fn gate(&self, stream: &StreamName) -> Arc<AsyncMutex<()>> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(stream).and_then(Weak::upgrade) {
            return gate;
        }
        // Conflicts are rare; what nobody holds is swept when they are not.
        if gates.len() >= 64 {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::default();
        gates.insert(stream.clone(), Arc::downgrade(&gate));
        gate
    }
}
