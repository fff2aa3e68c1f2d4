//! A bus in one process and a handler in another, one of which is killed.

use crate::domain::{Accounts, Credit, Debit, DebitFault, Kept, answers, every_store, read, start};
use plumberd::{
    command::{CommandBus, SendError},
    event::new_event_id,
    prelude::*,
};
use std::{
    io::{BufRead, BufReader, Lines, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Semaphore;

/// What the other process is told.
const URL: &str = "PLUMBERD_BUS_URL";
const PART: &str = "PLUMBERD_BUS_PART";
const SESSION: &str = "PLUMBERD_BUS_SESSION";
const RECIPIENT: &str = "PLUMBERD_BUS_RECIPIENT";
const COMMAND: &str = "PLUMBERD_BUS_COMMAND";

/// What stands before a line for the parent.
const SAYS: &str = "the other process says: ";

/// Long enough on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// This program again, with one ignored test as its only task.
pub(crate) struct Other {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Other {
    fn start(job: &str, url: &str, told: &[(&str, String)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([job, "--exact", "--ignored", "--nocapture"])
            .env(URL, url)
            // It panics on purpose; the text would only confuse a reader.
            .env("RUST_BACKTRACE", "0")
            .envs(told.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            lines: Some(lines),
        }
    }

    /// One that handles commands: "work", or "hang" in the first.
    pub(crate) fn handler(url: &str, how: &str) -> Self {
        Self::start("two_processes::handler", url, &[(PART, how.to_owned())])
    }

    /// What it says next.
    async fn says(&mut self) -> String {
        let mut lines = self.lines.take().unwrap();
        let (said, lines) = tokio::task::spawn_blocking(move || {
            let said = lines
                .by_ref()
                .map_while(Result::ok)
                .find_map(|line| Some(line.split_once(SAYS)?.1.to_owned()));
            (said, lines)
        })
        .await
        .unwrap();
        self.lines = Some(lines);
        said.expect("the other process ended")
    }

    pub(crate) async fn must_say(&mut self, expected: &str) {
        assert_eq!(self.says().await, expected);
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.kill();
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{SAYS}{text}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn told<T: std::str::FromStr<Err: std::fmt::Debug>>(name: &str) -> T {
    std::env::var(name).unwrap().parse().unwrap()
}

/// The stores that two processes can use, with their URLs.
pub(crate) async fn shared() -> Vec<(String, Store, Kept)> {
    let shared = every_store().await.into_iter();
    shared
        .filter_map(|(store, kept)| Some((kept.url()?, store, kept)))
        .collect()
}

fn credit(id: Uuid) -> Credit {
    let mut credit = Credit::number(1);
    credit.id = id;
    credit
}

/// How a command ended, in a line.
fn outcome<T, F: std::fmt::Debug>(sent: Result<T, SendError<F>>) -> String {
    match sent {
        Ok(_) => "done".to_owned(),
        Err(SendError::Failed { code, .. }) => format!("failed {code}"),
        Err(SendError::Fault(fault)) => format!("fault {} {:?}", fault.code, fault.data),
        Err(SendError::TimedOut { .. }) => "timed out".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// How a command without a handler ends. It is there before the time runs,
/// so that it is sent however short that is.
async fn timed_out(bus: &CommandBus, to: Uuid, id: Uuid) -> String {
    bus.post(to, credit(id)).await.unwrap();
    let short = bus.send(to, credit(id)).timeout(Duration::from_millis(200));
    outcome(short.await)
}

/// Every way that a command can end but by time-out.
async fn every_outcome(bus: &CommandBus, to: Uuid) -> Vec<String> {
    let mut ends = vec![outcome(bus.send(to, credit(new_event_id())).await)];
    for how in ["invalid", "code", "disk", "panic", "fault", "closed"] {
        ends.push(outcome(bus.send(to, Debit::refused_with(how)).await));
    }
    ends
}

fn expected_outcomes() -> Vec<String> {
    let missing = DebitFault::InsufficientFunds {
        missing: dec!(1.50),
    };
    vec![
        "done".to_owned(),
        "failed 400".to_owned(),
        "failed 402".to_owned(),
        "failed 500".to_owned(),
        "failed 500".to_owned(),
        format!("fault 409 {missing:?}"),
        format!("fault 410 {:?}", DebitFault::AccountClosed),
    ]
}

/// That the commands to `to` were each done once and answered once.
async fn check_once(store: &Store, session: Uuid, to: Uuid, done: usize, answered: usize) {
    let account = StreamName::new("Account", to).unwrap();
    assert_eq!(read(store, &account).await.len(), done);
    assert_eq!(answers(store, session).await.len(), answered);
}

#[tokio::test]
#[ignore = "the other process of a_handler_in_another_process_does_what_it_is_sent"]
async fn handler() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let store = plumberd::connect(&url).await.unwrap();
    let mut accounts = Accounts::new(&store);
    let hangs = told::<String>(PART) == "hang";
    if hangs {
        accounts.gate = Some(Arc::new(Semaphore::new(0)));
    }
    let _running = start(&store, &accounts).await;
    say("ready");
    if hangs {
        accounts.seen(1).await;
        say("running");
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_in_another_process_does_what_it_is_sent() {
    for (url, store, _kept) in shared().await {
        let begin = |how| Other::handler(&url, how);
        let bus = CommandBus::new(store.clone()).with_timeout(PATIENCE);
        let (to, late, cut) = (new_event_id(), new_event_id(), new_event_id());

        let mut other = begin("work");
        other.must_say("ready").await;
        assert_eq!(every_outcome(&bus, to).await, expected_outcomes());
        other.kill();

        assert_eq!(timed_out(&bus, to, late).await, "timed out");

        // The next one does what timed out, and is killed while it runs it.
        let mut other = begin("hang");
        other.must_say("ready").await;
        other.must_say("running").await;
        let sending = tokio::spawn({
            let bus = bus.clone();
            async move { outcome(bus.send(to, credit(cut)).await) }
        });
        other.kill();
        let mut other = begin("work");
        other.must_say("ready").await;
        assert_eq!(sending.await.unwrap(), "done");
        assert_eq!(outcome(bus.send(to, credit(late)).await), "done");
        other.kill();

        let everything = expected_outcomes().len() + 2;
        check_once(&store, bus.session(), to, 3, everything).await;
    }
}

#[tokio::test]
#[ignore = "the other process of a_bus_in_another_process_hears_what_came_of_it"]
async fn sender() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let store = plumberd::connect(&url).await.unwrap();
    let bus = CommandBus::in_session(store, told(SESSION)).with_timeout(PATIENCE);
    let (to, id) = (told(RECIPIENT), told(COMMAND));
    match told::<String>(PART).as_str() {
        "everything" => {
            for end in every_outcome(&bus, to).await {
                say(&end);
            }
        }
        "impatient" => {
            say(&timed_out(&bus, to, id).await);
        }
        "patient" => {
            bus.post(to, credit(id)).await.unwrap();
            say("sent");
            say(&outcome(bus.send(to, credit(id)).await));
        }
        part => panic!("{part}"),
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_in_another_process_hears_what_came_of_it() {
    for (url, store, _kept) in shared().await {
        let (session, to) = (new_event_id(), new_event_id());
        let (late, cut) = (new_event_id(), new_event_id());
        let begin = |part: &str, id: Uuid| {
            let told = [
                (PART, part.to_owned()),
                (SESSION, session.to_string()),
                (RECIPIENT, to.to_string()),
                (COMMAND, id.to_string()),
            ];
            Other::start("two_processes::sender", &url, &told)
        };
        let accounts = Accounts::new(&store);

        let running = start(&store, &accounts).await;
        let mut other = begin("everything", Uuid::nil());
        for end in expected_outcomes() {
            other.must_say(&end).await;
        }
        other.kill();
        running.shutdown().await.unwrap();

        begin("impatient", late).must_say("timed out").await;
        // Killed while it waits; its command is there.
        let mut other = begin("patient", cut);
        other.must_say("sent").await;
        other.kill();

        let _running = start(&store, &accounts).await;
        for id in [late, cut] {
            let mut other = begin("patient", id);
            other.must_say("sent").await;
            other.must_say("done").await;
        }
        let everything = expected_outcomes().len() + 2;
        check_once(&store, session, to, 3, everything).await;
        assert_eq!(accounts.runs(), everything);
    }
}
