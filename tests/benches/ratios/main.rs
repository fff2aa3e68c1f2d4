//! plumberd beside hand-written limits, in the same run: the same bytes of
//! JSON, the same checks, the same durability.
//!
//! ```text
//! cargo bench -p plumberd-tests --bench ratios               # everything
//! cargo bench -p plumberd-tests --bench ratios -- sqlite 100 # names with both words
//! ROUNDS=21 cargo bench -p plumberd-tests --bench ratios     # more rounds
//! cargo bench -p plumberd-tests --bench allocations          # counts them; the next ratios stand beside
//! ```
//!
//! A limit is a bare loop on the caller's thread; beside a server it is the bare
//! client. Each row says what its limit leaves out. Rounds of the two sides
//! alternate, and the medians are compared: what the machine does meanwhile hits
//! both. Each preparation begins with new sides and is bounded, so that no row
//! holds more than 100,000 events, however quick the machine is.
//!
//! Both sides are in one program and are built alike: as `cargo build --release`
//! builds, or with `--profile bench-lto` as a program with `lto = "fat"` and one
//! codegen unit.
//!
//! Instructions do not depend on what else the machine does. One side of a row, so
//! often, to be counted (`callgrind_annotate` shows where they go):
//!
//! ```text
//! cargo bench -p plumberd-tests --bench ratios --no-run      # says where the program is
//! valgrind --tool=callgrind --toggle-collect='ratios::only::measured*' \
//!     target/release/deps/ratios-… --only "memory: append of 1" --side plumberd --count 1000
//! ```
//!
//! That counts what the caller's thread does while it works, and nothing of the
//! preparation. The instructions of all threads, as those of SQLite's writer, are the
//! difference of two runs without `--toggle-collect`, by the difference of their counts.

mod bus;
mod counted;
#[cfg(feature = "eventstoredb")]
mod limit_esdb;
#[cfg(feature = "eventstore-v1")]
mod limit_esv1;
mod measure;
mod only;
mod rows;
mod runtimes;

use measure::Table;
use only::{Only, Which};
use rows::Bench;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut words, mut row, mut side, mut count) = (Vec::new(), None, Which::Plumberd, 1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value behind the option");
        match argument.as_str() {
            "--only" => row = Some(value()),
            "--side" => {
                side = match value().as_str() {
                    "limit" => Which::Limit,
                    "plumberd" => Which::Plumberd,
                    other => panic!("`{other}` is no side: `limit` or `plumberd`"),
                }
            }
            "--count" => count = value().parse().expect("a number of operations"),
            // Cargo passes it.
            "--bench" => {}
            other => {
                assert!(!other.starts_with("--"), "no option `{other}`");
                words.push(argument);
            }
        }
    }
    if let Some(row) = row {
        let mut only = Only::new(row, side, count);
        every_row(&mut only);
        only.finish();
        return;
    }
    let rounds = std::env::var("ROUNDS").ok();
    let rounds = rounds.map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let mut table = Table::new(words, rounds);
    every_row(&mut table);
    table.finish();
}

fn every_row(bench: &mut impl Bench) {
    rows::all(bench);
    bus::rows(bench);
    #[cfg(feature = "eventstoredb")]
    limit_esdb::rows(bench);
    #[cfg(feature = "eventstore-v1")]
    limit_esv1::rows(bench);
}
