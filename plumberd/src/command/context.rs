use crate::context::MessageContext;
use uuid::Uuid;

/// What a handler knows about the command besides what is in it.
///
/// The handler runs in [`CommandContext::message`]: what it appends has the
/// command as its cause, and correlation, user, session and recipient of the
/// command.
#[derive(Debug, Clone)]
pub struct CommandContext {
    command_id: Uuid,
    recipient: String,
    message: MessageContext,
}

impl CommandContext {
    /// The context of the command `command_id` to `recipient`; for tests of
    /// handlers.
    pub fn new(command_id: Uuid, recipient: impl Into<String>, message: MessageContext) -> Self {
        Self {
            command_id,
            recipient: recipient.into(),
            message,
        }
    }

    /// The command's identity.
    ///
    /// Give it to [`Execute::command_id`](crate::repository::Execute::command_id):
    /// a command that is run again, as after a crash before its answer was
    /// written, is then carried out once.
    pub const fn command_id(&self) -> Uuid {
        self.command_id
    }

    /// A command id for one more append of the same handler to the same stream,
    /// which `name` tells from the others. Each stream knows one command under
    /// an id; for several streams the command's own id will do.
    #[must_use]
    pub fn step(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.command_id, format!("step {name}").as_bytes())
    }

    /// To whom it was sent.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Correlation, causation, user, session, recipient.
    pub const fn message(&self) -> &MessageContext {
        &self.message
    }
}
