//! Every law holds for a sound aggregate, and finds a broken one.

use crate::{
    assert_says,
    domain::{Counter, Forgetful, Form, Lossy, Second, Sound, counted},
    failure,
};
use plumberd::{Event, EventValue, aggregate};
use plumberd_testkit::{
    laws::{self, History, Laws, old_revisions_are_read},
    proptest::prelude::*,
    sample::{Account, Close, Credit, Debit, Open},
};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone)]
enum Step {
    Open,
    Credit(u64),
    Debit(u64),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Open),
        (1..5_u64).prop_map(Step::Credit),
        (1..5_u64).prop_map(Step::Debit),
        Just(Step::Close),
    ]
}

fn account_history() -> impl Strategy<Value = History<Account>> {
    laws::history(step(), |history, step| match step {
        Step::Open => history.decide(|account: &Account| account.open("Joe")),
        Step::Credit(amount) => history.decide(|account| account.credit(amount)),
        Step::Debit(amount) => history.decide(|account| account.debit(amount)),
        Step::Close => history.decide(Account::close),
    })
}

fn account_commands() -> impl Strategy<Value = History<Account>> {
    laws::history(step(), |history, step| match step {
        Step::Open => history.command(Open {
            owner: "Joe".into(),
        }),
        Step::Credit(amount) => history.command(Credit { amount }),
        Step::Debit(amount) => history.command(Debit { amount }),
        Step::Close => history.command(Close),
    })
}

fn counts<F: Form + std::fmt::Debug>() -> impl Strategy<Value = History<Counter<F>>> {
    laws::history(1..100_u64, |history, amount| {
        history.raise(counted::<F>(amount));
    })
}

mod of_decisions {
    use super::*;

    plumberd_testkit::laws!(Account, history: account_history(), snapshot, cases: 64);
}

mod of_commands {
    use super::*;

    plumberd_testkit::laws!(Account, account_commands());
}

mod with_old_revisions {
    use super::*;

    plumberd_testkit::laws!(Counter<Second>, history: counts(),
        recorded: [("Counted", 1, r#"{"Old":5}"#)]);
}

#[test]
fn an_event_that_forgets_is_raised_as_it_is_replayed() {
    Laws::new(counts::<Forgetful>()).replay_equals_raise();
}

#[test]
fn a_handler_that_looks_outside_the_event_breaks_replay_equals_raise() {
    let message = failure(|| Laws::new(ticks()).replay_equals_raise());

    assert_says(
        &message,
        &[
            "`Clocked` breaks the law \"replay equals raise\"",
            "raised (-) and replayed (+) differ",
            "the shortest history found:\n  Ticked {",
        ],
    );
}

#[test]
fn a_lossy_event_breaks_the_round_trip() {
    let message = failure(|| Laws::new(counts::<Lossy>()).events_survive_their_stored_form());

    assert_says(
        &message,
        &[
            "`Counted` does not survive its stored form",
            "-   \"Amount\": 1",
            "+   \"Amount\": 0",
        ],
    );
}

#[test]
fn sound_events_keep_every_law() {
    let laws = Laws::new(counts::<Sound>());

    laws.replay_equals_raise();
    laws.replay_is_deterministic();
    laws.events_survive_their_stored_form();
    laws.every_handler_is_reached();
}

#[derive(Event, Debug)]
struct Ticked {
    by: u64,
}

#[derive(Event, Debug)]
struct Stopped;

/// A handler that looks at something beside the event.
#[derive(Debug, Default, PartialEq)]
struct Clocked {
    at: u64,
}

static OUTSIDE: AtomicU64 = AtomicU64::new(0);

#[aggregate]
impl Clocked {
    #[event_sourcing_handler]
    fn on_ticked(&mut self, event: &Ticked) {
        self.at += event.by + OUTSIDE.fetch_add(1, Ordering::Relaxed);
    }

    #[event_sourcing_handler]
    fn on_stopped(&mut self, _: &Stopped) {
        self.at = 0;
    }
}

fn ticks() -> impl Strategy<Value = History<Clocked>> {
    laws::history(1..9_u64, |history, by| history.raise(Ticked { by }))
}

#[test]
fn a_handler_that_looks_outside_the_event_is_not_deterministic() {
    let message = failure(|| Laws::new(ticks()).replay_is_deterministic());

    assert_says(
        &message,
        &[
            "`Clocked` breaks the law \"replay is deterministic\"",
            "replayed first (-) and replayed second (+) differ",
            "Ticked {",
        ],
    );
}

#[test]
fn a_handler_that_no_history_reaches_is_named() {
    let message = failure(|| Laws::new(ticks()).every_handler_is_reached());

    assert_says(
        &message,
        &["of `Clocked` reached `on_stopped` (`Stopped`);"],
    );
    assert!(!message.contains("on_ticked"), "{message}");
}

#[test]
fn a_strategy_without_events_reaches_no_handler() {
    let nothing = Just(()).prop_map(|()| History::<Account>::new());
    let message = failure(|| Laws::new(nothing).every_handler_is_reached());

    assert_says(
        &message,
        &[
            "`on_opened`",
            "`on_credited`",
            "`on_debited`",
            "`on_closed`",
        ],
    );
}

/// A state whose snapshot leaves out a field.
#[derive(EventValue, Debug, Default, PartialEq)]
struct Forgotten {
    total: u64,
    #[event(skip)]
    doubled: u64,
}

#[aggregate]
impl Forgotten {
    #[event_sourcing_handler]
    fn on_ticked(&mut self, event: &Ticked) {
        self.total += event.by;
        self.doubled += 2 * event.by;
    }
}

#[test]
fn a_snapshot_that_forgets_a_field_is_caught_at_the_cut() {
    let histories = laws::history(1..9_u64, |history: &mut History<Forgotten>, by| {
        history.raise(Ticked { by });
    });
    let message = failure(|| Laws::new(histories).snapshot_plus_tail_equals_replay());

    assert_says(
        &message,
        &[
            "cut after 1 events",
            "-     doubled: 2,",
            "+     doubled: 0,",
        ],
    );
}

#[test]
fn an_old_revision_that_cannot_be_read_or_has_no_example_is_named() {
    let unreadable =
        failure(|| old_revisions_are_read::<Counter<Second>>(&[("Counted", 1, r#"{"Odd":5}"#)]));
    assert_says(
        &unreadable,
        &[
            "`Counter`: revision 1: `Counted` cannot be read back",
            "no `Old`",
        ],
    );

    let missing = failure(|| old_revisions_are_read::<Counter<Second>>(&[]));
    assert_says(
        &missing,
        &["no recorded example of `Counted` in revision 1"],
    );

    let unknown = failure(|| old_revisions_are_read::<Counter<Second>>(&[("Gone", 1, "{}")]));
    assert_says(&unknown, &["`Counter` has no handler for `Gone`"]);
}
