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
    /// The ratios of single rounds: the lowest and the highest quarter.
    spread: (f64, f64),
}

impl Table {
    /// Runs the workloads whose names have all of `words`.
    pub(crate) fn new(words: Vec<String>, rounds: usize) -> Self {
        println!("| workload | limit | plumberd | ratio | quartiles |");
        println!("|---|---:|---:|---:|---|");
        Self {
            words,
            rounds: rounds.max(1),
            rows: Vec::new(),
        }
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.words.iter().all(|word| workload.contains(word))
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
        let mut pairs = Vec::new();
        for round in 0..self.rounds {
            pairs.push(if round % 2 == 0 {
                let limit = limit().await.as_secs_f64();
                (limit, plumberd().await.as_secs_f64())
            } else {
                let plumberd = plumberd().await.as_secs_f64();
                (limit().await.as_secs_f64(), plumberd)
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let operations = operations as f64;
        let limit = operations / middle(pairs.iter().map(|pair| pair.0));
        let plumberd = operations / middle(pairs.iter().map(|pair| pair.1));
        let ratios = || pairs.iter().map(|(limit, plumberd)| limit / plumberd);
        let row = Row {
            workload: workload.to_owned(),
            limit,
            plumberd,
            ratio: plumberd / limit,
            spread: (quantile(ratios(), 1), quantile(ratios(), 3)),
        };
        println!(
            "| {} | {} | {} | **{:.2}** | {:.2} to {:.2} |",
            row.workload,
            rate(row.limit),
            rate(row.plumberd),
            row.ratio,
            row.spread.0,
            row.spread.1
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

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    quantile(values, 2)
}

/// The value at `quarter` quarters of the sorted values.
fn quantile(values: impl Iterator<Item = f64>, quarter: usize) -> f64 {
    let mut values: Vec<_> = values.collect();
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
