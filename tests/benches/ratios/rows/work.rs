//! What is done on a side, in preparations of a bounded size.

use super::side::{Contend, Project, Side, Spread};
use std::hint::black_box;
use uuid::Uuid;

/// Something that is done on a side `S` after a preparation.
pub(crate) trait Work<S> {
    /// What a preparation leaves to the work.
    type Prepared;

    /// How many operations one preparation is good for.
    fn operations(&self) -> usize;

    /// Fills the side; not measured.
    async fn prepare(&self, side: &S) -> Self::Prepared;

    /// Carries out the operations; this is measured.
    async fn run(&self, side: &S, prepared: Self::Prepared);
}

/// An id that no other account has.
fn account(number: usize) -> Uuid {
    // Spread as made ids are: a table of them sees no order.
    let number = u128::try_from(number).expect("a number");
    Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

fn length(events: usize) -> u64 {
    u64::try_from(events).expect("a length")
}

/// Commands on accounts that have some events already.
pub(crate) struct Commands {
    prior: usize,
    accounts: usize,
    /// Commands on each of them, so few that it stays about as long as it was.
    each: usize,
}

impl Commands {
    /// At most 20,000 events are prepared.
    pub(crate) fn after(prior: usize) -> Self {
        Self {
            prior,
            accounts: (20_000 / prior.max(1)).min(500),
            each: (prior / 50).max(1),
        }
    }
}

impl<S: Side> Work<S> for Commands {
    type Prepared = Vec<Uuid>;

    fn operations(&self) -> usize {
        self.accounts * self.each
    }

    async fn prepare(&self, side: &S) -> Vec<Uuid> {
        let accounts: Vec<Uuid> = (1..=self.accounts).map(account).collect();
        for id in &accounts {
            if self.prior > 1 {
                side.append(*id, 0, self.prior - 1).await;
            }
            // The last of them by a command, which fills a cache where there is one.
            if self.prior > 0 {
                side.command(*id).await;
            }
        }
        accounts
    }

    async fn run(&self, side: &S, accounts: Vec<Uuid>) {
        for _ in 0..self.each {
            for id in &accounts {
                side.command(*id).await;
            }
        }
    }
}

/// Appends of one size to one stream.
pub(crate) struct Appends {
    size: usize,
    times: usize,
}

impl Appends {
    /// At most 5,000 events are appended.
    pub(crate) fn of(size: usize) -> Self {
        Self {
            size,
            times: (5_000 / size).min(500),
        }
    }
}

impl<S: Side> Work<S> for Appends {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.times
    }

    async fn prepare(&self, _: &S) {}

    async fn run(&self, side: &S, (): ()) {
        for time in 0..self.times {
            let prior = length(time * self.size);
            side.append(account(1), prior, self.size).await;
        }
    }
}

/// Appends of one event by several tasks, each to a stream of its own.
pub(crate) struct Spreads {
    pub(crate) tasks: usize,
}

impl Spreads {
    const EACH: usize = 40;
}

impl<S: Spread> Work<S> for Spreads {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.tasks * Self::EACH
    }

    async fn prepare(&self, _: &S) {}

    async fn run(&self, side: &S, (): ()) {
        side.spread(self.tasks, Self::EACH).await;
    }
}

/// Commands of several tasks on one account, which has no event at first.
pub(crate) struct Contended {
    pub(crate) tasks: usize,
}

impl Contended {
    const EACH: usize = 25;
}

impl<S: Contend> Work<S> for Contended {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.tasks * Self::EACH
    }

    async fn prepare(&self, _: &S) {}

    async fn run(&self, side: &S, (): ()) {
        side.contend(account(1), self.tasks, Self::EACH).await;
    }
}

/// A load of one long stream, counted in events.
pub(crate) struct Loads {
    pub(crate) events: usize,
}

impl<S: Side> Work<S> for Loads {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.events
    }

    async fn prepare(&self, side: &S) {
        fill(side, account(1), self.events).await;
    }

    async fn run(&self, side: &S, (): ()) {
        black_box(side.load(account(1)).await);
    }
}

async fn fill(side: &impl Side, id: Uuid, events: usize) {
    const BATCH: usize = 1_000;
    for prior in (0..events).step_by(BATCH) {
        side.append(id, length(prior), BATCH).await;
    }
}

/// A fold of everything in the global order, counted in events: 100 streams,
/// written in turn.
pub(crate) struct Projections {
    pub(crate) events: usize,
}

impl<S: Project> Work<S> for Projections {
    type Prepared = ();

    fn operations(&self) -> usize {
        self.events
    }

    async fn prepare(&self, side: &S) {
        const STREAMS: usize = 100;
        const BATCH: usize = 10;
        for prior in (0..self.events / STREAMS).step_by(BATCH) {
            for stream in 1..=STREAMS {
                side.append(account(stream), length(prior), BATCH).await;
            }
        }
    }

    async fn run(&self, side: &S, (): ()) {
        let sum = side.project().await;
        let events = i64::try_from(self.events).expect("a number");
        assert_eq!(sum, events * 100, "an event was not seen");
    }
}
