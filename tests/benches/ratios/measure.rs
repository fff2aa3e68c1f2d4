//! Alternating rounds, medians, one table.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// The rows so far.
pub(crate) struct Table {
    words: Vec<String>,
    rounds: usize,
    rows: Vec<Row>,
}

struct Row {
    workload: String,
    limit: f64,
    plumberd: f64,
    ratio: f64,
    /// The ratio of the fastest quarters: what is left when a round in which
    /// the machine did something else does not count.
    quiet: f64,
}

/// How long one side works in one round, at least.
const ROUND: Duration = Duration::from_millis(30);

impl Table {
    /// Runs the workloads whose names have all of `words`.
    pub(crate) fn new(words: Vec<String>, rounds: usize) -> Self {
        println!("| workload | limit | plumberd | ratio | quiet rounds |");
        println!("|---|---:|---:|---:|---:|");
        Self {
            words,
            rounds: rounds.max(1),
            rows: Vec::new(),
        }
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.words.iter().all(|word| workload.contains(word))
    }

    /// Whether a row of this store may be wanted, so that a server is worth
    /// starting.
    #[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
    pub(crate) fn wants_any(&self, store: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| word == store)
    }

    /// Measures a workload of `operations` a round. Each side is a function
    /// that prepares what it needs and then gives back how long the round took.
    pub(crate) async fn measure(
        &mut self,
        workload: &str,
        operations: usize,
        mut limit: impl AsyncFnMut() -> Duration,
        mut plumberd: impl AsyncFnMut() -> Duration,
    ) {
        // Once for the caches.
        limit().await;
        plumberd().await;
        let (mut limits, mut plumberds) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            if round % 2 == 0 {
                limits.push(per_second(operations, &mut limit).await);
                plumberds.push(per_second(operations, &mut plumberd).await);
            } else {
                plumberds.push(per_second(operations, &mut plumberd).await);
                limits.push(per_second(operations, &mut limit).await);
            }
        }
        let (limit, plumberd) = (quantile(&mut limits, 2), quantile(&mut plumberds, 2));
        let row = Row {
            workload: workload.to_owned(),
            limit,
            plumberd,
            ratio: plumberd / limit,
            quiet: quantile(&mut plumberds, 3) / quantile(&mut limits, 3),
        };
        println!(
            "| {} | {} | {} | **{:.2}** | {:.2} |",
            row.workload,
            rate(row.limit),
            rate(row.plumberd),
            row.ratio,
            row.quiet
        );
        self.rows.push(row);
    }

    /// Says which rows are below the target.
    pub(crate) fn finish(self) {
        let below: Vec<_> = self.rows.iter().filter(|row| row.ratio < 0.9).collect();
        println!(
            "\n{} rows, {} below 0.90 of the limit; medians of {} alternating rounds, a second",
            self.rows.len(),
            below.len(),
            self.rounds
        );
        for row in below {
            println!("below: {} at {:.2}", row.workload, row.ratio);
        }
    }
}

/// How long `work` takes.
pub(crate) async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

/// Runs a side until it has worked for a round; operations a second.
async fn per_second(operations: usize, side: &mut impl AsyncFnMut() -> Duration) -> f64 {
    let mut took = Duration::ZERO;
    let mut runs = 0.0;
    while took < ROUND {
        took += side().await;
        runs += 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let operations = operations as f64;
    runs * operations / took.as_secs_f64()
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
