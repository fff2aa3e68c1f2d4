//! The main job on real input: an event log of a permit process, row by row
//! decided as commands and stored as events.
//!
//! ```text
//! cargo run --release --example permits                   # a small log of its own
//! cargo run --release --example permits -- LOG.csv --store sqlite://permits.db
//! ```
//!
//! Read `case.rs` first (the domain), then `import.rs` (commands that may be
//! repeated), `report.rs` (reading everything back), `log.rs` and `lines.rs`
//! (CSV).

mod case;
mod import;
mod lines;
mod log;
mod report;

use clap::{Parser, ValueEnum};
use import::Imported;
use indicatif::{ProgressBar, ProgressStyle};
use plumberd::prelude::*;
use report::Report;
use std::{
    fmt::Display,
    io::{self, Write},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

/// The log that is read when none is named.
const SAMPLE: &[u8] = include_bytes!("sample.csv");

/// How many messages of one kind are shown.
const SHOWN: usize = 20;

/// Stores an event log (CSV) as events, one aggregate per case.
///
/// The log has the columns `case:concept:name`, `concept:name`,
/// `time:timestamp` and `org:resource`, in any order, among any others. A row
/// that was stored by an earlier run is recognised and not stored again.
///
/// Exit code: 0 when every row is stored, or was skipped as asked; 1 when the
/// import stopped; 2 for wrong arguments.
#[derive(Debug, Parser)]
#[command(name = "permits")]
struct Args {
    /// The event log; without it a small one that the program carries.
    log: Option<PathBuf>,

    /// Where the events go: `sqlite://FILE` or `memory:`.
    #[arg(long, value_name = "URL", default_value = "sqlite://permits.db")]
    store: String,

    /// What to do with a row that is malformed, or that its case refuses.
    #[arg(long, value_enum, default_value_t = OnError::Stop)]
    on_error: OnError,

    /// How many cases are worked on at once.
    #[arg(long, value_name = "N", default_value = "64")]
    concurrency: NonZeroUsize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnError {
    /// Say so with its line, and go on with the next one.
    Skip,
    /// Check the whole log first, and store nothing when a row is wrong.
    Stop,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {:#}", plumberd::Report::from(error));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), BoxError> {
    let csv = match &args.log {
        Some(path) => std::fs::read(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?,
        None => SAMPLE.to_vec(),
    };
    let log = log::parse(&csv)?;
    let (logs, refused) = import::plan(log.rows)?;

    let skipped = log.malformed.len() + refused.len();
    complain(&log.malformed);
    complain(&refused);
    if skipped > 0 && args.on_error == OnError::Stop {
        return Err(format!(
            "{skipped} rows cannot be stored, so nothing was; `--on-error skip` leaves them out"
        )
        .into());
    }

    let store = plumberd::connect(&args.store).await?;
    let cases = store.repository::<case::Case>();
    let progress = progress_bar(logs.iter().map(|log| log.commands.len()).sum());
    let start = Instant::now();
    let imported = import::run(
        &cases,
        logs,
        args.concurrency.get(),
        args.on_error == OnError::Stop,
        &progress,
    )
    .await;
    let took = start.elapsed();
    progress.finish_and_clear();
    complain(&imported.refused);
    let summary = summary(&imported, skipped, took);
    if let Some(error) = imported.failure {
        return Err(format!("{error}\nThe import stopped: {summary}").into());
    }
    if !imported.refused.is_empty() && args.on_error == OnError::Stop {
        return Err(format!(
            "the store holds later events of these cases\nThe import stopped: {summary}"
        )
        .into());
    }

    let report = Report::read(&store).await?;
    // One file again, to be copied.
    store.close().await;
    let seconds = took.as_secs_f64();
    print(format_args!(
        "{report}{summary}\n{} in {seconds:.1} s\n",
        report.totals()
    ))
}

/// `8577 stored, 0 were there already, 0 skipped; 7147 events a second`
fn summary(imported: &Imported, skipped: usize, took: Duration) -> String {
    let (stored, already_stored) = (imported.stored, imported.already_stored);
    let rate = u128::from(stored + already_stored) * 1_000_000 / took.as_micros().max(1);
    format!(
        "{stored} stored, {already_stored} were there already, {} skipped; {rate} events a second",
        skipped + imported.refused.len(),
    )
}

/// On a terminal only; elsewhere it draws nothing.
fn progress_bar(rows: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{wide_bar} {pos}/{len} events, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn complain(messages: &[impl Display]) {
    for message in messages.iter().take(SHOWN) {
        eprintln!("{message}");
    }
    if let Some(more) = messages.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        eprintln!("… and {more} more");
    }
}

/// A reader that has seen enough (`| head`) is not a failure.
fn print(text: impl Display) -> Result<(), BoxError> {
    match io::stdout().write_all(text.to_string().as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
