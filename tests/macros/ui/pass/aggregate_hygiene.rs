//! What the macro writes leans on no name in scope, and warns of nothing.
#![no_implicit_prelude]
#![deny(warnings)]

mod domain {
    #[derive(::plumberd::Event)]
    pub struct Opened;

    #[derive(::plumberd::Event)]
    pub struct Closed;

    /// A command by reference.
    pub struct Close<'a>(pub &'a str);
    pub struct Refused;

    #[derive(::core::default::Default)]
    pub struct Account {
        pub open: bool,
    }
}

use domain::{Account, Close, Closed, Opened, Refused};

type Decision<D> = ::core::result::Result<D, Refused>;

#[allow(non_camel_case_types, dead_code)]
struct str;

#[::plumberd::aggregate(category = "Account", id = u64, unknown_events = "skip")]
impl Account {
    #[event_sourcing_handler]
    fn handle(&mut self, _event: &Opened) {
        self.open = true;
    }

    #[::plumberd::event_sourcing_handler]
    pub(crate) fn on_closed(&mut self, _: &Closed, metadata: &::plumberd::event::Metadata) {
        let _ = metadata;
        self.open = false;
    }

    #[event_sourcing_handler]
    #[cfg(any())]
    fn not_there(&mut self, _event: &NotThere) {}

    #[command_handler]
    fn decide(&self, Close(_why): Close<'_>) -> Decision<(Closed, ::core::option::Option<Opened>)> {
        if self.open {
            Decision::Ok((Closed, ::core::option::Option::None))
        } else {
            Decision::Err(Refused)
        }
    }
}

macro_rules! counter {
    ($name:ident, $event:ty) => {
        #[derive(::core::default::Default)]
        struct $name(u64);

        #[::plumberd::aggregate]
        impl $name {
            #[event_sourcing_handler]
            fn on_event(&mut self, _event: &$event) {
                self.0 += 1;
            }
        }
    };
}

counter!(Closings, domain::Closed);

#[::plumberd::aggregate(category = "Pair")]
impl Pair<u64> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &Opened) {
        let _ = self.0;
    }
}

#[derive(::core::default::Default)]
struct Pair<T>(T);

fn main() {
    use ::plumberd::aggregate::{Aggregate, HandlesCommand};

    let closings: Closings = ::core::default::Default::default();
    ::core::assert_eq!((closings.0, Closings::CATEGORY), (0, "Closings"));
    ::core::assert_eq!((Account::CATEGORY, Account::HANDLERS.rows().len()), ("Account", 2));
    ::core::assert_eq!(Pair::<u64>::CATEGORY, "Pair");
    ::core::assert!(HandlesCommand::decide(&Account { open: false }, Close("moved")).is_err());
}
