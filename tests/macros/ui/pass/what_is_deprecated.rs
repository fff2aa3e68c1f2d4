//! What is deprecated may be derived for and handled without a warning, as far
//! as the user allows it.
#![deny(warnings)]

#[deprecated]
#[derive(plumberd::Event)]
pub struct Gone {
    #[deprecated]
    pub note: String,
}

#[allow(deprecated)]
#[derive(plumberd::Event)]
pub struct Holds {
    pub gone: Gone,
}

#[derive(plumberd::Event)]
pub enum Set {
    #[deprecated]
    Left,
    #[deprecated]
    Named {
        #[deprecated]
        note: u8,
    },
}

#[derive(plumberd::EventValue)]
pub enum Choice {
    #[deprecated]
    Gone,
    Kept,
}

pub struct Close;

#[derive(Default)]
pub struct Account;

#[plumberd::aggregate]
impl Account {
    #[allow(deprecated)]
    #[event_sourcing_handler]
    fn on_gone(&mut self, _: &Gone) {}

    #[deprecated]
    #[event_sourcing_handler]
    fn on_set(&mut self, _: &Set) {}

    #[deprecated]
    #[command_handler]
    fn close(&self, _: Close) -> Result<Set, u8> {
        Err(0)
    }
}

fn main() {}
