//! Thousands of commands, servers that crash, stores that go away, poison among them: each has one
//! outcome, and each that was done is in its account once.

use crate::{
    domain::{Account, Accounts, Credit, Credited, Debit, answers, every_store, server},
    python,
    two_processes::{Other, shared},
};
use plumberd::{
    aggregate::Aggregate,
    command::{Command, CommandBus, PostError, Running, ServerError},
    event::new_event_id,
    prelude::*,
};
use std::collections::{BTreeMap, BTreeSet};

const SESSIONS: usize = 10;
/// To each so many: an account is read whole for every command to it.
const TO_EACH: usize = 20;
const CRASHES: usize = 8;
/// Of a whole process.
const KILLS: usize = 6;

/// Ten thousand where there is time for it.
fn commands() -> usize {
    let required = std::env::var_os("PLUMBERD_TEST_REQUIRE").is_some_and(|value| value == "1");
    if required || std::env::var_os("CI").is_some() {
        10_000
    } else {
        1_000
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_has_one_outcome_through_crashes_and_restarts() {
    for (store, kept) in every_store().await {
        let begun = std::time::Instant::now();
        let senders: Vec<_> = (0..SESSIONS)
            .map(|_| CommandBus::new(store.clone()))
            .collect();
        let recipients: Vec<_> = (0..=(commands() / TO_EACH))
            .map(|_| new_event_id())
            .collect();
        let accounts = Accounts::new(&store);
        let all = (0..SESSIONS).map(|at| {
            let (store, bus) = (store.clone(), senders[at].clone());
            tokio::spawn(send_all(store, bus, at, commands(), recipients.clone()))
        });
        let sending: Vec<_> = all.collect();

        // Killed again and again: a crash takes what was not answered with it.
        let step = commands() * 9 / 100;
        for crash in 1..=CRASHES {
            let running = begin(&store, &accounts, 16).await;
            accounts.seen(crash * step - step / 2).await;
            if crash % 3 == 0 {
                kept.restart().await;
            }
            accounts.seen(crash * step).await;
            drop(running);
        }
        // Also while no server follows.
        kept.restart().await;
        let mut expected = Expected::new();
        for sent in sending {
            expected.extend(sent.await.unwrap());
        }
        let running = begin(&store, &accounts, 64).await;
        wait_for_all(&store, &senders, &expected).await;
        check(&store, &senders, &recipients, &expected).await;
        let before = accounts.runs();
        running.shutdown().await.unwrap();

        // Nothing is left to do.
        let again = begin(&store, &accounts, 64).await;
        senders[0]
            .send(recipients[0], Credit::number(0))
            .await
            .unwrap();
        again.shutdown().await.unwrap();
        assert_eq!(accounts.runs(), before + 1);
        println!("{:?} for {} commands", begun.elapsed(), commands());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_has_one_outcome_though_the_process_of_the_handlers_is_killed() {
    for (url, store, _kept) in shared().await {
        let begun = std::time::Instant::now();
        let commands = commands() / 2;
        let senders: Vec<_> = (0..SESSIONS)
            .map(|_| CommandBus::new(store.clone()))
            .collect();
        let recipients: Vec<_> = (0..=(commands / TO_EACH)).map(|_| new_event_id()).collect();
        let all = (0..SESSIONS).map(|at| {
            let (store, bus) = (store.clone(), senders[at].clone());
            tokio::spawn(send_all(store, bus, at, commands, recipients.clone()))
        });
        let sending: Vec<_> = all.collect();

        let filter = Filter::new().stream_prefix(">SessionOut-");
        let mut answers = store
            .subscribe_all(SubscribeFrom::Start, filter)
            .await
            .unwrap();
        for _ in 0..KILLS {
            let mut handlers = Other::handler(&url, "work");
            for _ in 0..commands / (KILLS + 1) {
                answers.next_event().await.unwrap().unwrap();
            }
            handlers.kill();
        }
        let _handlers = Other::handler(&url, "work");
        let mut expected = Expected::new();
        for sent in sending {
            expected.extend(sent.await.unwrap());
        }
        wait_for_all(&store, &senders, &expected).await;
        check(&store, &senders, &recipients, &expected).await;

        // Nothing is left to do for the one that takes over.
        let accounts = Accounts::new(&store);
        let last = begin(&store, &accounts, 64).await;
        let (to, credit) = (recipients[0], Credit::number(0));
        senders[0].send(to, credit).await.unwrap();
        last.shutdown().await.unwrap();
        assert_eq!(accounts.runs(), 1);
        println!("{:?} for {commands} commands", begun.elapsed());
    }
}

/// A server, when the store is there again.
async fn begin(store: &Store, accounts: &Accounts, concurrency: usize) -> Running {
    loop {
        match server(store, accounts)
            .concurrency(concurrency)
            .start()
            .await
        {
            Ok(running) => return running,
            Err(ServerError::Store(error)) if error.is_transient() => {
                tokio::time::sleep(python::PAUSE).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// What the answer to a command must be, by its id.
type Expected = BTreeMap<Uuid, &'static str>;

/// Sends the commands of one session.
async fn send_all(
    store: Store,
    bus: CommandBus,
    first: usize,
    commands: usize,
    recipients: Vec<Uuid>,
) -> Expected {
    let mut expected = Expected::new();
    for at in (first..commands).step_by(SESSIONS) {
        let to = recipients[at % recipients.len()];
        let id = new_event_id();
        let debit = |how: &str| Debit {
            id,
            how: how.into(),
        };
        let answer = match at / SESSIONS % 50 {
            7 => {
                post(&bus, to, debit("panic")).await;
                "DebitFailed"
            }
            9 => {
                post(&bus, to, debit("fault")).await;
                "DebitFailed<InsufficientFunds>"
            }
            11 => {
                let metadata = python::metadata(id, bus.session(), &to.to_string());
                let data = format!("{{\"Id\": \"{id}\", \"Amount\": []}}");
                python::send(&store, bus.session(), "Credit", data, metadata).await;
                "CreditFailed"
            }
            _ => {
                let mut credit = Credit::number(u32::try_from(at).unwrap());
                credit.id = id;
                post(&bus, to, credit).await;
                "CreditExecuted"
            }
        };
        expected.insert(id, answer);
    }
    expected
}

/// Posts a command, however often that takes.
async fn post<C: Command + Clone>(bus: &CommandBus, to: Uuid, command: C) {
    loop {
        match bus.post(to, command.clone()).await {
            Ok(_) => return,
            Err(PostError::Store(error)) if error.is_transient() => {
                tokio::time::sleep(python::PAUSE).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn wait_for_all(store: &Store, senders: &[CommandBus], expected: &Expected) {
    let sessions: BTreeSet<_> = senders
        .iter()
        .map(|bus| plumberd::command::session_out(bus.session()).unwrap())
        .collect();
    let filter = Filter::new().stream_prefix(">SessionOut-");
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, filter)
        .await
        .unwrap();
    let mut open: BTreeSet<_> = expected.keys().copied().collect();
    while !open.is_empty() {
        let event = all.next_event().await.unwrap().unwrap();
        assert!(sessions.contains(&event.stream));
        open.remove(&command_of(&event));
    }
}

fn command_of(answer: &RecordedEvent) -> Uuid {
    let body: serde_json::Value = serde_json::from_slice(&answer.data).unwrap();
    body["CommandId"].as_str().unwrap().parse().unwrap()
}

async fn check(store: &Store, senders: &[CommandBus], recipients: &[Uuid], expected: &Expected) {
    let mut outcomes = Expected::new();
    for bus in senders {
        for answer in answers(store, bus.session()).await {
            let id = command_of(&answer);
            assert_eq!(answer.event_type.as_str(), expected[&id], "of {id}");
            assert!(outcomes.insert(id, expected[&id]).is_none(), "{id} twice");
        }
    }
    assert_eq!(&outcomes, expected);
    let mut done = BTreeSet::new();
    for to in recipients {
        let stream = StreamName::new(Account::CATEGORY, to).unwrap();
        for event in crate::domain::read(store, &stream).await {
            let number = event.decode::<Credited>().unwrap().command;
            assert!(done.insert(number), "{number} was done twice");
        }
    }
    let executed = expected.values().filter(|a| **a == "CreditExecuted");
    assert_eq!(done.len(), executed.count());
}
