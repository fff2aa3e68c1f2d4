//! An event-sourcing SDK: annotate structs, decide, append, follow.
//!
//! Macros turn domain structs into typed, versioned, PascalCase events and
//! dispatch tables; a repository loads an aggregate, lets it decide, and appends
//! the events with optimistic concurrency; a store keeps them: memory, a SQLite
//! file, EventStoreDB or KurrentDB, or a multi-tenant gRPC store. What it writes
//! can be read by micro-plumberd (.NET) and py-micro-plumberd (Python).
//!
//! ```
//! use plumberd::prelude::*;
//!
//! #[derive(Event, Debug, Clone, PartialEq)]
//! pub struct AccountCredited {
//!     pub amount: Decimal,
//!     pub balance: Decimal,
//! }
//!
//! #[derive(Debug, Default)]
//! pub struct Account {
//!     balance: Decimal,
//! }
//!
//! #[aggregate(category = "Account")]
//! impl Account {
//!     #[event_sourcing_handler]
//!     fn on_credited(&mut self, event: &AccountCredited) {
//!         self.balance = event.balance;
//!     }
//! }
//!
//! #[derive(Debug, PartialEq, thiserror::Error)]
//! #[error("the amount must be above 0")]
//! pub struct NotPositive;
//!
//! impl Account {
//!     pub fn credit(&self, amount: Decimal) -> Result<AccountCredited, NotPositive> {
//!         if amount <= dec!(0) {
//!             return Err(NotPositive);
//!         }
//!         Ok(AccountCredited { amount, balance: self.balance + amount })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), plumberd::Report> {
//! let store = plumberd::connect("memory:").await?; // or "sqlite://bank.db"
//! let accounts = store.repository::<Account>();
//!
//! let id = Uuid::from_u128(1);
//! accounts.execute(id, |account| account.credit(dec!(100))).await?;
//!
//! assert_eq!(accounts.load(id).await?.balance, dec!(100));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go on
//!
//! * [Getting started](docs::getting_started), a tutorial.
//! * [`Event`](macro@Event), [`EventValue`](macro@EventValue), [`aggregate`](macro@aggregate): the
//!   macros and their attributes.
//! * [`Repository`](repository::Repository): commands, loads, snapshots, the cache.
//! * [`CommandBus`](command::CommandBus), [`command_handler`](macro@command_handler): commands from
//!   one program to another. [`Plumber`](micro_plumberd::Plumber): states, and events by convention.
//! * [`error`](mod@error): the kind of an error, its HTTP status, and a report for `main`.
//! * [`connect()`]: the stores and their URLs. [`EventStore`](store::EventStore): what every store
//!   promises.
//! * [The pages](docs), by what each answers: stores and their options, backup and restore,
//!   micro-plumberd's conventions, the command bus, testing, the wire format, speed.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `sqlite` | the SQLite store, bundled; needs a C compiler |
//! | `eventstoredb` | EventStoreDB and KurrentDB; brings gRPC and TLS |
//! | `eventstore-v1` | [the multi-tenant `eventstore.v1` gRPC store](docs::eventstore_v1) |
//! | `full` | every backend |
//!
//! Without features there is the memory store, and nothing opens a file or a socket.

#[doc(hidden)]
pub mod __private;

// Words: values, no I/O.
pub mod clock;
pub mod codec;
pub mod context;
pub mod error;
pub mod event;
pub mod json;
pub mod retry;
pub mod stream;
pub mod telemetry;
pub mod value;

// Ports: small object-safe traits.
pub mod store;
pub mod timer;

// Services: what applications use.
pub mod aggregate;
pub mod command;
pub mod micro_plumberd;
pub mod repository;
pub mod server_projection;
pub mod snapshot;

// Edges: one technology, one folder.
pub mod backend;
pub mod connect;

// Pages about the whole.
pub mod docs;

pub mod prelude;

pub use connect::{Store, connect};
pub use context::MessageContext;
pub use error::{ErrorKind, Report};
pub use event::Event;
pub use value::EventValue;

#[doc = include_str!("docs/aggregate.md")]
pub use plumberd_derive::aggregate;
#[doc = include_str!("docs/command_handler.md")]
pub use plumberd_derive::command_handler;
pub use plumberd_derive::event_sourcing_handler;

#[doc = include_str!("docs/derive_event.md")]
pub use plumberd_derive::Event;
#[doc = include_str!("docs/derive_event_value.md")]
pub use plumberd_derive::EventValue;

/// An error of any kind, as a source or from an application's own code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The README's code compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
