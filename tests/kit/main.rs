//! The kit is a thing that is tested too: what it accepts, and that it fails
//! where it should, with a message that helps.

mod domain;
mod fixture;
mod forms;
mod golden;
mod laws;

use std::panic::{UnwindSafe, catch_unwind};

/// What a scenario that must fail says.
fn failure(scenario: impl FnOnce() + UnwindSafe) -> String {
    let payload = catch_unwind(scenario).expect_err("this must fail, and did not");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

/// Asserts that every one of `parts` is in `message`.
#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in:\n{message}");
    }
}
