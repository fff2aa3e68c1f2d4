//! Commands from one program to another, by way of the store.
//!
//! micro-plumberd's bus: a sender has a session with two streams. It writes a
//! command to `>SessionIn-{session}`; a program with a handler for it follows
//! all such streams, and writes what came of it to `>SessionOut-{session}`:
//!
//! | outcome | event | body |
//! |---|---|---|
//! | it was done | `{Command}Executed` | `{"CommandId":…,"Duration":"00:00:00.0123456"}` |
//! | it is wrong in itself | `{Command}Failed` | the same with `"Message":…,"Code":400` |
//! | the handler failed | `{Command}Failed` | the same with `"Message":…,"Code":500` |
//! | the handler refused with a fault | `{Command}Failed<{Fault}>` | the same with a code of its own, and `"Fault":{…}` |
//!
//! Programs in Rust, .NET and Python (which only sends) can be on one bus.
//!
//! [`CommandBus`] sends, [`CommandQueue`] sends and does not wait,
//! [`CommandServer`] handles with the methods of a type that has
//! [`command_handler`](macro@crate::command_handler).
//!
//! # What is promised
//!
//! Each command of a session has one outcome: its event's id follows from the
//! command's, so the store keeps the first one however many servers answer. A
//! command that is answered is not run again: the server looks before it runs.
//! It looks among all answers that the session's stream shows, however many:
//! up to 4,096 of a session are kept in memory, and past these the store is
//! asked. An answer that the store has forgotten, as after 30 days, is not
//! found.
//!
//! A store may forget the id of a command and write its event anew when it is
//! sent again, as EventStoreDB does after many other writes. Then the answer
//! that is there is written once more, for who waits for it. For an event that
//! has the command's own id no store is asked, so that such a repetition is
//! known for as long as the answer is among the last 4,096 of its session; the
//! last 64 where the server remembers the answers of many busy sessions.
//!
//! Between the handler's last append and the answer lies a moment in which a
//! crash makes the next start run the command again. With
//! [`CommandContext::command_id`] given to the repository, that run appends
//! nothing and answers what the first one would have. The same holds while one
//! server takes over from another: see [`CommandServer`].
//!
//! An outcome is final, also a failure with the code 500 whose cause would have
//! passed, as a store that was away for a moment: the same id gets the same
//! answer. A handler that can tell tries again itself; a sender does it with a
//! new id.

mod bus;
mod context;
mod fault;
mod handlers;
mod message;
mod metadata_headers;
mod names;
mod reply;
mod request;
mod retention;
mod server;

pub use bus::{CommandBus, CommandQueue, Done, Fault, PostError, SendError, Sending};
pub use context::CommandContext;
pub use fault::CommandFault;
pub use handlers::{CommandHandlers, HandlesCommands, InvalidHandlers};
pub use message::{Command, NoFault, ValidationError};
pub use names::{outcome_id, session_in, session_out};
pub use server::{CommandServer, FirstStart, Running, ServerError, ServerStats};
