//! What must hold for every history of an aggregate.
//!
//! [`laws!`](crate::laws!) declares one test a law, and proptest looks for a
//! history that breaks it. A strategy of histories is short to write: steps,
//! and what to decide in each.
//!
//! ```
//! use plumberd_testkit::{
//!     laws::{self, History},
//!     proptest::prelude::*,
//!     sample::Account,
//! };
//!
//! #[derive(Debug, Clone)]
//! enum Step { Open, Credit(u64), Debit(u64), Close }
//!
//! fn account_history() -> impl Strategy<Value = History<Account>> {
//!     let step = prop_oneof![
//!         Just(Step::Open),
//!         (1..100_u64).prop_map(Step::Credit),
//!         (1..100_u64).prop_map(Step::Debit),
//!         Just(Step::Close),
//!     ];
//!     laws::history(step, |history, step| match step {
//!         Step::Open => history.decide(|account: &Account| account.open("Joe")),
//!         Step::Credit(amount) => history.decide(|account| account.credit(amount)),
//!         Step::Debit(amount) => history.decide(|account| account.debit(amount)),
//!         Step::Close => history.decide(Account::close),
//!     })
//! }
//!
//! # mod tests { use super::*;
//! plumberd_testkit::laws!(Account, history: account_history());
//! # }
//! # laws::Laws::new(account_history()).cases(64).every_handler_is_reached();
//! ```
//!
//! The state is compared with `PartialEq` and shown with `Debug`: two texts
//! of one hash map may differ, and two bytes of it too, so neither would do.

mod history;
mod rule;

pub use history::{History, history};
pub use rule::{Laws, old_revisions_are_read};

/// Declares one `#[test]` for each law of an aggregate.
///
/// ```text
/// laws!(Account, history: account_history());
/// laws!(Account, history: account_history(),
///     snapshot,                                          // `Account: EventValue`
///     recorded: [("AccountCredited", 1, r#"{"Sum":5}"#)],  // one of every old revision
///     cases: 1000,                                       // instead of 256
/// );
/// ```
///
/// | test | law |
/// |---|---|
/// | `replay_equals_raise` | folding what was stored gives the state that raising it gave |
/// | `replay_is_deterministic` | folding it twice gives the same state |
/// | `events_survive_their_stored_form` | an event comes out of the store as it went in |
/// | `every_handler_is_reached` | the histories have an event for every handler, or the other laws prove little |
/// | `snapshot_plus_tail_equals_replay` | with `snapshot`: going on from a snapshot, taken after any event, gives the same state |
/// | `old_revisions_are_read` | with `recorded`: every old revision is carried over by its upcasters |
///
/// Options come in the order shown. The tests have fixed names: use the macro
/// once a module. The histories come from a strategy of [`History`]; see
/// [`history`]. The aggregate is `PartialEq + Debug`.
#[macro_export]
macro_rules! laws {
    ($aggregate:ty, history: $history:expr, snapshot
        $(, recorded: $recorded:expr)? $(, cases: $cases:expr)? $(,)?) => {
        $crate::laws!($aggregate, history: $history
            $(, recorded: $recorded)? $(, cases: $cases)?);

        #[test]
        fn snapshot_plus_tail_equals_replay() {
            $crate::laws::Laws::<$aggregate, _>::new($history)
                .file(file!())$(.cases($cases))?
                .snapshot_plus_tail_equals_replay();
        }
    };
    ($aggregate:ty, history: $history:expr
        $(, recorded: $recorded:expr)? $(, cases: $cases:expr)? $(,)?) => {
        #[test]
        fn replay_equals_raise() {
            $crate::laws::Laws::<$aggregate, _>::new($history)
                .file(file!())$(.cases($cases))?
                .replay_equals_raise();
        }

        #[test]
        fn replay_is_deterministic() {
            $crate::laws::Laws::<$aggregate, _>::new($history)
                .file(file!())$(.cases($cases))?
                .replay_is_deterministic();
        }

        #[test]
        fn events_survive_their_stored_form() {
            $crate::laws::Laws::<$aggregate, _>::new($history)
                .file(file!())$(.cases($cases))?
                .events_survive_their_stored_form();
        }

        #[test]
        fn every_handler_is_reached() {
            $crate::laws::Laws::<$aggregate, _>::new($history)
                .file(file!())$(.cases($cases))?
                .every_handler_is_reached();
        }

        $(
            #[test]
            fn old_revisions_are_read() {
                $crate::laws::old_revisions_are_read::<$aggregate>(&$recorded);
            }
        )?
    };
    ($aggregate:ty, $history:expr $(,)?) => {
        $crate::laws!($aggregate, history: $history);
    };
}
