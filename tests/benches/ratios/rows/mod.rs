//! The rows of the comparison in memory and on SQLite: what is done, by
//! plumberd and by a bare loop.

mod bare_memory;
#[cfg(feature = "sqlite")]
mod bare_sqlite;
mod codec;
pub(crate) mod domain;
pub(crate) mod plumberd_side;
pub(crate) mod side;
pub(crate) mod work;

use bare_memory::BareMemory;
use plumberd_side::PlumberdSide;
use side::{Contend, Project, Side, Spread};
use std::path::PathBuf;
use work::{Appends, Commands, Contended, Loads, Projections, Spreads, Work};

/// What is done with each row: it is timed, counted, or repeated.
pub(crate) trait Bench {
    /// Whether the row is wanted.
    fn wants(&self, row: &str) -> bool;

    /// One row. Each side is opened anew for every preparation and dropped
    /// after it, so what a row holds does not grow with the time it takes.
    fn row<L, P>(
        &mut self,
        row: Row,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
        work: impl Work<L> + Work<P>,
    );
}

/// What is said of a row.
pub(crate) struct Row {
    pub(crate) name: String,
    /// What the limit leaves out that plumberd does.
    pub(crate) left_out: &'static str,
    /// Whether both sides run in tasks of several threads, and not on the
    /// caller's.
    pub(crate) threads: bool,
}

/// Where what is counted is left for the ratios to stand beside.
pub(crate) fn counts_file() -> PathBuf {
    [env!("CARGO_TARGET_TMPDIR"), "allocations.tsv"]
        .iter()
        .collect()
}

/// Every row without a server.
pub(crate) fn all(bench: &mut impl Bench) {
    codec::rows(bench);
    memory(bench);
    #[cfg(feature = "sqlite")]
    sqlite(bench);
}

fn memory(bench: &mut impl Bench) {
    let limit = async || BareMemory::default();
    let plumberd = async || PlumberdSide::memory(false).await;
    let mut rows = Rows::new(bench, "memory", bare_memory::LEFT_OUT);
    rows.commands(&[0, 10, 100, 1_000], limit, plumberd);
    rows.appends(limit, plumberd);
    rows.loads(limit, plumberd);
    rows.projection(limit, plumberd);
    rows.contended(limit, plumberd);
    let plumberd = async || PlumberdSide::memory(true).await;
    let mut rows = Rows::new(
        bench,
        "memory, cached",
        bare_memory::LEFT_OUT_BESIDE_A_CACHE,
    );
    rows.commands(&[0, 10, 100, 1_000], limit, plumberd);
    rows.contended(limit, plumberd);
}

#[cfg(feature = "sqlite")]
fn sqlite(bench: &mut impl Bench) {
    use bare_sqlite::BareSqlite;

    let limit = async || BareSqlite::new("normal");
    let plumberd = async || PlumberdSide::sqlite("normal", false).await;
    let mut rows = Rows::new(bench, "sqlite normal", bare_sqlite::LEFT_OUT);
    rows.commands(&[0, 10, 100], limit, plumberd);
    rows.appends(limit, plumberd);
    rows.spread(16, limit, plumberd);
    rows.loads(limit, plumberd);
    rows.projection(limit, plumberd);
    let plumberd = async || PlumberdSide::sqlite("normal", true).await;
    let mut rows = Rows::new(
        bench,
        "sqlite normal, cached",
        bare_sqlite::LEFT_OUT_BESIDE_A_CACHE,
    );
    rows.commands(&[0, 10, 100], limit, plumberd);
    let limit = async || BareSqlite::new("full");
    let plumberd = async || PlumberdSide::sqlite("full", false).await;
    let mut rows = Rows::new(bench, "sqlite full", bare_sqlite::LEFT_OUT);
    rows.appends(limit, plumberd);
    rows.spread(16, limit, plumberd);
}

/// The rows of one store, of each kind of work.
pub(crate) struct Rows<'b, B> {
    bench: &'b mut B,
    store: &'static str,
    left_out: &'static str,
    /// As of [`Row`].
    pub(crate) threads: bool,
}

impl<'b, B: Bench> Rows<'b, B> {
    /// On the caller's thread.
    pub(crate) const fn new(bench: &'b mut B, store: &'static str, left_out: &'static str) -> Self {
        Self {
            bench,
            store,
            left_out,
            threads: false,
        }
    }

    pub(crate) fn row<L, P>(
        &mut self,
        what: &str,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
        work: impl Work<L> + Work<P>,
    ) {
        let row = Row {
            name: format!("{}: {what}", self.store),
            left_out: self.left_out,
            threads: self.threads,
        };
        if self.bench.wants(&row.name) {
            self.bench.row(row, limit, plumberd, work);
        }
    }

    /// Commands on aggregates that have so many events.
    pub(crate) fn commands<L: Side, P: Side>(
        &mut self,
        priors: &[usize],
        limit: impl AsyncFn() -> L + Copy,
        plumberd: impl AsyncFn() -> P + Copy,
    ) {
        for &prior in priors {
            let what = format!("command after {prior} events");
            self.row(&what, limit, plumberd, Commands::after(prior));
        }
    }

    /// Appends by one writer.
    pub(crate) fn appends<L: Side, P: Side>(
        &mut self,
        limit: impl AsyncFn() -> L + Copy,
        plumberd: impl AsyncFn() -> P + Copy,
    ) {
        for size in [1, 10, 100] {
            let what = format!("append of {size}");
            self.row(&what, limit, plumberd, Appends::of(size));
        }
    }

    /// Appends by several tasks, each to a stream of its own.
    pub(crate) fn spread<L: Spread, P: Spread>(
        &mut self,
        tasks: usize,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
    ) {
        let what = format!("append of 1, {tasks} tasks");
        self.row(&what, limit, plumberd, Spreads { tasks });
    }

    /// Loads of one long stream.
    pub(crate) fn loads<L: Side, P: Side>(
        &mut self,
        limit: impl AsyncFn() -> L + Copy,
        plumberd: impl AsyncFn() -> P + Copy,
    ) {
        for events in [10_000, 100_000] {
            let what = format!("load {events} events");
            self.row(&what, limit, plumberd, Loads { events });
        }
    }

    /// A fold of the whole store.
    fn projection<L: Project, P: Project>(
        &mut self,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
    ) {
        let work = Projections { events: 100_000 };
        self.row("project 100000 events", limit, plumberd, work);
    }

    /// Commands of 8 tasks of one thread on one aggregate.
    fn contended<L: Contend, P: Contend>(
        &mut self,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
    ) {
        let work = Contended { tasks: 8 };
        self.row(
            "commands of 8 tasks on one aggregate",
            limit,
            plumberd,
            work,
        );
    }
}
