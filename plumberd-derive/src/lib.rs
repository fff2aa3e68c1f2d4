//! The macros of plumberd; use them through that crate, where their
//! documentation is.

#[expect(dead_code, unused_imports, reason = "the macros that use it follow")]
mod support;
