//! given / when / then.

use crate::{
    assert_says,
    domain::{Counted, Counter, Lossy, Misnamed, Second, Sound, counted},
    failure,
};
use plumberd::{
    MessageContext,
    aggregate::{Aggregate, ApplyError, HandlerTable, Handles, Row, UnknownEvents},
    event::RawMetadata,
};
use plumberd_testkit::{
    given, given_nothing,
    sample::{
        Account, AccountClosed, AccountCredited, AccountDebited, AccountError, AccountOpened,
        Close, Credit, Open,
    },
};
use std::{
    panic,
    sync::{Arc, Mutex},
};
use uuid::Uuid;

fn opened() -> AccountOpened {
    AccountOpened {
        owner: "Joe".into(),
    }
}

fn credited(amount: u64, balance: u64) -> AccountCredited {
    AccountCredited { amount, balance }
}

#[test]
fn a_decision_is_made_on_the_state_that_the_given_events_lead_to() {
    given::<Account>((opened(), credited(40, 40)))
        .when(|account| account.debit(30))
        .then(AccountDebited {
            amount: 30,
            balance: 10,
        });
}

#[test]
fn a_history_is_an_array_a_list_a_tuple_nothing_or_built_up() {
    given::<Account>([opened()])
        .events(vec![credited(1, 1), credited(1, 2)])
        .event(&credited(1, 3))
        .events(())
        .then_state(|account| account.balance() == 3);
    given::<Account>(())
        .when(|account| account.credit(5))
        .then_error(AccountError::NotOpen);
}

#[test]
fn a_scenario_goes_on_after_each_then() {
    given_nothing::<Account>()
        .when(|account| account.open("Joe"))
        .then(opened())
        .when(|account| account.open("Ann"))
        .then_error(AccountError::AlreadyOpen)
        .when_command(Credit { amount: 5 })
        .then([credited(5, 5)])
        .when(Account::close)
        .then_error_message("there is still 5 on the account")
        .when(|account| account.debit(5))
        .then_events(|events| events.len() == 1)
        .when(Account::close)
        .then(AccountClosed)
        .when(Account::close)
        .then_nothing()
        .then_state(|account| !account.is_open());
}

#[test]
fn commands_can_be_given() {
    given_nothing::<Account>()
        .command(Open {
            owner: "Joe".into(),
        })
        .command(Credit { amount: 7 })
        .when_command(Close)
        .then_error_matching(|error| matches!(error, AccountError::NotEmpty { balance: 7 }));
}

#[test]
fn a_given_command_that_is_refused_ends_the_test() {
    let message = failure(|| {
        let _ = given_nothing::<Account>().command(Credit { amount: 7 });
    });

    assert_eq!(message, "a given command was refused: NotOpen");
}

#[test]
fn other_events_are_shown_as_a_difference() {
    let message = failure(|| {
        given::<Account>(opened())
            .when(|account| account.credit(5))
            .then((credited(5, 6), AccountClosed));
    });

    assert_eq!(
        message,
        "other events were raised than expected; expected (-) and raised (+):\n  \
         AccountCredited {\n    \"Amount\": 5,\n-   \"Balance\": 6\n+   \"Balance\": 5\n  }\n\
         - AccountClosed {}\n"
    );
}

#[test]
fn a_refusal_where_events_are_expected_is_shown_with_them() {
    let message = failure(|| {
        given_nothing::<Account>()
            .when(|account| account.credit(5))
            .then(credited(5, 5));
    });

    assert_says(
        &message,
        &["refused with NotOpen", "AccountCredited {", "\"Amount\": 5"],
    );
}

#[test]
fn events_where_a_refusal_is_expected_are_shown() {
    let message = failure(|| {
        given::<Account>(opened())
            .when(|account| account.credit(5))
            .then_error(AccountError::NotOpen);
    });

    assert_says(
        &message,
        &[
            "expected a refusal with NotOpen, but this was raised",
            "AccountCredited {",
        ],
    );
}

#[test]
fn nothing_is_neither_events_nor_a_refusal() {
    let refused = failure(|| {
        given::<Account>(opened())
            .when(Account::close)
            .then(AccountClosed)
            .when(Account::close)
            .then_error(AccountError::NotOpen);
    });
    assert_says(&refused, &["nothing was raised and nothing refused"]);

    let raised = failure(|| {
        given::<Account>(opened())
            .when(Account::close)
            .then_nothing();
    });
    assert_says(
        &raised,
        &["expected nothing, but this was raised:\n  AccountClosed {}"],
    );

    let error = failure(|| {
        given_nothing::<Account>()
            .when(|account| account.debit(1))
            .then_nothing();
    });
    assert_says(&error, &["refused with NotOpen"]);
}

#[test]
fn another_refusal_is_shown_as_a_difference() {
    let poor = || given::<Account>((opened(), credited(4, 4))).when(|account| account.debit(5));

    let value = failure(move || {
        poor().then_error(AccountError::InsufficientFunds { balance: 3 });
    });
    assert_says(&value, &["-     balance: 3,\n+     balance: 4,"]);

    let text = failure(move || {
        poor().then_error_message("there is only 3 on the account");
    });
    assert_says(
        &text,
        &["- there is only 3 on the account\n+ there is only 4 on the account"],
    );

    let closure = failure(move || {
        poor().then_error_matching(|error| *error == AccountError::NotOpen);
    });
    assert_says(
        &closure,
        &["unexpected error: InsufficientFunds { balance: 4 }"],
    );
}

#[test]
fn another_state_is_shown_as_a_difference() {
    let message = failure(|| {
        given::<Account>(opened()).then_state_eq(&Account::default());
    });
    assert_says(
        &message,
        &["-     open: false,\n+     open: true,\n      balance: 0,"],
    );

    let message = failure(|| {
        given::<Account>(opened())
            .when(|account| account.credit(1))
            .then_state(|account| account.balance() == 2);
    });
    assert_eq!(message, "the state is not as expected");
}

