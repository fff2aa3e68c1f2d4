//! Rows in, events out: each row is a command on the aggregate of its case.

use crate::{
    case::{Case, CaseError},
    log::Row,
};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use plumberd::prelude::*;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;

/// The namespace of this program's command ids.
const ROWS: Uuid = Uuid::from_u128(0x3d0c_5a94_7f1e_4b6a_9a51_2f64_8e0b_d7c3);

/// A row, and the id that makes its command the same one in every run.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) id: Uuid,
    pub(super) row: Row,
}

/// The commands of one case, in order.
#[derive(Debug)]
pub(super) struct CaseLog {
    pub(super) case: String,
    pub(super) commands: Vec<Command>,
}

/// A row that its case refuses, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{case}` refuses `{activity}`: {error}")]
pub(super) struct Refused {
    pub(super) line: u64,
    pub(super) case: String,
    pub(super) activity: String,
    pub(super) error: CaseError,
}

impl Refused {
    fn new(row: &Row, error: CaseError) -> Self {
        Self {
            line: row.line,
            case: row.case.clone(),
            activity: row.activity.clone(),
            error,
        }
    }
}

/// Sorts rows by case, and decides them all without a store: what a case would
/// refuse is known before anything is written.
///
/// # Errors
///
/// An event that cannot be stored.
pub(super) fn plan(rows: Vec<Row>) -> Result<(Vec<CaseLog>, Vec<Refused>), BoxError> {
    let mut places = HashMap::new();
    let mut cases: Vec<(Root<Case>, CaseLog)> = Vec::new();
    let mut occurrences = HashMap::new();
    let mut refused = Vec::new();
    for row in rows {
        let place = *places.entry(row.case.clone()).or_insert(cases.len());
        if place == cases.len() {
            cases.push((
                Root::new(row.case.clone()),
                CaseLog {
                    case: row.case.clone(),
                    commands: Vec::new(),
                },
            ));
        }
        let (root, log) = &mut cases[place];
        match root.execute(|case| case.observe(&row.activity, row.time)) {
            Ok(()) => {
                let id = command_id(&row, &mut occurrences);
                log.commands.push(Command { id, row });
            }
            Err(DecideError::Rejected(error)) => refused.push(Refused::new(&row, error)),
            Err(error) => return Err(error.into()),
        }
    }
    let logs = cases.into_iter().map(|(_, log)| log);
    Ok((
        logs.filter(|log| !log.commands.is_empty()).collect(),
        refused,
    ))
}

/// Made of what the row says and not of where it stands, so a row is the same
/// command in another file too. Two rows that say the same are two commands.
fn command_id(row: &Row, occurrences: &mut HashMap<String, u32>) -> Uuid {
    let (case, activity) = (&row.case, &row.activity);
    // With their lengths, so that no two keys can run into each other.
    let lengths = (case.len(), activity.len());
    let key = format!(
        "{lengths:?}{case}{activity}{}",
        row.time.to_utc().to_rfc3339()
    );
    let occurrence = occurrences.entry(key.clone()).or_insert(0);
    *occurrence += 1;
    Uuid::new_v5(&ROWS, format!("{key}#{occurrence}").as_bytes())
}

/// What came of an import.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// Events written now.
    pub(super) stored: u64,
    /// Rows that an earlier run had stored.
    pub(super) already_stored: u64,
    /// Rows that the case refused, because of what an earlier run had stored.
    pub(super) refused: Vec<Refused>,
    /// What ended the import before its time.
    pub(super) failure: Option<BoxError>,
}

/// Executes every command: those of one case in order, those of different
/// cases beside one another, so that the store commits them together.
///
/// After a failure, or a refusal when `stop_at_refusal`, no further command is
/// begun; what is under way is finished and counted.
pub(super) async fn run(
    cases: &Repository<Case>,
    logs: Vec<CaseLog>,
    concurrency: usize,
    stop_at_refusal: bool,
    progress: &ProgressBar,
) -> Imported {
    let stop = AtomicBool::new(false);
    stream::iter(logs)
        .map(|log| one_case(cases, log, stop_at_refusal, &stop, progress))
        .buffer_unordered(concurrency)
        .fold(Imported::default(), async |mut all, one| {
            all.stored += one.stored;
            all.already_stored += one.already_stored;
            all.refused.extend(one.refused);
            all.failure = all.failure.or(one.failure);
            all
        })
        .await
}

async fn one_case(
    cases: &Repository<Case>,
    log: CaseLog,
    stop_at_refusal: bool,
    stop: &AtomicBool,
    progress: &ProgressBar,
) -> Imported {
    let mut imported = Imported::default();
    for Command { id, row } in log.commands {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut context = match MessageContext::new().with_created(row.time) {
            Ok(context) => context,
            Err(error) => {
                imported.failure = Some(format!("line {}: {error}", row.line).into());
                stop.store(true, Ordering::Relaxed);
                break;
            }
        };
        if let Some(resource) = &row.resource {
            context = context.with_user(resource);
        }
        let executed = cases
            .execute(log.case.clone(), |case| {
                case.observe(&row.activity, row.time)
            })
            .command_id(id)
            .context(context)
            .await;
        match executed {
            Ok(outcome) if outcome.is_already_applied() => imported.already_stored += 1,
            Ok(_) => imported.stored += 1,
            Err(ExecuteError::Rejected(error)) => {
                imported.refused.push(Refused::new(&row, error));
                stop.fetch_or(stop_at_refusal, Ordering::Relaxed);
            }
            Err(error) => {
                imported.failure =
                    Some(format!("line {}: {:#}", row.line, Report::new(error)).into());
                stop.store(true, Ordering::Relaxed);
            }
        }
        progress.inc(1);
    }
    imported
}
