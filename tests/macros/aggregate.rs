//! What `#[aggregate]` stands for: one way from a stored event to a change of
//! state, and from a decision to stored events.

use plumberd::{
    Event, MessageContext, aggregate,
    aggregate::{
        Aggregate, ApplyError, HandlesCommand, IntoEvents, Raise, RaiseError, UnknownEvents,
    },
    event::{EventType, Metadata, NewEvent, RecordedEvent, derived_event_id},
    stream::{Position, Revision, StreamName},
};
use uuid::Uuid;

#[derive(Event, Debug, Clone, PartialEq)]
#[event(alias = "AccountCreated", alias = "Opened")]
struct AccountOpened {
    owner: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = "com.myco.AccountCredited")]
struct AccountCredited {
    amount: u64,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct AccountAudited;

#[derive(Event, Debug, Clone, PartialEq)]
struct TransferStarted {
    #[event(id)]
    id: Uuid,
}

#[derive(Event, Debug, Clone, PartialEq)]
enum Lock {
    AccountLocked { reason: String },
    AccountUnlocked,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Account {
    owner: Option<String>,
    balance: u64,
    audited_by: Option<String>,
    locked: Option<String>,
    transfers: Vec<Uuid>,
}

#[derive(Debug, PartialEq)]
enum Refused {
    AlreadyOpen,
}

struct OpenAccount {
    owner: String,
}

struct Credit<'a>(&'a [u64]);

type Decision<D> = Result<D, Refused>;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, event: &AccountOpened) {
        self.owner = Some(event.owner.clone());
    }

    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &AccountCredited) {
        self.balance += event.amount;
    }

    #[event_sourcing_handler]
    fn on_audited(&mut self, _event: &AccountAudited, metadata: &Metadata) {
        self.audited_by = metadata.user_id();
    }

    #[event_sourcing_handler]
    fn on_lock(&mut self, event: &Lock) {
        self.locked = match event {
            Lock::AccountLocked { reason } => Some(reason.clone()),
            Lock::AccountUnlocked => None,
        };
    }

    #[event_sourcing_handler]
    fn on_transfer(&mut self, event: &TransferStarted) {
        self.transfers.push(event.id);
    }

    #[event_sourcing_handler]
    #[cfg(any())]
    fn on_removed(&mut self, event: &NeverCompiled) {
        self.balance = event.balance;
    }

    #[command_handler]
    fn open(&self, command: OpenAccount) -> Result<AccountOpened, Refused> {
        match self.owner {
            Some(_) => Err(Refused::AlreadyOpen),
            None => Ok(AccountOpened {
                owner: command.owner,
            }),
        }
    }

    #[command_handler]
    fn credit(&self, command: Credit<'_>) -> Decision<Vec<AccountCredited>> {
        Ok(command.0.iter().map(|&amount| credited(amount)).collect())
    }
}

#[derive(Debug, Default, PartialEq)]
struct Tolerant(u64);

#[aggregate(category = "Account", id = u64, unknown_events = "skip")]
impl Tolerant {
    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &AccountCredited) {
        self.0 += event.amount;
    }
}

fn opened(owner: &str) -> AccountOpened {
    AccountOpened {
        owner: owner.to_owned(),
    }
}

fn credited(amount: u64) -> AccountCredited {
    AccountCredited { amount }
}

/// The event as a store gives it back.
fn recorded(event: &NewEvent) -> RecordedEvent {
    RecordedEvent {
        stream: StreamName::new("Account", 1).unwrap(),
        revision: Revision::new(3),
        position: Position::new(7),
        id: event.id(),
        event_type: event.event_type().clone(),
        content_type: event.content_type().clone(),
        data: event.data().clone(),
        metadata: event.metadata().clone(),
        shape_revision: event.shape_revision(),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        tenant: None,
        link: None,
    }
}

fn stored(event_type: &str, data: &str) -> RecordedEvent {
    let event_type = EventType::new(event_type).unwrap();
    recorded(&NewEvent::new(
        Uuid::from_u128(1),
        event_type,
        data.as_bytes().to_vec(),
    ))
}

fn apply(events: &[RecordedEvent]) -> Result<Account, ApplyError> {
    let mut account = Account::default();
    for event in events {
        Account::HANDLERS.apply(&mut account, event)?;
    }
    Ok(account)
}

/// Raises what a decision returned; the state after it, and what would be
/// appended.
fn raise(
    decision: impl IntoEvents<Account>,
    command_id: Option<Uuid>,
) -> Result<(Account, Vec<NewEvent>), RaiseError> {
    let (mut account, mut events) = (Account::default(), Vec::new());
    let context = MessageContext::new().with_user("ada");
    decision.raise(&mut Raise::new(
        &mut account,
        &mut events,
        &context,
        command_id,
    ))?;
    Ok((account, events))
}

