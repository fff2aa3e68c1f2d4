//! What every backend of a port must do, as tests to be declared in one line.
//!
//! A port's contract is in its documentation; here is one public function for
//! each rule of it, and a macro that declares a test for each function. A
//! backend that passes can stand in for any other.
//!
//! # Examples
//!
//! A backend's whole conformance file:
//!
//! ```no_run
//! use plumberd::backend::memory::Memory;
//!
//! plumberd_testkit::event_store_conformance!(
//!     async { Memory::new() },
//!     clock: |clock| async { Memory::new().with_clock(clock) },
//! );
//! # fn main() {}
//! ```
//!
//! A rule is a function like others, and may be run by itself:
//!
//! ```
//! use plumberd::backend::memory::Memory;
//! use plumberd_testkit::conformance::event_store::append;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! append::revisions_start_at_zero_and_are_consecutive(Memory::new()).await;
//! # }
//! ```

pub mod event_store;
