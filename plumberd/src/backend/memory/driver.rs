use super::Memory;
use crate::store::toolkit::driver::{DriverError, Opened};
use futures_util::future::{BoxFuture, ready};

/// Opens `memory:`, a new store with each call.
pub(in crate::backend) fn open(url: &str) -> BoxFuture<'_, Result<Opened, DriverError>> {
    let opened = match url {
        "memory:" | "memory://" => Ok(Opened::new(Memory::new())),
        _ => Err(DriverError::invalid_url(
            "nothing may follow `memory:`, a store in memory has no name and no options",
        )),
    };
    Box::pin(ready(opened))
}
