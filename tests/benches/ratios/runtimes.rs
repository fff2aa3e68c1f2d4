use crate::rows::Row;
use tokio::runtime::{Builder, Runtime};

/// What futures run on: the caller's thread, or several.
pub(crate) struct Runtimes {
    here: Runtime,
    threads: Runtime,
}

impl Runtimes {
    pub(crate) fn new() -> Self {
        let here = Builder::new_current_thread().enable_all().build();
        let threads = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            here: here.expect("a runtime"),
            threads: threads.expect("a runtime"),
        }
    }

    pub(crate) const fn of(&self, row: &Row) -> &Runtime {
        if row.threads {
            &self.threads
        } else {
            &self.here
        }
    }
}
