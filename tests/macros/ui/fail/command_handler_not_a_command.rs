use plumberd::{Event, command::CommandFault, command_handler, prelude::*};

#[derive(Event)]
struct Open;

struct Accounts;

#[command_handler]
impl Accounts {
    async fn open(&self, _id: Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }
}

struct Nothing;

fn main() {
    let _ = plumberd::command::CommandHandlers::new().with(Nothing);
}
