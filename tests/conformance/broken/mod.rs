//! A suite that cannot fail proves nothing: each rule is shown a store that
//! breaks it, and must say so.
//!
//! Time is paused here, so a rule that waits in vain gives up at once.

mod append;
mod delete;
mod expected;
mod flaw;
mod follow_on;
mod global_order;
mod idempotency;
mod info;
mod link;
mod read;
mod record;
mod store;
mod stream_deleted;
mod stress;
mod subscribe_all;
mod subscribe_stream;
mod tenant;
mod truncation;

use plumberd_testkit::conformance::event_store::RULES;
use std::collections::HashSet;

/// Declares a test for each broken store: the rule it breaks, what the rule
/// takes, and what it must say. Also lists the rules, for the test below.
macro_rules! caught {
    ($module:ident: $($rule:ident($($argument:expr),*) says $said:literal;)*) => {
        $(
            #[tokio::test(start_paused = true)]
            #[should_panic(expected = $said)]
            async fn $rule() {
                plumberd_testkit::conformance::event_store::$module::$rule($($argument),*).await;
            }
        )*

        pub(super) const CAUGHT: &[&str] = &[$(stringify!($rule)),*];
    };
}
use caught;

#[test]
fn every_rule_is_shown_a_store_that_breaks_it() {
    let shown: HashSet<&str> = [
        append::CAUGHT,
        delete::CAUGHT,
        expected::CAUGHT,
        follow_on::CAUGHT,
        global_order::CAUGHT,
        idempotency::CAUGHT,
        info::CAUGHT,
        link::CAUGHT,
        read::CAUGHT,
        record::CAUGHT,
        stream_deleted::CAUGHT,
        stress::CAUGHT,
        subscribe_all::CAUGHT,
        subscribe_stream::CAUGHT,
        tenant::CAUGHT,
        truncation::CAUGHT,
    ]
    .concat()
    .into_iter()
    .collect();

    let missing: Vec<_> = RULES
        .iter()
        .filter(|rule| !shown.contains(rule.name))
        .map(|rule| format!("{}::{}", rule.module, rule.name))
        .collect();

    assert!(missing.is_empty(), "never shown to fail: {missing:#?}");
    assert_eq!(shown.len(), RULES.len());
}
