use super::{Command, CommandContext, CommandFault, reply::Reply, request::Request};
use crate::event::{DecodeError, EventType, InvalidEventType, RecordedEvent};
use futures_util::{FutureExt, future::BoxFuture};
use std::{collections::BTreeMap, fmt, panic::AssertUnwindSafe, str::FromStr, sync::Arc};
use tokio::time::Instant;

/// A type whose methods handle commands; `#[command_handler]` on an `impl`
/// block implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` handles no commands",
    label = "no command handler",
    note = "add `#[plumberd::command_handler]` to an `impl` block of `{Self}` with `async fn name(&self, id: Uuid, command: &Command)`"
)]
pub trait HandlesCommands: Send + Sync + 'static {
    /// Adds a route for each command.
    fn routes(self: Arc<Self>, routes: &mut CommandHandlers);
}

/// The handlers of a program, by the stored name of their commands.
///
/// Cheap to clone.
///
/// # Examples
///
/// ```
/// use plumberd::{Event, command::{Command, CommandHandlers, CommandFault, NoFault}, prelude::*};
///
/// #[derive(Event)]
/// struct Ring {}
///
/// impl Command for Ring {
///     type Fault = NoFault;
/// }
///
/// let mut handlers = CommandHandlers::new();
/// handlers.add(|_bell: Uuid, _command: Ring, _context| async { Ok::<_, CommandFault>(()) });
/// assert_eq!(handlers.names().collect::<Vec<_>>(), ["Ring"]);
/// ```
#[derive(Clone, Default)]
pub struct CommandHandlers {
    routes: Arc<BTreeMap<&'static str, Run>>,
    repeated: Option<&'static str>,
}

type Run = Arc<
    dyn Fn(RecordedEvent, CommandContext) -> BoxFuture<'static, Result<(), CommandFault>>
        + Send
        + Sync,
>;

impl CommandHandlers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// With every command that `handler` handles.
    #[must_use]
    pub fn with(mut self, handler: impl HandlesCommands) -> Self {
        Arc::new(handler).routes(&mut self);
        self
    }

    /// Adds a function that handles the command `C` to a recipient with an id
    /// of the type `Id`.
    ///
    /// A second handler for a command is refused where the handlers are used.
    pub fn add<C, Id, F, R>(&mut self, handle: F)
    where
        C: Command,
        Id: FromStr + Send,
        F: Fn(Id, C, CommandContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), CommandFault>> + Send + 'static,
    {
        let handle = Arc::new(handle);
        for (index, info) in C::TYPES.iter().enumerate() {
            let handle = Arc::clone(&handle);
            let run: Run = Arc::new(move |event, context| {
                let handle = Arc::clone(&handle);
                Box::pin(async move {
                    let (id, command) = read::<C, Id>(index, &event, &context)?;
                    drop(event);
                    handle(id, command, context).await
                })
            });
            for name in info.names() {
                let before = Arc::make_mut(&mut self.routes).insert(name, Arc::clone(&run));
                if before.is_some() {
                    self.repeated = Some(name);
                }
            }
        }
    }

    /// The stored names that there are handlers for, aliases among them, in
    /// their order: it is the same in every run of the program, for a projection
    /// that is made of them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.routes.keys().copied()
    }

    /// Whether there is a handler for the command stored under this name.
    pub fn handles(&self, command: &str) -> bool {
        self.routes.contains_key(command)
    }

    /// That each command has one handler, with a name that a store takes.
    pub(super) fn check(&self) -> Result<Vec<EventType>, InvalidHandlers> {
        if let Some(command) = self.repeated {
            return Err(InvalidHandlers::TwoHandlers { command });
        }
        if self.routes.is_empty() {
            return Err(InvalidHandlers::None);
        }
        let names = self.names().map(EventType::from_static);
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Runs the handler of the command in `event`. A panic is an answer too.
    pub(super) async fn run(&self, event: RecordedEvent, request: &Request) -> Reply {
        let started = Instant::now();
        let result = self.outcome(event, request).await;
        Reply {
            command_id: request.command_id,
            duration: started.elapsed(),
            failure: result.err().map(|fault| *fault.0),
        }
    }

    async fn outcome(&self, event: RecordedEvent, request: &Request) -> Result<(), CommandFault> {
        let Some(run) = self.routes.get(event.event_type.as_str()) else {
            return Err(CommandFault::with_code(
                CommandFault::FAILED,
                "there is no handler for the command",
            ));
        };
        let Some(context) = request.context() else {
            return Err(CommandFault::invalid("the command has no `RecipientId`"));
        };
        let message = context.message().clone();
        let handled = async { run(event, context).await };
        let caught = AssertUnwindSafe(message.scope(handled)).catch_unwind();
        caught.await.unwrap_or_else(|_| {
            tracing::error!(command_id = %request.command_id, "a command handler panicked");
            Err(CommandFault::with_code(
                CommandFault::FAILED,
                "the handler of the command panicked",
            ))
        })
    }
}

fn read<C: Command, Id: FromStr>(
    index: usize,
    event: &RecordedEvent,
    context: &CommandContext,
) -> Result<(Id, C), CommandFault> {
    let id = context.recipient().parse().map_err(|_| {
        let kind = crate::event::type_name::friendly_name::<Id>();
        CommandFault::invalid(format!("the command's `RecipientId` is no {kind}"))
    })?;
    let command: C = event.decode_as(index).map_err(|error| {
        let cause = match &error {
            DecodeError::Malformed { source, .. } => format!("{error}: {source}"),
            _ => error.to_string(),
        };
        CommandFault::invalid(cause)
    })?;
    command.validate()?;
    Ok((id, command))
}

impl fmt::Debug for CommandHandlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.routes.keys()).finish()
    }
}

/// Why handlers cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHandlers {
    /// There are none.
    #[error("there is no command handler")]
    None,
    /// Two are for one command.
    #[error("`{command}` has two handlers; each command has one")]
    TwoHandlers {
        /// The stored name of the command.
        command: &'static str,
    },
    /// No store takes the name of a command.
    #[error("a command has no name that a store takes")]
    Name(#[from] InvalidEventType),
}

crate::error::always!(Invalid: InvalidHandlers);
