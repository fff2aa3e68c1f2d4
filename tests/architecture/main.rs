//! The shape of the source tree, as rules that fail.
//!
//! Every rule is a function over text that gives back what breaks it, shown on
//! made-up text to be able to fail, and then asked about the real tree.

mod backends;
mod errors;
mod features;
mod files;
mod layers;
mod pages;
mod promises;
mod source;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with one line for each thing that breaks a rule.
#[track_caller]
fn assert_kept(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
