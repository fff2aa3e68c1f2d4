use plumberd::{Event, aggregate, command_handler};

#[derive(Event)]
struct Opened;

struct Open;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

impl Account {
    #[command_handler]
    fn open(&self, _: Open) -> Result<Opened, ()> {
        Ok(Opened)
    }
}

fn main() {}
