use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(blocks = 1)]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[derive(Default)]
struct Other;

#[aggregate(blocks = 2, block = 2)]
impl Other {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[aggregate(block = 2, category = "Other", id = u64)]
impl Other {
    #[command_handler]
    fn open(&self, _: u8) -> Result<Opened, ()> {
        Ok(Opened)
    }
}

#[derive(Default)]
struct Generic<T>(T);

#[aggregate(category = "Generic", blocks = 2)]
impl<T> Generic<T> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

fn main() {}
