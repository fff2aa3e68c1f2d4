//! Python writes, Rust decides and answers, Python reads: one stream, two
//! languages.
//!
//! Teaches: following a category, deciding on what another program wrote, and
//! answering at most once however often an event is handled.
//!
//! ```text
//! pip install py-micro-plumberd
//! cargo run --example polyglot --features eventstoredb -- --python python3
//! ```
//!
//! Without `--python` it starts a server, prints what to run in another
//! terminal, and waits for the device. `--store URL` uses a server of yours.

use clap::Parser;
use plumberd::{
    event::{RecordedEvent, derived_event_id},
    prelude::*,
    store::{EventStore, Filter, SubscribeFrom},
};
use plumberd_testkit::esdb::EsdbServer;
use std::{path::Path, process::Command};

/// What `device.py` writes: `{"Id":…,"Machine":…,"Minutes":…}`.
#[derive(Event, Debug, Clone, PartialEq)]
struct JobReported {
    #[event(id)]
    id: Uuid,
    machine: String,
    minutes: f64,
}

/// The answer.
#[derive(Event, Debug, Clone, PartialEq)]
struct ServiceOrdered {
    machine: String,
    minutes_worked: f64,
}

#[derive(Debug, Default)]
struct Job {
    machine: String,
    minutes: f64,
    ordered: bool,
}

#[aggregate(id = String)]
impl Job {
    #[event_sourcing_handler]
    fn on_reported(&mut self, event: &JobReported) {
        self.machine.clone_from(&event.machine);
        self.minutes += event.minutes;
    }

    #[event_sourcing_handler]
    fn on_ordered(&mut self, _: &ServiceOrdered) {
        self.ordered = true;
    }
}

impl Job {
    /// A machine wants service after 100 minutes, once.
    fn review(&self) -> Option<ServiceOrdered> {
        (self.minutes > 100.0 && !self.ordered).then(|| ServiceOrdered {
            machine: self.machine.clone(),
            minutes_worked: self.minutes,
        })
    }
}

#[derive(Debug, Parser)]
struct Args {
    /// The server; without it one is started in this process.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A Python with py-micro-plumberd, to run the device.
    #[arg(long, value_name = "PROGRAM")]
    python: Option<String>,
    /// The job, a text without blanks.
    #[arg(long, default_value = "42")]
    job: String,
}

#[tokio::main]
async fn main() -> Result<(), Report> {
    let args = Args::parse();
    let (url, _server) = if let Some(url) = &args.store {
        (url.clone(), None)
    } else {
        let server = EsdbServer::start().await?;
        (server.url(), Some(server))
    };
    let store = plumberd::connect(&url).await?;
    let jobs = store.repository::<Job>();

    // In force before the device writes, so nothing it writes is missed.
    let mut reports = store
        .subscribe_all(SubscribeFrom::End, Filter::new().category("Job")?)
        .await?;
    device(&args, &url, "report").await?;

    while let Some(event) = reports.next_event().await? {
        let Some(order) = answer(&jobs, &event).await? else {
            continue;
        };
        println!(
            "rust: {} ordered service of {}",
            event.stream, order.machine
        );
        break;
    }
    device(&args, &url, "show").await
}

/// Decides what a report asks for. The command's id is derived from the
/// report's, so a report that is handled again changes nothing.
async fn answer(
    jobs: &Repository<Job>,
    event: &RecordedEvent,
) -> Result<Option<ServiceOrdered>, BoxError> {
    if event.event_type != "JobReported" {
        return Ok(None);
    }
    let report: JobReported = event.decode()?;
    println!("rust: {} worked {} minutes", report.machine, report.minutes);
    let Some(id) = event.stream.id() else {
        return Ok(None);
    };
    let mut decided = None;
    jobs.execute(id.to_owned(), |job| {
        decided = job.review();
        Ok::<_, std::convert::Infallible>(decided.clone())
    })
    .command_id(derived_event_id(event.id, 0))
    .await?;
    Ok(decided)
}

/// Runs the device, or says how to.
async fn device(args: &Args, url: &str, what: &str) -> Result<(), Report> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("polyglot/device.py");
    // The Python client knows fewer options.
    let url = url.split('?').next().unwrap_or(url).to_owned() + "?tls=false";
    let Some(python) = args.python.clone() else {
        println!(
            "now run: python3 {} '{url}' {what} {}",
            script.display(),
            args.job
        );
        return Ok(());
    };
    let (what, job) = (what.to_owned(), args.job.clone());
    let status = tokio::task::spawn_blocking(move || {
        Command::new(python)
            .arg(script)
            .args([url, what, job])
            .status()
    })
    .await??;
    if status.success() {
        return Ok(());
    }
    Err(format!("the device failed: {status}").into())
}
