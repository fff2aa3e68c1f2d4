//! Tests for what you build with plumberd.

pub mod conformance;
pub mod mock;
