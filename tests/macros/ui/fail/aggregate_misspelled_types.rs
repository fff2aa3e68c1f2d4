use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

struct OpenAccount;
struct Refused;

#[aggregate(id = Oder)]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AcountOpened) {}

    #[event_sourcing_handler]
    fn on_closed(&mut self, _event: &AccountClosed) {}

    #[command_handler]
    fn open(&self, _command: OpnAccount) -> Result<AcountOpened, Refusd> {
        Err(Refused)
    }
}

#[aggregate]
impl Acount {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[event_sourcing_handler]
    fn on_closed(&mut self, _event: &AccountClosed) {}
}

fn main() {}
