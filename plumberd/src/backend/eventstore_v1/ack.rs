use super::Checkpoints;
use crate::{
    event::RecordedEvent,
    store::{EventStore, Filter, StoreError, SubscribeFrom, Subscription, SubscriptionMessage},
    stream::Position,
};
use std::sync::Arc;

/// A subscription that remembers what was acknowledged, and goes on after it
/// when it is opened again.
///
/// The server keeps no such thing, so it is kept in [`Checkpoints`]. What was
/// yielded and not acknowledged comes again: handlers must bear to see an
/// event twice.
///
/// # Examples
///
/// ```
/// use plumberd::{
///     backend::{eventstore_v1::{Acked, MemoryCheckpoints}, memory::Memory},
///     event::{NewEvent, new_event_id},
///     store::{EventStore, Filter},
///     stream::ExpectedRevision,
/// };
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let (store, checkpoints) = (Memory::new(), Arc::new(MemoryCheckpoints::new()));
/// for _ in 0..2 {
///     let placed = NewEvent::new(new_event_id(), "OrderPlaced".parse()?, "{}");
///     store.append(&"Order-1".parse()?, ExpectedRevision::Any, vec![placed]).await?;
/// }
///
/// let mut orders = Acked::open(&store, checkpoints.clone(), "orders", Filter::new()).await?;
/// let first = orders.next_event().await?.ok_or("it does not end")?;
/// orders.ack(first.position).await?;
///
/// let mut again = Acked::open(&store, checkpoints, "orders", Filter::new()).await?;
/// let second = again.next_event().await?.ok_or("it does not end")?;
/// assert!(second.position > first.position);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Acked {
    subscription: Subscription,
    checkpoints: Arc<dyn Checkpoints>,
    name: String,
    last: Option<Position>,
}

impl Acked {
    /// Follows what `filter` lets through, after what the reader `name` has
    /// acknowledged; from the first event when it never did.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the checkpoints, or when the subscription cannot
    /// begin.
    pub async fn open(
        store: &(impl EventStore + ?Sized),
        checkpoints: Arc<dyn Checkpoints>,
        name: impl Into<String>,
        filter: Filter,
    ) -> Result<Self, StoreError> {
        let name = name.into();
        let acked = checkpoints.load(&name).await?;
        let from = acked.map_or(SubscribeFrom::Start, SubscribeFrom::After);
        Ok(Self {
            subscription: store.subscribe_all(from, filter).await?,
            checkpoints,
            name,
            last: acked,
        })
    }

    /// The next message; see [`Subscription::next_message`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot go on.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub async fn next_message(&mut self) -> Result<Option<SubscriptionMessage>, StoreError> {
        self.subscription.next_message().await
    }

    /// The next event; see [`Subscription::next_event`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot go on.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Result<Option<RecordedEvent>, StoreError> {
        self.subscription.next_event().await
    }

    /// Keeps that everything up to `position` has been handled. A position
    /// before one that was acknowledged already, here or by another reader of
    /// this name, changes nothing.
    ///
    /// It is taken on trust: of a position that was not yielded yet, everything
    /// before it is passed over when the reader is opened again.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the checkpoints; then the position is not
    /// acknowledged.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the position may or may not be kept.
    pub async fn ack(&mut self, position: Position) -> Result<(), StoreError> {
        if self.last.is_some_and(|last| last >= position) {
            return Ok(());
        }
        self.checkpoints.save(&self.name, position).await?;
        self.last = Some(position);
        Ok(())
    }

    /// The last position that was acknowledged.
    pub const fn acked(&self) -> Option<Position> {
        self.last
    }
}
