use plumberd::{Event, aggregate, event::Metadata};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

struct Renamed;
struct Moved;
struct Merged;
struct Split;
struct Paid;
struct Frozen;
struct Thawed;
struct Sold;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[event_sourcing_handler]
    fn by_value(&mut self, _event: AccountClosed) {}

    #[event_sourcing_handler]
    fn exclusive(&mut self, _event: &mut Renamed) {}

    #[event_sourcing_handler]
    fn without_receiver(_event: &Moved) {}

    #[event_sourcing_handler]
    fn shared_receiver(&self, _event: &Merged) {}

    #[event_sourcing_handler]
    fn owned_receiver(self, _event: &Split) {}

    #[event_sourcing_handler]
    fn without_event(&mut self) {}

    #[event_sourcing_handler]
    fn generic<E>(&mut self, _event: &E) {}

    #[event_sourcing_handler]
    fn hidden_generic(&mut self, _event: &impl Event) {}

    #[event_sourcing_handler]
    fn not_metadata(&mut self, _event: &Paid, _time: u64) {}

    #[event_sourcing_handler]
    fn one_too_many(&mut self, _event: &Frozen, _metadata: &Metadata, _now: u64) {}

    #[event_sourcing_handler]
    fn refuses(&mut self, _event: &Thawed) -> Result<(), String> {
        Ok(())
    }

    #[event_sourcing_handler]
    unsafe extern "C" fn foreign(&mut self, _event: &Sold) {}
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
