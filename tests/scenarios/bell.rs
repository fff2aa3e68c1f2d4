//! A command and its handler, for a bus.

use plumberd::{
    Event,
    command::{Command, CommandContext, CommandFault, CommandHandlers, NoFault},
    command_handler,
    prelude::*,
};

#[derive(Event, Debug, Clone)]
pub struct Ring {
    pub times: u32,
}

impl Command for Ring {
    type Fault = NoFault;
}

pub struct Bells;

#[command_handler]
impl Bells {
    async fn ring(
        &self,
        _bell: Uuid,
        command: &Ring,
        _context: &CommandContext,
    ) -> Result<(), CommandFault> {
        if command.times > 100 {
            return Err(CommandFault::invalid("too loud"));
        }
        Ok(())
    }
}

pub fn handlers() -> CommandHandlers {
    CommandHandlers::new().with(Bells)
}
