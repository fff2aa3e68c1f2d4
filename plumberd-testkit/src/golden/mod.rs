//! What was ever stored can be read for ever.
//!
//! A golden file is an event as one version of a program stored it. The files
//! stay in the repository of the program, and a test reads all of them:
//!
//! ```no_run
//! # // Writes into the working directory with `UPDATE=1`; run in `tests/kit`.
//! use plumberd_testkit::{golden, sample::*};
//!
//! # mod tests { use super::*;
//! #[test]
//! fn what_accounts_stored_can_be_read() {
//!     golden::<Account>("tests/golden")
//!         .events((
//!             AccountOpened { owner: "Joe".into() },
//!             AccountCredited { amount: 40, balance: 40 },
//!             AccountDebited { amount: 40, balance: 0 },
//!             AccountClosed,
//!         ))
//!         .check();
//! }
//! # }
//! ```
//!
//! The first run with `UPDATE=1` writes `tests/golden/Account/AccountOpened.1.json`
//! and its sisters: stored name, revision, content type, the shape of the
//! data, the data. From then on the test fails when
//!
//! * a file cannot be decoded, by upcasters where its revision is an old one,
//!   or cannot be applied after the events before it in the list;
//! * the shape is not the recorded one and the revision is: it says which
//!   field was added, removed or changed;
//! * a current event is written in another form than it was recorded, or an
//!   upcaster makes something else of an old one than it did
//!   (`AccountCredited.1.to-2.json`);
//! * a stored name has a file and no handler any more: it was renamed, or
//!   deleted;
//! * an event has no file for its revision.
//!
//! `UPDATE=1` only ever adds files. A field that was added so that recorded
//! events still decode (an `Option`, a default) is recorded beside what there
//! was, as `AccountCredited.1.2.json`; any other change of shape needs a new
//! revision and an upcaster. A file of something that was never released may
//! be deleted by hand.

mod check;
mod file;
mod shape;

use crate::stored;
use check::Check;
use plumberd::{
    aggregate::{Aggregate, IntoEvents, Raise},
    event::{NewEvent, RecordedEvent},
};
use std::{marker::PhantomData, path::PathBuf};
use uuid::Uuid;

/// The golden files of the aggregate `A`, in a folder of its category's name
/// inside `folder`. Tests run in the folder of their package, so a relative
/// path begins there.
pub fn golden<A: Aggregate>(folder: impl Into<PathBuf>) -> Golden<A> {
    Golden {
        folder: folder.into().join(A::CATEGORY),
        update: std::env::var_os("UPDATE").is_some_and(|value| value == "1"),
        examples: Vec::new(),
        aggregate: PhantomData,
    }
}

/// Golden files, and an example of every event that is stored today.
#[derive(Debug)]
#[must_use = "nothing is checked until `check`"]
pub struct Golden<A> {
    folder: PathBuf,
    update: bool,
    examples: Vec<RecordedEvent>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate> Golden<A> {
    /// Examples of the events, in an order in which they could have happened:
    /// one of each stored name.
    ///
    /// # Panics
    ///
    /// When one cannot be encoded, or a name comes twice.
    #[track_caller]
    pub fn events(mut self, events: impl IntoEvents<A>) -> Self {
        if let Err(message) = self.add(events) {
            panic!("{message}");
        }
        self
    }

    fn add(&mut self, events: impl IntoEvents<A>) -> Result<(), String> {
        let mut encoded: Vec<NewEvent> = Vec::new();
        let context = stored::still_context();
        events
            .raise(&mut Raise::encoding(&mut encoded, &context, Uuid::nil()))
            .map_err(|error| stored::report(&error))?;
        let stream = stored::stream_of::<A>().map_err(|error| stored::report(&error))?;
        for event in &encoded {
            let mut known = self.examples.iter();
            if known.any(|example| example.event_type == *event.event_type()) {
                return Err(format!("two examples of `{}`", event.event_type()));
            }
            let number = self.examples.len();
            self.examples.push(stored::record(&stream, number, event));
        }
        Ok(())
    }

    /// Whether to write what is missing, whatever `UPDATE` says.
    pub fn update(mut self, update: bool) -> Self {
        self.update = update;
        self
    }

    /// Checks all of it, and writes what is missing where that is asked for.
    ///
    /// # Panics
    ///
    /// With everything that is wrong, and what to do about each.
    #[track_caller]
    pub fn check(self) {
        let check = Check::<A>::new(&self.folder, self.update, &self.examples);
        let problems = check.problems();
        assert!(
            problems.is_empty(),
            "golden files of `{}` in {}:\n\n* {}",
            A::CATEGORY,
            self.folder.display(),
            problems.join("\n* ")
        );
    }
}
