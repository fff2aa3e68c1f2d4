//! Stored names that are constants.

use plumberd::{event::NewEvent, prelude::*};

mod stored {
    pub const OPENED: &str = "com.myco.AccountOpened";
    pub const CREDITED: &str = "com.myco.AccountCredited";
    pub const WAS_CREDITED: &str = "$AccountPaid";
    pub const CATEGORY: &str = "Account";
}

const CLOSED: &str = "com.myco.AccountClosed";

#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = stored::OPENED, alias = "Opened")]
struct Opened {
    owner: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = CLOSED)]
struct Closed;

#[derive(Event, Debug, Clone, PartialEq)]
enum AccountEvent {
    #[event(type = stored::CREDITED, alias = stored::WAS_CREDITED, alias = "Paid")]
    Credited { amount: u32 },
    #[event(transparent)]
    Closed(Closed),
}

/// Each currency has a name of its own.
trait Currency: Send + Sync + 'static {
    const PAID: &'static str;
}

#[derive(Debug, PartialEq)]
struct Euro;

impl Currency for Euro {
    const PAID: &'static str = "PaidInEuro";
}

#[derive(Event, Debug, PartialEq)]
#[event(type = C::PAID)]
struct Paid<C: Currency> {
    amount: u32,
    of: std::marker::PhantomData<C>,
}

#[derive(Event, Debug, PartialEq)]
#[event(type = stored::OPENED, revision = 2, upcast_from = Opened)]
struct OpenedByTwo {
    owners: Vec<String>,
}

impl From<Opened> for OpenedByTwo {
    fn from(old: Opened) -> Self {
        let owners = vec![old.owner];
        Self { owners }
    }
}

#[derive(Debug, Default)]
struct Account {
    balance: u32,
}

#[aggregate(category = stored::CATEGORY)]
impl Account {
    #[event_sourcing_handler]
    fn on_event(&mut self, event: &AccountEvent) {
        if let AccountEvent::Credited { amount } = event {
            self.balance += amount;
        }
    }
}

fn name_of<E: Event>(event: &E) -> String {
    NewEvent::encode(event).unwrap().event_type().to_string()
}

#[test]
fn an_event_is_stored_under_the_text_of_its_constant() {
    let owner = "Ada".to_owned();
    assert_eq!(name_of(&Opened { owner }), "com.myco.AccountOpened");
    assert_eq!(name_of(&Closed), "com.myco.AccountClosed");
    let credited = AccountEvent::Credited { amount: 1 };
    assert_eq!(name_of(&credited), "com.myco.AccountCredited");
    assert_eq!(name_of(&AccountEvent::Closed(Closed)), CLOSED);
    let (amount, of) = (1, std::marker::PhantomData::<Euro>);
    assert_eq!(name_of(&Paid { amount, of }), "PaidInEuro");
}

#[test]
fn a_constant_is_a_name_that_events_are_read_under() {
    let names: Vec<_> = AccountEvent::TYPES
        .iter()
        .flat_map(plumberd::event::EventInfo::names)
        .collect();

    assert_eq!(
        names,
        [stored::CREDITED, stored::WAS_CREDITED, "Paid", CLOSED]
    );
    let filter = Filter::new()
        .events::<AccountEvent>()
        .unwrap()
        .with_system_events();
    assert!(filter.matches("Account-7", "$AccountPaid"));
}

#[test]
fn a_revision_leads_on_from_a_type_with_the_same_constant() {
    let owner = "Ada".to_owned();
    let old = NewEvent::encode(&Opened { owner }).unwrap();

    let new: OpenedByTwo = old.decode_as(0).unwrap();

    assert_eq!(new.owners, ["Ada"]);
}

#[test]
fn an_aggregate_is_in_the_category_of_its_constant() {
    assert_eq!(Account::CATEGORY, "Account");
}
