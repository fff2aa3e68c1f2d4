//! An event-sourcing SDK: annotate structs, decide, append, follow.

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

/// An error of any kind, as a source or from an application's own code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
