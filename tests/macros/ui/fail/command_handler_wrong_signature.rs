use plumberd::{
    Event, command_handler,
    command::{Command, CommandContext, CommandFault, NoFault},
    prelude::*,
};

#[derive(Event)]
struct Open;

impl Command for Open {
    type Fault = NoFault;
}

struct Accounts;

#[command_handler]
impl Accounts {
    async fn changes(&mut self, _id: Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn by_value(&self, _id: Uuid, _command: Open) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn by_reference(&self, _id: &Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn without_command(&self, _id: Uuid) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn too_much(
        &self,
        _id: Uuid,
        _command: &Open,
        _context: &CommandContext,
        _more: u8,
    ) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn context_by_value(
        &self,
        _id: Uuid,
        _command: &Open,
        _context: CommandContext,
    ) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn nothing(&self, _id: Uuid, _command: &Open) {}

    async fn generic<T>(&self, _id: Uuid, _command: &T) -> Result<(), CommandFault> {
        Ok(())
    }
}

fn main() {
    let _ = plumberd::command::CommandHandlers::new().with(Accounts);
}