fn types(decision: impl IntoEvents<Account>) -> Vec<String> {
    let (_, events) = raise(decision, None).unwrap();
    events
        .iter()
        .map(|event| event.event_type().to_string())
        .collect()
}

#[test]
fn the_category_is_the_name_of_the_type_unless_one_is_given() {
    assert_eq!(Account::CATEGORY, "Account");
    assert_eq!(Tolerant::CATEGORY, "Account");
}

#[test]
fn the_id_is_a_uuid_unless_one_is_given() {
    let _: <Account as Aggregate>::Id = Uuid::nil();
    let _: <Tolerant as Aggregate>::Id = 5_u64;
}

#[test]
fn the_table_names_every_handler_and_what_it_is_for() {
    let table = format!("{:?}", Account::HANDLERS);

    assert_eq!(
        table,
        r#"[on_opened { types: ["AccountOpened", "AccountCreated", "Opened"], .. }, on_credited { types: ["com.myco.AccountCredited"], .. }, on_audited { types: ["AccountAudited"], .. }, on_lock { types: ["AccountLocked", "AccountUnlocked"], .. }, on_transfer { types: ["TransferStarted"], .. }]"#
    );
}

#[test]
fn an_event_goes_to_the_handler_of_its_stored_name() {
    let account = apply(&[
        stored("AccountOpened", r#"{"Owner":"Ada"}"#),
        stored("com.myco.AccountCredited", r#"{"Amount":5}"#),
    ])
    .unwrap();

    assert_eq!(account.owner.as_deref(), Some("Ada"));
    assert_eq!(account.balance, 5);
}

#[test]
fn an_event_goes_to_the_handler_that_names_it_as_well() {
    for name in ["AccountCreated", "Opened"] {
        let account = apply(&[stored(name, r#"{"Owner":"Ada"}"#)]).unwrap();

        assert_eq!(account.owner.as_deref(), Some("Ada"), "{name}");
    }
}

#[test]
fn each_variant_of_an_enum_is_found_by_its_own_name() {
    let locked = stored("AccountLocked", r#"{"Reason":"lost card"}"#);
    let unlocked = stored("AccountUnlocked", "{}");

    assert_eq!(
        apply(std::slice::from_ref(&locked))
            .unwrap()
            .locked
            .as_deref(),
        Some("lost card")
    );
    assert_eq!(apply(&[locked, unlocked]).unwrap().locked, None);
}

#[test]
fn a_handler_that_asks_for_the_metadata_gets_it() {
    let (raised, events) = raise(AccountAudited, None).unwrap();

    assert_eq!(raised.audited_by.as_deref(), Some("ada"));
    assert_eq!(apply(&[recorded(&events[0])]).unwrap(), raised);
}

#[test]
fn metadata_is_read_only_for_a_handler_that_asks_for_it() {
    let broken = plumberd::event::RawMetadata::new(b"no JSON".as_slice().into());
    let mut credited = stored("com.myco.AccountCredited", r#"{"Amount":5}"#);
    credited.metadata = broken.clone();
    let mut audited = stored("AccountAudited", "{}");
    audited.metadata = broken;

    assert_eq!(apply(&[credited]).unwrap().balance, 5);
    let error = apply(&[audited]).unwrap_err();
    assert!(
        matches!(&error, ApplyError::Decode { event_type, .. } if event_type == "AccountAudited"),
        "{error:?}"
    );
}

#[test]
fn an_unknown_event_is_an_error_that_says_where_it_is() {
    let error = apply(&[stored("AccountSold", "{}")]).unwrap_err();

    assert_eq!(Account::UNKNOWN_EVENTS, UnknownEvents::Error);
    assert_eq!(
        error.to_string(),
        "`Account` has no handler for `AccountSold`, event 3 of stream `Account-1`"
    );
}

#[test]
fn an_unknown_event_is_passed_over_where_that_is_asked_for() {
    let mut tolerant = Tolerant(1);
    for event in [
        stored("AccountSold", "{}"),
        stored("com.myco.AccountCredited", r#"{"Amount":5}"#),
    ] {
        Tolerant::HANDLERS.apply(&mut tolerant, &event).unwrap();
    }

    assert_eq!(tolerant, Tolerant(6));
}

#[test]
fn an_event_that_cannot_be_applied_leaves_the_aggregate_as_it_was() {
    let before = apply(&[stored("AccountOpened", r#"{"Owner":"Ada"}"#)]).unwrap();

    for event in [
        stored("AccountSold", "{}"),
        stored("AccountOpened", r#"{"Owner":5}"#),
        stored("com.myco.AccountCredited", "no JSON"),
    ] {
        let mut account = before.clone();
        let applied = Account::HANDLERS.apply(&mut account, &event);

        assert!(applied.is_err(), "{event:?}");
        assert_eq!(account, before, "{event:?}");
    }
}

#[test]
fn raising_and_replaying_lead_to_the_same_state() {
    let decision = (
        opened("Ada"),
        vec![credited(5), credited(7)],
        AccountAudited,
        Lock::AccountLocked {
            reason: "lost card".to_owned(),
        },
        TransferStarted { id: Uuid::nil() },
    );

    let (raised, events) = raise(decision, None).unwrap();
    let replayed = apply(&events.iter().map(recorded).collect::<Vec<_>>()).unwrap();

    assert_eq!(raised.balance, 12);
    assert_eq!(raised.transfers, [events[5].id()]);
    assert_eq!(replayed, raised);
}

#[test]
fn the_events_of_a_command_have_ids_that_follow_from_the_commands() {
    let command = Uuid::from_u128(77);

    let (_, events) = raise((opened("Ada"), [credited(1), credited(2)]), Some(command)).unwrap();

    let ids: Vec<_> = events.iter().map(NewEvent::id).collect();
    let expected: Vec<_> = (0..3).map(|n| derived_event_id(command, n)).collect();
    assert_eq!(ids, expected);
}

#[test]
fn a_nil_id_of_its_own_becomes_the_events_id() {
    let command = Uuid::from_u128(77);

    let (account, events) = raise(TransferStarted { id: Uuid::nil() }, Some(command)).unwrap();

    let id = derived_event_id(command, 0);
    assert_eq!(events[0].id(), id);
    assert_eq!(account.transfers, [id]);
    assert_eq!(
        recorded(&events[0]).decode::<TransferStarted>().unwrap(),
        TransferStarted { id }
    );
}

#[test]
fn an_id_of_its_own_is_kept_without_a_command_and_refused_with_one() {
    let own = TransferStarted {
        id: Uuid::from_u128(5),
    };
    let command = Uuid::from_u128(77);

    let (_, events) = raise(own.clone(), None).unwrap();
    let refused = raise(own.clone(), Some(command)).unwrap_err();

    assert_eq!(events[0].id(), own.id);
    assert!(
        matches!(refused, RaiseError::OwnId { event_id, command_id } if event_id == own.id && command_id == command),
        "{refused:?}"
    );
    // The id that follows from the command is the same one, not another.
    let derived = TransferStarted {
        id: derived_event_id(command, 0),
    };
    assert!(raise(derived, Some(command)).is_ok());
}

#[test]
fn a_command_is_decided_by_the_handler_of_its_type() {
    let open = || OpenAccount {
        owner: "Ada".to_owned(),
    };
    let account = Account::default();

    let decided = HandlesCommand::decide(&account, open()).unwrap();
    let (account, _) = raise(decided.clone(), None).unwrap();
    let refused = HandlesCommand::decide(&account, open());
    let credits = HandlesCommand::decide(&account, Credit(&[1, 2])).unwrap();

    assert_eq!(decided, opened("Ada"));
    assert_eq!(refused, Err(Refused::AlreadyOpen));
    assert_eq!(credits, [credited(1), credited(2)]);
}

#[test]
fn a_decision_may_have_any_of_these_shapes() {
    const CREDITED: &str = "com.myco.AccountCredited";
    let locked = || Lock::AccountUnlocked;

    assert_eq!(types(()), [""; 0]);
    assert_eq!(types(credited(1)), [CREDITED]);
    assert_eq!(types(locked()), ["AccountUnlocked"]);
    assert_eq!(types(Some(credited(1))), [CREDITED]);
    assert_eq!(types(None::<AccountCredited>), [""; 0]);
    assert_eq!(types(Vec::<AccountCredited>::new()), [""; 0]);
    assert_eq!(types(vec![locked(), locked()]), ["AccountUnlocked"; 2]);
    assert_eq!(types([credited(1), credited(2)]), [CREDITED; 2]);
    assert_eq!(types((credited(1),)), [CREDITED]);
    assert_eq!(
        types((opened("Ada"), Some(credited(1)), vec![locked()])),
        ["AccountOpened", CREDITED, "AccountUnlocked"]
    );
    let one = || credited(1);
    assert_eq!(types((one(), one(), one(), one())), [CREDITED; 4]);
    assert_eq!(types((one(), one(), one(), one(), one())), [CREDITED; 5]);
    assert_eq!(
        types((one(), (one(), one()), one(), one(), one(), one(), one())),
        [CREDITED; 8]
    );
    assert_eq!(
        types((one(), one(), one(), one(), one(), one(), one(), one())),
        [CREDITED; 8]
    );
}

#[test]
fn events_are_raised_in_the_order_of_the_decision() {
    let decision = (
        Lock::AccountLocked {
            reason: "first".to_owned(),
        },
        [Lock::AccountUnlocked],
        Some(Lock::AccountLocked {
            reason: "last".to_owned(),
        }),
    );

    let (account, _) = raise(decision, None).unwrap();

    assert_eq!(account.locked.as_deref(), Some("last"));
}
