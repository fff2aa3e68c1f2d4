use plumberd::{
    Event,
    aggregate,
    aggregate::{Aggregate, IntoEvents},
};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}
}

/// Bounded like `Repository::execute`.
fn execute<A: Aggregate, D: IntoEvents<A>, E>(_: impl FnMut(&A) -> Result<D, E>) {}

fn main() {
    execute(|_: &Account| Ok::<_, ()>(Some(AccountClosed)));
}
