//! plumberd beside hand-written limits: the same work, the same checks, the
//! same driver, in the same run.
//!
//! ```text
//! cargo bench -p plumberd-tests --bench ratios               # everything
//! cargo bench -p plumberd-tests --bench ratios -- sqlite 100 # names with both words
//! ROUNDS=21 cargo bench -p plumberd-tests --bench ratios     # more rounds
//! ```
//!
//! Rounds of the two sides alternate, and the medians are compared: what the
//! machine does meanwhile hits both.

mod bus;
mod domain;
#[cfg(feature = "eventstoredb")]
mod limit_esdb;
#[cfg(feature = "eventstore-v1")]
mod limit_esv1;
mod limit_memory;
#[cfg(feature = "sqlite")]
mod limit_sqlite;
mod measure;
mod plumberd_side;
mod side;
mod workloads;

use limit_memory::MemoryLimit;
use measure::Table;
use plumberd_side::PlumberdSide;
use std::sync::Arc;

fn main() {
    // Cargo passes `--bench`.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(11);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");

    let mut table = Table::new(words, rounds);
    runtime.block_on(async {
        workloads::codec(&mut table).await;
        let limit = || Arc::new(MemoryLimit::new(false));
        let plumberd = async || Arc::new(PlumberdSide::memory(false).await);
        workloads::commands(&mut table, "memory", limit, plumberd).await;
        workloads::appends(&mut table, "memory", limit, plumberd).await;
        workloads::loads(&mut table, "memory", limit, plumberd).await;
        let limit = || Arc::new(MemoryLimit::new(true));
        let plumberd = async || Arc::new(PlumberdSide::memory(true).await);
        workloads::commands(&mut table, "memory, cached", limit, plumberd).await;

        bus::rows(&mut table).await;
        #[cfg(feature = "sqlite")]
        sqlite(&mut table).await;
        #[cfg(feature = "eventstoredb")]
        limit_esdb::rows(&mut table).await;
        #[cfg(feature = "eventstore-v1")]
        limit_esv1::rows(&mut table).await;
    });
    table.finish();
}

#[cfg(feature = "sqlite")]
async fn sqlite(table: &mut Table) {
    use limit_sqlite::SqliteLimit;

    let limit = || Arc::new(SqliteLimit::new("normal", false));
    let plumberd = async || Arc::new(PlumberdSide::sqlite("normal", false).await);
    workloads::commands(table, "sqlite normal", limit, plumberd).await;
    workloads::appends(table, "sqlite normal", limit, plumberd).await;
    workloads::loads(table, "sqlite normal", limit, plumberd).await;
    let limit = || Arc::new(SqliteLimit::new("normal", true));
    let plumberd = async || Arc::new(PlumberdSide::sqlite("normal", true).await);
    workloads::commands(table, "sqlite normal, cached", limit, plumberd).await;
    let limit = || Arc::new(SqliteLimit::new("full", false));
    let plumberd = async || Arc::new(PlumberdSide::sqlite("full", false).await);
    workloads::concurrent_appends(table, "sqlite full", limit, plumberd).await;
}
