use plumberd::{Event, aggregate};
use plumberd_testkit::{
    laws::{self, History},
    proptest::prelude::*,
};

#[derive(Event, Debug, Clone, PartialEq)]
struct Opened;

#[derive(Debug, Default, PartialEq)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

fn histories() -> impl Strategy<Value = History<Account>> {
    laws::history(Just(()), |history, ()| history.raise(Opened))
}

mod misspelled {
    plumberd_testkit::laws!(super::Account, histroy: super::histories());
}

mod unknown_flag {
    plumberd_testkit::laws!(super::Account, super::histories(), snapshots);
}

mod twice {
    plumberd_testkit::laws!(super::Account, super::histories(), cases: 1, cases: 2);
}

mod with_a_value {
    plumberd_testkit::laws!(super::Account, history: super::histories(), snapshot: true);
}

mod missing {
    plumberd_testkit::laws!(super::Account, cases: 5);
}

fn main() {}
