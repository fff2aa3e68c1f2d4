//! Alternating rounds, medians, one table.

use crate::{
    counted::Counted,
    rows::{Bench, Row, work::Work},
    runtimes::Runtimes,
};
use std::time::{Duration, Instant};

/// How long one side works in one round, at least.
const ROUND: Duration = Duration::from_millis(50);

/// How often a side is prepared in one round, at most.
const PREPARATIONS: usize = 50;

/// The rows so far.
pub(crate) struct Table {
    words: Vec<String>,
    rounds: usize,
    runtimes: Runtimes,
    counted: Counted,
    /// The names and the ratios.
    rows: Vec<(String, f64)>,
}

impl Table {
    /// Runs the workloads whose names have all of `words`.
    pub(crate) fn new(words: Vec<String>, rounds: usize) -> Self {
        println!(
            "| workload | limit | plumberd | ratio | quiet rounds | allocations | left out of the limit |"
        );
        println!("|---|---:|---:|---:|---:|---:|---|");
        Self {
            words,
            rounds: rounds.max(1),
            runtimes: Runtimes::new(),
            counted: Counted::read(),
            rows: Vec::new(),
        }
    }

    /// Says which rows are below the target.
    pub(crate) fn finish(self) {
        let below: Vec<_> = self.rows.iter().filter(|row| row.1 < 0.9).collect();
        println!(
            "\n{} rows, {} below 0.90 of the limit; medians of {} alternating rounds, a second; \
             allocations an operation of the limit and of plumberd{}",
            self.rows.len(),
            below.len(),
            self.rounds,
            self.counted.says()
        );
        for (name, ratio) in below {
            println!("below: {name} at {ratio:.2}");
        }
    }
}

impl Bench for Table {
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
        let runtimes = &self.runtimes;
        let limit = || round(runtimes, &row, &limit, &work);
        let plumberd = || round(runtimes, &row, &plumberd, &work);
        let (mut limits, mut plumberds) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            if round % 2 == 0 {
                limits.push(limit());
                plumberds.push(plumberd());
            } else {
                plumberds.push(plumberd());
                limits.push(limit());
            }
        }
        let (limit, plumberd) = (quantile(&mut limits, 2), quantile(&mut plumberds, 2));
        let ratio = plumberd / limit;
        println!(
            "| {} | {} | {} | **{ratio:.2}** | {:.2} | {} | {} |",
            row.name,
            rate(limit),
            rate(plumberd),
            // What is left when a round in which the machine did something
            // else does not count.
            quantile(&mut plumberds, 3) / quantile(&mut limits, 3),
            self.counted.of(&row.name),
            row.left_out,
        );
        self.rows.push((row.name, ratio));
    }
}

/// Runs a side until it has worked for a round; operations a second.
fn round<S, W: Work<S>>(
    runtimes: &Runtimes,
    row: &Row,
    open: &impl AsyncFn() -> S,
    work: &W,
) -> f64 {
    let (mut took, mut operations) = (Duration::ZERO, 0);
    for _ in 0..PREPARATIONS {
        runtimes.of(row).block_on(async {
            let side = open().await;
            let prepared = work.prepare(&side).await;
            let start = Instant::now();
            work.run(&side, prepared).await;
            took += start.elapsed();
        });
        operations += work.operations();
        if took >= ROUND {
            break;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let operations = operations as f64;
    operations / took.as_secs_f64()
}

/// The value at `quarter` quarters of the sorted values.
fn quantile(values: &mut [f64], quarter: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * quarter / 4]
}

fn rate(operations: f64) -> String {
    if operations >= 1e6 {
        format!("{:.2}M", operations / 1e6)
    } else if operations >= 1e4 {
        format!("{:.1}k", operations / 1e3)
    } else {
        format!("{operations:.0}")
    }
}
