//! Backends: what keeps the events.

pub mod memory;
