use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tonic::Status;

/// How much memory unfinished messages and appends of all calls may take, in
/// bytes.
const ALL: usize = 128 << 20;

/// The memory for what clients have begun and not finished: one client may have
/// many calls, and each of them little.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget(Arc<AtomicUsize>);

/// What one call has of it; given back when the value is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    bytes: usize,
    all: Budget,
}

impl Budget {
    /// A share of nothing, for now.
    pub(crate) fn share(&self) -> Share {
        Share {
            bytes: 0,
            all: self.clone(),
        }
    }
}

impl Share {
    /// From now on the call has that much.
    ///
    /// # Errors
    ///
    /// `ResourceExhausted` when all calls together have too much; this one is
    /// to give up then.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<(), Status> {
        let before = std::mem::replace(&mut self.bytes, bytes);
        if bytes <= before {
            self.all.0.fetch_sub(before - bytes, Ordering::Relaxed);
            return Ok(());
        }
        let more = bytes - before;
        let all = self.all.0.fetch_add(more, Ordering::Relaxed);
        if all.saturating_add(more) > ALL {
            return Err(Status::resource_exhausted("too much that is not finished"));
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
