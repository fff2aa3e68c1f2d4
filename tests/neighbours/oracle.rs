//! A thousand commands, servers that crash, poison among them: each has one
//! outcome, and each that was done is in its account once.

use crate::{
    domain::{Account, Accounts, Credit, Credited, Debit, answers, server, stores},
    python,
};
use plumberd::{
    aggregate::Aggregate,
    command::{CommandBus, Running},
    event::new_event_id,
    prelude::*,
};
use std::collections::{BTreeMap, BTreeSet};

const COMMANDS: u32 = 1_000;
const SESSIONS: usize = 10;
const RECIPIENTS: usize = 23;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_commands_have_one_outcome_each_through_crashes() {
    for (store, _folder) in stores().await {
        let senders: Vec<_> = (0..SESSIONS)
            .map(|_| CommandBus::new(store.clone()))
            .collect();
        let recipients: Vec<_> = (0..RECIPIENTS).map(|_| new_event_id()).collect();
        let accounts = Accounts::new(&store);
        let sending = tokio::spawn(send_all(store.clone(), senders.clone(), recipients.clone()));

        // Killed again and again: a crash takes what was not answered with it.
        for crash in 1..=8 {
            let running = server(&store, &accounts).concurrency(16).start().await;
            let running = running.unwrap();
            accounts.seen(crash * 90).await;
            drop(running);
        }
        let expected = sending.await.unwrap();
        let running = server(&store, &accounts).start().await.unwrap();
        wait_for_all(&store, &senders, &expected).await;
        check(&store, &senders, &recipients, &expected).await;
        let before = accounts.runs();
        running.shutdown().await.unwrap();

        // Nothing is left to do.
        let again: Running = server(&store, &accounts).start().await.unwrap();
        senders[0]
            .send(recipients[0], Credit::number(0))
            .await
            .unwrap();
        again.shutdown().await.unwrap();
        assert_eq!(accounts.runs(), before + 1);
    }
}

/// What the answer to a command must begin with, by its id.
type Expected = BTreeMap<Uuid, &'static str>;

async fn send_all(store: Store, senders: Vec<CommandBus>, recipients: Vec<Uuid>) -> Expected {
    let mut expected = Expected::new();
    for number in 0..COMMANDS {
        let at = usize::try_from(number).unwrap();
        let (bus, to) = (&senders[at % SESSIONS], recipients[at % RECIPIENTS]);
        let (id, answer) = if number % 50 == 7 {
            let command = Debit::refused_with("panic");
            (bus.post(to, command).await.unwrap(), "DebitFailed")
        } else if number % 50 == 9 {
            let command = Debit::refused_with("fault");
            let id = bus.post(to, command).await.unwrap();
            (id, "DebitFailed<InsufficientFunds>")
        } else if number % 50 == 11 {
            let (id, session) = (new_event_id(), bus.session());
            let metadata = python::metadata(id, session, &to.to_string());
            let data = format!("{{\"Id\": \"{id}\", \"Amount\": []}}");
            python::send(&store, session, "Credit", data, metadata).await;
            (id, "CreditFailed")
        } else {
            let id = bus.post(to, Credit::number(number)).await.unwrap();
            (id, "CreditExecuted")
        };
        expected.insert(id, answer);
    }
    expected
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
