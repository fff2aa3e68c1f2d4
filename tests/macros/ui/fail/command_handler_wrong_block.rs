use plumberd::{
    Event, command_handler,
    command::{Command, CommandFault, HandlesCommands, NoFault},
    prelude::*,
};

#[derive(Event)]
struct Open;

impl Command for Open {
    type Fault = NoFault;
}

struct Empty;

#[command_handler]
impl Empty {
    fn help(&self) {}
}

struct Twice;

#[command_handler]
impl Twice {
    async fn open(&self, _id: Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }

    async fn again(&self, _id: Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }
}

struct OnTrait;

#[command_handler]
impl Clone for OnTrait {
    fn clone(&self) -> Self {
        Self
    }
}

struct Keys;

#[command_handler(name = "x")]
impl Keys {
    async fn open(&self, _id: Uuid, _command: &Open) -> Result<(), CommandFault> {
        Ok(())
    }
}

#[command_handler]
struct OnTheType;

fn main() {
    fn handles<H: HandlesCommands>() {}
    handles::<Empty>();
    handles::<Twice>();
    handles::<Keys>();
}
