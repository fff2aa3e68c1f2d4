use chrono::{TimeZone, Utc};
use plumberd::clock::{Clock, ManualClock};
use std::{future::Future, time::Duration};

/// How long a rule may take. Rules wait with patience of their own; this is
/// for a store that does not even answer.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs a rule on a runtime of several threads: rules about concurrency prove
/// nothing where only one thing happens at a time.
pub fn run(rule: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime can be started");
    runtime.block_on(async {
        let done = tokio::time::timeout(LIMIT, rule).await;
        assert!(
            done.is_ok(),
            "the rule did not come to an end within {LIMIT:?}"
        );
    });
    // A store's own tasks must not keep the test from ending.
    runtime.shutdown_background();
}

/// Makes a store with a clock that stands until `rule` moves it, and runs the
/// rule with both.
pub fn run_with_clock<S, F, R>(
    factory: impl FnOnce(Clock) -> F,
    rule: impl FnOnce(S, ManualClock) -> R,
) where
    F: Future<Output = S>,
    R: Future<Output = ()>,
{
    let start = Utc.timestamp_opt(1_750_000_000, 123_456_000);
    let (clock, hand) = Clock::manual(start.single().expect("a valid time"));
    run(async { rule(factory(clock).await, hand).await });
}