#[test]
fn an_event_that_changes_on_its_way_is_named_with_the_field() {
    let given_event = failure(|| {
        given::<Counter<Lossy>>(counted(8)).then_state(|_| ());
    });
    assert_says(
        &given_event,
        &[
            "kit/fixture.rs:",
            "`Counted` does not survive its stored form",
            "-   \"Amount\": 4",
            "+   \"Amount\": 2",
        ],
    );

    let raised = failure(|| {
        given_nothing::<Counter<Lossy>>()
            .when(|_| Ok::<_, ()>(counted(8)))
            .then(counted(8));
    });
    assert_says(&raised, &["`Counted` does not survive its stored form"]);
}

#[test]
fn the_round_trip_can_be_left_out() {
    given::<Counter<Lossy>>(counted(8))
        .without_round_trip()
        .when(|_| Ok::<_, ()>(counted(8)))
        .then(counted(8))
        .then_state(|counter| counter.total == 8);
}

#[test]
fn an_event_that_cannot_be_read_back_ends_the_test() {
    let message = failure(|| {
        let _ = given::<Counter<Misnamed>>(counted(8)).without_round_trip();
    });

    assert_says(&message, &["`Counted`, cannot be decoded", "no `Amount`"]);
}

#[test]
fn an_old_revision_is_carried_over_before_it_is_applied() {
    given_nothing::<Counter<Second>>()
        .stored("Counted", 1, r#"{"Old": 5}"#)
        .event(&counted(1))
        .then_state(|counter| counter.total == 6);
}

#[test]
fn ids_are_compared_only_where_both_sides_set_one() {
    let with_id = |id| Counted::<Sound> {
        id: Some(id),
        ..counted(1)
    };
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let decide =
        move |id| given_nothing::<Counter<Sound>>().when(move |_| Ok::<_, ()>(with_id(id)));

    decide(one).then(with_id(one));
    decide(one).then(with_id(Uuid::nil()));
    decide(Uuid::nil()).then(with_id(two));
    let message = failure(move || {
        decide(one).then(with_id(two));
    });
    assert_says(
        &message,
        &["-   \"Id\": \"00000000-0000-0000-0000-000000000002\""],
    );
}

#[test]
fn a_given_event_whose_id_is_open_gets_one() {
    given_nothing::<Counter<Sound>>()
        .event(&Counted {
            id: Some(Uuid::nil()),
            ..counted(1)
        })
        .when(|_| Ok::<_, ()>(()))
        .then_nothing();
}

/// Remembers what its handler saw in the metadata.
#[derive(Debug, Default)]
struct Witness(Vec<(Option<String>, Option<String>, String)>);

impl Aggregate for Witness {
    type Id = Uuid;
    const CATEGORY: &'static str = "Witness";
    const UNKNOWN_EVENTS: UnknownEvents = UnknownEvents::Skip;
    const HANDLERS: HandlerTable<Self> =
        HandlerTable::new(&[Row::of::<Counted<Sound>>("on_counted")]);
}

impl Handles<Counted<Sound>> for Witness {
    fn handle(&mut self, _: &Counted<Sound>, metadata: &RawMetadata) -> Result<(), ApplyError> {
        let metadata = metadata.parse()?;
        self.0.push((
            metadata.user_id(),
            metadata.json().get_str("Branch"),
            metadata.created().unwrap().unwrap().to_rfc3339(),
        ));
        Ok(())
    }
}

#[test]
fn handlers_see_the_context_that_was_given_and_a_time_that_stands_still() {
    let seen = |user: &str, branch: Option<&str>| {
        let user = (!user.is_empty()).then(|| user.to_owned());
        (
            user,
            branch.map(str::to_owned),
            "1970-01-01T00:00:00+00:00".to_owned(),
        )
    };

    given::<Witness>(counted(1))
        .context(MessageContext::new().with_user("joe"))
        .event(&counted(1))
        .metadata("Branch", "north")
        .events(counted(1))
        .when(|_| Ok::<_, ()>(counted(1)))
        .then(counted(1))
        .then_state(|witness| {
            let north = seen("joe", Some("north"));
            assert_eq!(
                witness.0,
                [seen("", None), seen("joe", None), north.clone(), north]
            );
        });
}

#[rustfmt::skip] // a line a scenario
#[test]
fn a_failure_points_at_the_line_of_the_test() {
    let place = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&place);
    let before = panic::take_hook();
    let this_thread = std::thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == this_thread {
            *seen.lock().unwrap() = info.location().map(ToString::to_string).unwrap_or_default();
        }
    }));
    let at = |scenario: fn()| {
        let _ = failure(scenario);
        let place = place.lock().unwrap().clone();
        place.rsplit_once(':').unwrap().0.to_owned()
    };
    let here = |offset: u32| format!("{}:{}", file!(), offset);

    let base = line!();
    let then = at(|| _ = given::<Account>(opened()).when(Account::close).then(()));
    let error = at(|| _ = given::<Account>(()).when(Account::close).then_error(AccountError::NotOpen));
    let state = at(|| _ = given::<Account>(()).then_state(|_| false));
    let lossy = at(|| _ = given::<Counter<Lossy>>(counted(8)).when(|_| Ok::<_, ()>(())));
    let apply = at(|| _ = given_nothing::<Account>().stored("Unknown", 1, "{}"));
    panic::set_hook(before);

    assert_eq!(
        [then, error, state, lossy, apply],
        [1, 2, 3, 4, 5].map(|offset| here(base + offset))
    );
}
