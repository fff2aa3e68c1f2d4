use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

#[derive(Default)]
struct Borrows<'a>(&'a str);

#[aggregate]
impl<'a> Borrows<'a> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[derive(Default)]
struct Elided<'a>(&'a str);

#[aggregate]
impl Elided<'_> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened<'a>(&'a mut self, _: &'a Opened) {}
}

fn main() {}
