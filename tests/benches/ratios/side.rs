use std::future::Future;
use uuid::Uuid;

/// One of the two that are compared. All are on the same streams of accounts.
pub(crate) trait Side: Send + Sync + 'static {
    /// Appends `count` credits to the account, which has `prior` events, in
    /// one append that expects just that.
    fn append(&self, id: Uuid, prior: u64, count: usize) -> impl Future<Output = ()> + Send;

    /// Loads the account, decides on one credit, and appends it.
    fn command(&self, id: Uuid) -> impl Future<Output = ()> + Send;

    /// Loads the account, and gives back its balance.
    fn load(&self, id: Uuid) -> impl Future<Output = i64> + Send;
}
