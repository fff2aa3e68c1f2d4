use uuid::Uuid;

/// One of the two that are compared. All are on the same streams of accounts.
pub(crate) trait Side {
    /// Appends `count` credits to the account, which has `prior` events, in
    /// one append that expects just that.
    async fn append(&self, id: Uuid, prior: u64, count: usize);

    /// Loads the account, decides on one credit, and appends it.
    async fn command(&self, id: Uuid);

    /// Loads the account, and gives back its balance.
    async fn load(&self, id: Uuid) -> i64;
}

/// A side on which several tasks write at once, each to a stream of its own.
pub(crate) trait Spread: Side {
    /// Appends one event `each` times for every task.
    async fn spread(&self, tasks: usize, each: usize);
}

/// A side on which several tasks command one aggregate at once.
pub(crate) trait Contend: Side {
    /// Carries out `each` commands of every task.
    async fn contend(&self, id: Uuid, tasks: usize, each: usize);
}

/// A side that can be read in its global order.
pub(crate) trait Project: Side {
    /// Decodes every event, and gives back the sum of their amounts.
    async fn project(&self) -> i64;
}
