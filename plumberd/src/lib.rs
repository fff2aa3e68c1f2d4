//! An event-sourcing SDK: annotate structs, decide, append, follow.

// Words: values, no I/O.
pub mod aggregate;
pub mod clock;
pub mod codec;
pub mod context;
pub mod event;
pub mod stream;

// Ports: small object-safe traits.
pub mod store;

// Edges: one technology, one folder.
pub mod backend;

pub use context::MessageContext;

/// An error of any kind, as a source or from an application's own code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
