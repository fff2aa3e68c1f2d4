//! One side of one row, so often, for a profiler.

use crate::{
    rows::{Bench, Row, work::Work},
    runtimes::Runtimes,
};

/// Which side is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Limit,
    Plumberd,
}

pub(crate) struct Only {
    row: String,
    side: Which,
    /// Operations, at least: as many as whole preparations are good for.
    count: usize,
    runtimes: Runtimes,
    done: bool,
}

impl Only {
    pub(crate) fn new(row: String, side: Which, count: usize) -> Self {
        Self {
            row,
            side,
            count,
            runtimes: Runtimes::new(),
            done: false,
        }
    }

    pub(crate) fn finish(self) {
        assert!(self.done, "no row is called `{}`", self.row);
    }

    fn repeat<S, W: Work<S>>(&self, row: &Row, open: impl AsyncFn() -> S, work: &W) {
        let runtime = self.runtimes.of(row);
        let mut operations = 0;
        while operations < self.count {
            let side = runtime.block_on(open());
            let prepared = runtime.block_on(work.prepare(&side));
            measured(|| runtime.block_on(work.run(&side, prepared)));
            operations += work.operations();
            // What it spawned ends with it.
            runtime.block_on(async { drop(side) });
        }
        println!("{operations} operations of `{}`", row.name);
    }
}

/// What a profiler is told to look at.
#[inline(never)]
fn measured(work: impl FnOnce()) {
    work();
}

impl Bench for Only {
    fn wants(&self, row: &str) -> bool {
        row == self.row
    }

    fn row<L, P>(
        &mut self,
        row: Row,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
        work: impl Work<L> + Work<P>,
    ) {
        match self.side {
            Which::Limit => self.repeat(&row, limit, &work),
            Which::Plumberd => self.repeat(&row, plumberd, &work),
        }
        self.done = true;
    }
}
