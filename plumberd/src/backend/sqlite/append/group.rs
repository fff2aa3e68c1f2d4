use super::{
    Answer, Caller, Command, Message, Notices,
    batch::{Failure, Session},
    guard::Unready,
};
use crate::{
    backend::sqlite::{
        config::SqliteConfig,
        error::{BACKEND, corrupt, is_busy, leaves_nothing, store_error},
    },
    store::StoreError,
};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// So many events end a group, that a commit does not grow without bound.
const GROUP_EVENTS: usize = 10_000;

/// How often to look again for those whom the last commit has just answered:
/// alone, the first of them to come back would have a flush for itself.
const PATIENCE: usize = 12;

/// Commands that share a transaction, and who waits for them.
pub(super) struct Group {
    commands: Vec<Command>,
    callers: Vec<Caller>,
    events: usize,
    last_size: usize,
    max_size: usize,
    busy_timeout: Duration,
}

/// Why a group was not committed.
enum Failed {
    /// It never began.
    Begin(Unready),
    /// A statement failed, or the commit in a way that leaves nothing, and
    /// everything was taken back.
    Statement(rusqlite::Error),
    /// The commit failed, and what is on the disk is anybody's guess.
    Commit(Unready, Vec<Answer>),
}

impl Group {
    pub(super) fn new(config: &SqliteConfig) -> Self {
        Self {
            commands: Vec::new(),
            callers: Vec::new(),
            events: 0,
            last_size: 0,
            max_size: config.max_group,
            busy_timeout: config.busy_timeout,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Waits for a command, and takes what else is there. Stays empty when
    /// none will ever come.
    pub(super) fn gather(&mut self, queue: &mut mpsc::Receiver<Message>) {
        while self.is_empty() {
            match queue.blocking_recv() {
                Some(message) => self.take(message, queue),
                None => return,
            }
        }
        let mut patience = PATIENCE;
        while self.commands.len() < self.max_size && self.events < GROUP_EVENTS {
            match queue.try_recv() {
                Ok(message) => self.take(message, queue),
                Err(_) if patience > 0 && self.commands.len() < self.last_size => {
                    patience -= 1;
                    thread::yield_now();
                }
                Err(_) => break,
            }
        }
        self.last_size = self.commands.len();
    }

    fn take(&mut self, message: Message, queue: &mut mpsc::Receiver<Message>) {
        match message {
            Message::Do(command, caller) => {
                if let super::Change::Append(events, _) = &command.change {
                    self.events += events.len();
                }
                self.commands.push(command);
                self.callers.push(caller);
            }
            Message::Close => queue.close(),
        }
    }

    /// Writes the group, in one transaction if that is possible, and answers.
    pub(super) fn commit(&mut self, session: &mut Session<'_>, notices: &Notices) {
        let commands = std::mem::take(&mut self.commands);
        let callers = std::mem::take(&mut self.callers);
        self.events = 0;
        match self.run(session, &commands, notices) {
            Ok(results) => reply(callers, results),
            Err(Failed::Begin(Unready::Sql(error))) => {
                let error = Arc::new(error);
                let errors = commands.iter().map(|_| store_error(Arc::clone(&error)));
                reply(callers, errors.map(Err));
            }
            Err(Failed::Begin(Unready::Damaged(what))) => {
                reply(callers, commands.iter().map(|_| Err(corrupt(&*what))));
            }
            Err(Failed::Begin(Unready::Lost(lost))) => {
                let errors = commands.iter().map(|_| lost.clone().into());
                reply(callers, errors.map(Err));
            }
            Err(Failed::Commit(error, results)) => {
                let error = Arc::new(error);
                let unknown = commands.iter().zip(results).map(|(command, result)| {
                    result.and_then(|_| Err(unknown(command, Arc::clone(&error))))
                });
                reply(callers, unknown);
            }
            Err(Failed::Statement(error)) => {
                tracing::warn!(%error, commands = commands.len(), "a group of appends was rolled back");
                if commands.len() == 1 {
                    reply(callers, [Err(store_error(error))]);
                    return;
                }
                // Only the one that is to blame shall fail.
                for (command, caller) in commands.into_iter().zip(callers) {
                    self.commands = vec![command];
                    self.callers = vec![caller];
                    self.commit(session, notices);
                }
            }
        }
    }

    fn run(
        &self,
        session: &mut Session<'_>,
        commands: &[Command],
        notices: &Notices,
    ) -> Result<Vec<Answer>, Failed> {
        self.begin(session).map_err(Failed::Begin)?;
        let mut results = Vec::with_capacity(commands.len());
        for command in commands {
            results.push(match session.run(command) {
                Ok(outcome) => Ok(outcome),
                Err(Failure::Refused(error)) => Err(*error),
                Err(Failure::Sql(error)) => {
                    session.rollback();
                    return Err(Failed::Statement(error));
                }
            });
        }
        match session.commit() {
            Ok(written) => {
                if let Some(head) = written.head {
                    notices.counters.committed(commands.len(), written.events);
                    notices.head.reached(head);
                    tracing::debug!(
                        commands = commands.len(),
                        events = written.events,
                        "committed"
                    );
                } else {
                    notices.counters.answered(commands.len());
                }
                Ok(results)
            }
            Err(error) => {
                session.rollback();
                Err(match error {
                    Unready::Sql(error) if leaves_nothing(&error) => Failed::Statement(error),
                    error => Failed::Commit(error, results),
                })
            }
        }
    }

    /// SQLite's own waiting grows to a tenth of a second, in which a busy
    /// process would take the lock again and again.
    fn begin(&self, session: &mut Session<'_>) -> Result<(), Unready> {
        let mut begun = None;
        let mut pause = Duration::from_micros(100);
        loop {
            match session.begin() {
                Err(Unready::Sql(error))
                    if is_busy(&error)
                        && begun.get_or_insert_with(Instant::now).elapsed() < self.busy_timeout =>
                {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(4));
                }
                other => return other,
            }
        }
    }
}

fn reply(callers: Vec<Caller>, answers: impl IntoIterator<Item = Answer>) {
    for (caller, answer) in callers.into_iter().zip(answers) {
        caller.reply(answer);
    }
}

fn unknown(command: &Command, error: Arc<Unready>) -> StoreError {
    StoreError::OutcomeUnknown {
        backend: BACKEND,
        stream: command.stream.clone(),
        source: error.into(),
    }
}
