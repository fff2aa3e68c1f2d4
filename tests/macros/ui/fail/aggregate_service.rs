use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

struct Open;
struct Close;
struct Lock;
struct Unlock;

trait Clock {}

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}

    #[command_handler]
    fn open(&self, _: Open, _: u8) -> Result<Opened, ()> {
        Ok(Opened)
    }

    #[command_handler]
    fn close(&self, _: Close, _: &mut u8) -> Result<Opened, ()> {
        Ok(Opened)
    }

    #[command_handler]
    fn lock(&self, _: Lock, _: &impl Clock) -> Result<Opened, ()> {
        Ok(Opened)
    }

    #[command_handler]
    fn unlock(&self, _: Unlock, _: &u8, _: &u16) -> Result<Opened, ()> {
        Ok(Opened)
    }
}

fn main() {}
