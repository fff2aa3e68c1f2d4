//! An event-sourcing SDK: annotate structs, decide, append, follow.

#[doc(hidden)]
pub mod __private;

// Words: values, no I/O.
pub mod aggregate;
pub mod clock;
pub mod codec;
pub mod context;
pub mod event;
pub mod retry;
pub mod stream;
pub mod telemetry;

// Ports: small object-safe traits.
pub mod store;

// Services: what applications use.
pub mod repository;
pub mod snapshot;

pub use context::MessageContext;
pub use event::{Event, EventValue};

#[doc = include_str!("docs/aggregate.md")]
pub use plumberd_derive::aggregate;
pub use plumberd_derive::{command_handler, event_sourcing_handler};

#[doc = include_str!("docs/derive_event.md")]
pub use plumberd_derive::Event;
#[doc = include_str!("docs/derive_event_value.md")]
pub use plumberd_derive::EventValue;

/// An error of any kind, as a source or from an application's own code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
