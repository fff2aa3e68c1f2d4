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
//! # #[cfg(test)] mod tests { use super::*;
//! plumberd_testkit::laws!(Account, history: account_history());
//! # }
//! # laws::Laws::new(account_history()).cases(64).every_handler_is_reached();
//! ```
//!
//! The state is compared with `PartialEq` and shown with `Debug`: two texts
//! of one hash map may differ, and two bytes of it too, so neither would do.

mod declared;
mod history;
mod rule;

#[doc(hidden)]
pub use declared::{Histories, Law, check};
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
    // Options are collected one by one, each in brackets of its own:
    // [aggregate] [history] [snapshot] [recorded] [cases].
    (@of $a:tt [] $s:tt $r:tt $c:tt history: $history:expr, $($rest:tt)*) => {
        $crate::laws!(@of $a [$history] $s $r $c $($rest)*);
    };
    (@of $a:tt $h:tt [] $r:tt $c:tt snapshot, $($rest:tt)*) => {
        $crate::laws!(@of $a $h [snapshot] $r $c $($rest)*);
    };
    (@of $a:tt $h:tt $s:tt [] $c:tt recorded: $recorded:expr, $($rest:tt)*) => {
        $crate::laws!(@of $a $h $s [$recorded] $c $($rest)*);
    };
    (@of $a:tt $h:tt $s:tt $r:tt [] cases: $cases:expr, $($rest:tt)*) => {
        $crate::laws!(@of $a $h $s $r [$cases] $($rest)*);
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt , $($rest:tt)*) => {
        $crate::laws!(@of $a $h $s $r $c $($rest)*);
    };
    (@of $a:tt [] $s:tt $r:tt $c:tt) => {
        ::core::compile_error!(
            "`laws!` needs a strategy of histories: `laws!(Account, history: account_history())`"
        );
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt) => {
        $crate::laws!(@tests $a $h $s $r $c);
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt snapshot : $($rest:tt)*) => {
        ::core::compile_error!("`snapshot` has no value: `laws!(Account, history: …, snapshot)`");
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt $name:ident : $($rest:tt)*) => {
        $crate::laws!(@wrong $name);
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt $name:ident, $($rest:tt)*) => {
        $crate::laws!(@wrong $name);
    };
    // The first one may stand without its name.
    (@of $a:tt [] [] [] [] $history:expr, $($rest:tt)*) => {
        $crate::laws!(@of $a [$history] [] [] [] $($rest)*);
    };
    (@of $a:tt $h:tt $s:tt $r:tt $c:tt $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`laws!` does not understand `", ::core::stringify!($($rest)*), "`; its options are \
             `history: …`, `snapshot`, `recorded: […]` and `cases: …`"
        ));
    };
    (@wrong $name:ident) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($name), "` is no option of `laws!`, or stands there twice; \
             its options are `history: …`, `snapshot`, `recorded: […]` and `cases: …`"
        ));
    };

    (@tests [$aggregate:ty] [$history:expr] [$($snapshot:ident)?] [$($recorded:expr)?]
        [$($cases:expr)?]) => {
        // Once each, so that a mistake in it is reported once.
        fn __histories() -> impl $crate::laws::Histories<$aggregate> {
            $history
        }

        #[track_caller]
        fn __check(law: $crate::laws::Law) {
            let laws = $crate::laws::Laws::<$aggregate, _>::new(__histories());
            let laws = laws.file(::core::file!())$(.cases($cases))?;
            $crate::laws::check(&laws, law);
        }

        #[::core::prelude::v1::test]
        fn replay_equals_raise() {
            __check($crate::laws::Law::ReplayEqualsRaise);
        }

        #[::core::prelude::v1::test]
        fn replay_is_deterministic() {
            __check($crate::laws::Law::ReplayIsDeterministic);
        }

        #[::core::prelude::v1::test]
        fn events_survive_their_stored_form() {
            __check($crate::laws::Law::EventsSurviveTheirStoredForm);
        }

        #[::core::prelude::v1::test]
        fn every_handler_is_reached() {
            __check($crate::laws::Law::EveryHandlerIsReached);
        }

        $crate::laws!(@snapshot [$aggregate] [$($cases)?] $($snapshot)?);

        $(
            #[::core::prelude::v1::test]
            fn old_revisions_are_read() {
                $crate::laws::old_revisions_are_read::<$aggregate>(&$recorded);
            }
        )?
    };
    (@snapshot [$aggregate:ty] [$($cases:expr)?] snapshot) => {
        #[::core::prelude::v1::test]
        fn snapshot_plus_tail_equals_replay() {
            let laws = $crate::laws::Laws::<$aggregate, _>::new(__histories());
            let laws = laws.file(::core::file!())$(.cases($cases))?;
            laws.snapshot_plus_tail_equals_replay();
        }
    };
    (@snapshot [$aggregate:ty] [$($cases:expr)?]) => {};

    ($aggregate:ty, $($options:tt)*) => {
        $crate::laws!(@of [$aggregate] [] [] [] [] $($options)*,);
    };
    ($aggregate:ty) => {
        $crate::laws!(@of [$aggregate] [] [] [] []);
    };
}
