//! Stores for tests: one that expects calls, one that fails on cue.
//!
//! * [`MockStore`] answers what it was told to and holds the code under test
//!   to the calls it was told to expect: for a test of *how* a store is used.
//! * [`Faulty`] is a real store that fails when the test says so: for a test
//!   of what happens when a store is not well.
//!
//! For everything else take the memory store; it is as quick as a mock and
//! cannot be told wrong.
//!
//! # Examples
//!
//! ```
//! use plumberd::{
//!     backend::memory::Memory,
//!     event::{NewEvent, new_event_id},
//!     store::{EventStore, StoreError},
//!     stream::{ExpectedRevision, StreamName},
//! };
//! use plumberd_testkit::mock::{Fault, Faulty};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), plumberd::Report> {
//! let store = Faulty::new(Memory::new());
//! let stream = StreamName::new("Account", 7)?;
//! let opened = vec![NewEvent::new(new_event_id(), "AccountOpened".parse()?, "{}")];
//!
//! store.next_append(Fault::TimeOutAfterCommit);
//! let first = store.append(&stream, ExpectedRevision::NoStream, opened.clone()).await;
//! assert!(matches!(first, Err(StoreError::OutcomeUnknown { .. })));
//!
//! let again = store.append(&stream, ExpectedRevision::NoStream, opened).await?;
//! assert!(again.is_already_applied());
//! # Ok(())
//! # }
//! ```

mod call;
mod expectation;
mod fault;
mod faulty;
mod report;
mod store;

pub use call::{Call, CallKind};
pub use expectation::{ExpectedAppend, ExpectedRead};
pub use fault::Fault;
pub use faulty::Faulty;
pub use store::MockStore;
