//! The forms a command handler may have, with names of the prelude taken.
#![deny(warnings)]

use plumberd::command_handler;

#[derive(plumberd::Event)]
struct Open;

impl plumberd::command::Command for Open {
    type Fault = plumberd::command::NoFault;
}

#[derive(plumberd::Event)]
struct Close;

impl plumberd::command::Command for Close {
    type Fault = plumberd::command::NoFault;
}

#[derive(plumberd::Event)]
struct Never;

#[derive(Debug)]
struct OwnError;

impl std::fmt::Display for OwnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("own")
    }
}

impl std::error::Error for OwnError {}

#[expect(dead_code, reason = "they are only in the way")]
mod in_the_way {
    struct Ok;
    struct Err;
    struct Arc;
    struct Result;
}

struct Accounts<T>(T);

#[command_handler(crate = ::plumberd)]
impl<T: Send + Sync + 'static> Accounts<T> {
    async fn open(&self, _id: String, _: &Open) -> std::result::Result<u8, OwnError> {
        self.help()
    }

    async fn close(
        &self,
        id: u64,
        _command: &Close,
        context: &plumberd::command::CommandContext,
    ) -> std::result::Result<(), plumberd::command::CommandFault> {
        let _ = (id, context.recipient());
        Ok(())
    }

    #[cfg(any())]
    async fn never(&self, _id: u64, _: &Never) -> std::result::Result<(), OwnError> {
        Ok(())
    }

    fn help(&self) -> std::result::Result<u8, OwnError> {
        let _ = &self.0;
        Err(OwnError)
    }
}

fn main() {
    let handlers = plumberd::command::CommandHandlers::new().with(Accounts(1));
    assert!(handlers.handles("Open") && handlers.handles("Close"));
    assert_eq!(handlers.names().count(), 2);
}
