use plumberd::{Event, aggregate};
use plumberd_testkit::{
    laws::{self, History},
    proptest::prelude::*,
};

#[derive(Event)]
struct Opened;

#[derive(Debug, Default, PartialEq)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

mod no_strategy {
    plumberd_testkit::laws!(super::Account, vec![super::Opened]);
}

#[derive(Default)]
struct Silent;

#[aggregate]
impl Silent {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

fn histories() -> impl Strategy<Value = History<Silent>> {
    laws::history(Just(()), |history, ()| history.raise(Opened))
}

mod not_shown {
    plumberd_testkit::laws!(super::Silent, super::histories());
}

fn main() {}
