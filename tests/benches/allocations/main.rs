//! How often each side of the rows of `ratios` allocates, an operation: exact,
//! whatever else the machine does.
//!
//! ```text
//! cargo bench -p plumberd-tests --bench allocations --bench ratios
//! ```
//!
//! What the Rust code of all threads allocates and reallocates counts; what SQLite
//! itself does, in C, does not. It is a program of its own because counting takes
//! time, which would show in the ratios. It leaves the counts to the next `ratios`.

#[path = "../ratios/rows/mod.rs"]
mod rows;
#[path = "../ratios/runtimes.rs"]
mod runtimes;

use rows::{Bench, Row, work::Work};
use runtimes::Runtimes;
use stats_alloc::{Region, StatsAlloc};
use std::{alloc::System, fs};

#[global_allocator]
static ALLOCATOR: StatsAlloc<System> = StatsAlloc::system();

fn main() {
    let arguments = std::env::args().skip(1);
    let words = arguments.filter(|argument| !argument.starts_with("--"));
    let mut counts = Counts {
        words: words.collect(),
        runtimes: Runtimes::new(),
        lines: Vec::new(),
    };
    println!("| workload | limit | plumberd | left out of the limit |");
    println!("|---|---:|---:|---|");
    rows::all(&mut counts);
    fs::write(rows::counts_file(), counts.lines.join("\n")).expect("the counts are written");
}

struct Counts {
    words: Vec<String>,
    runtimes: Runtimes,
    lines: Vec<String>,
}

impl Counts {
    fn count<S, W: Work<S>>(&self, row: &Row, open: impl AsyncFn() -> S, work: &W) -> f64 {
        self.runtimes.of(row).block_on(async {
            let mut counted = 0;
            // The first time fills what is made once.
            for _ in 0..2 {
                let side = open().await;
                let prepared = work.prepare(&side).await;
                let region = Region::new(&ALLOCATOR);
                work.run(&side, prepared).await;
                let change = region.change();
                counted = change.allocations + change.reallocations;
            }
            #[expect(clippy::cast_precision_loss, reason = "a few million")]
            let (counted, operations) = (counted as f64, work.operations() as f64);
            counted / operations
        })
    }
}

impl Bench for Counts {
    fn wants(&self, row: &str) -> bool {
        self.words.iter().all(|word| row.contains(word))
    }

    fn row<L, P>(
        &mut self,
        row: Row,
        limit: impl AsyncFn() -> L,
        plumberd: impl AsyncFn() -> P,
        work: impl Work<L> + Work<P>,
    ) {
        let limit = self.count(&row, limit, &work);
        let plumberd = self.count(&row, plumberd, &work);
        println!(
            "| {} | {limit:.2} | {plumberd:.2} | {} |",
            row.name, row.left_out
        );
        self.lines
            .push(format!("{}\t{limit:.2}\t{plumberd:.2}", row.name));
    }
}
