//! Keeps streams: the port between plumberd and a backend.

mod append;
mod append_safely;
mod error;
mod event_stream;
mod ext;
mod filter;
mod info;
mod limits;
mod read;
mod repeated;
mod server_projections;
mod shared;
mod stream_deleted;
mod subscription;
pub mod toolkit;

pub use append::AppendOutcome;
pub(crate) use append_safely::{Attempts, append_safely};
pub use error::{IdempotencyReason, StoreError};
pub use event_stream::{EventStream, Page};
pub use ext::EventStoreExt;
pub use filter::{Filter, TenantScope};
pub use info::{Location, StreamInfo};
pub use limits::Limits;
pub use read::{Direction, ReadFrom, ReadOptions};
pub(crate) use repeated::{Repeated, expect_repeated, repeated};
pub use server_projections::{
    ServerProjectionError, ServerProjectionState, ServerProjectionStatus, ServerProjections,
};
pub use stream_deleted::{Deletion, StreamDeleted};
pub use subscription::{SubscribeFrom, Subscription, SubscriptionMessage};
/// [`toolkit::follow`] and [`toolkit::rules`] under the paths they had first.
#[doc(no_inline)]
pub use toolkit::{follow, rules};

use crate::{
    event::NewEvent,
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// Keeps streams of events, each in the order it was written.
///
/// This trait is the contract between plumberd and a backend. It has no
/// default methods, so a wrapper cannot forget to forward one. Applications
/// rarely call it: they use a repository or a subscription. What they may want
/// besides is in [`EventStoreExt`].
///
/// # Contract
///
/// The semantics are EventStoreDB's, for every backend:
///
/// * **Append** is all or nothing. Revisions of a stream are consecutive and
///   start at [`Revision::FIRST`]; they go on after a soft delete.
/// * **Idempotence.** An event id is stored once in a tenant. A batch whose
///   ids are already stored, in this stream, consecutively and in this order,
///   is not written again: the outcome is the first one, with
///   [`AppendOutcome::is_already_applied`], whatever revision was expected and
///   whatever was appended since, and after a delete or a tombstone too. Any other batch with a stored id is refused
///   with [`StoreError::Idempotency`].
/// * **Global order.** Positions grow with every event. A reader of
///   everything, or of what a filter lets through, sees every committed event
///   exactly once, in an order that keeps each stream's, and never an event
///   before one that may still commit in front of it.
/// * **Streams end in four ways.** Truncation, `$maxCount`, `$maxAge` and soft
///   delete hide events from reads of the stream, at once; the global order
///   still has them. A soft-deleted stream is like one without events, and may
///   be written again. A tombstone is for ever.
/// * **Metadata** of the stream `s` is the last event of the stream `$$s`,
///   which is read and written as any other.
/// * **Tenants.** Each tenant's streams and event ids are its own; a handle
///   sees one tenant's, or those of none. A handle of no tenant may read all
///   tenants' events through [`Filter::of_every_tenant`].
/// * **A clone of a handle sees what every other clone wrote**, as soon as the
///   append has returned.
///
/// `plumberd_testkit::event_store_conformance!` checks every one of these
/// rules; the backends of this crate pass it, and so should yours.
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync + 'static {
    /// Appends `events` to `stream`, all or none.
    ///
    /// # Errors
    ///
    /// * [`StoreError::Conflict`] when the stream is not as `expected`.
    /// * [`StoreError::Idempotency`] when some ids are stored already, and not
    ///   as this batch.
    /// * [`StoreError::EmptyAppend`], [`StoreError::LimitExceeded`],
    ///   [`StoreError::InvalidStreamMetadata`] when the batch itself is wrong.
    /// * [`StoreError::StreamDeleted`] when the stream has a tombstone, and the
    ///   batch was not written before it.
    /// * [`StoreError::OutcomeUnknown`] when it may or may not have been
    ///   written; appending the same events again is safe and tells.
    ///
    /// After every other error nothing was written.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the events may or may not be written, never
    /// a part of them; appending the same events again is safe and tells.
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError>;

    /// Reads the events of `stream`, page by page as they are asked for.
    ///
    /// A stream without visible events, or one that never was, yields nothing,
    /// and so does a read that begins past the end.
    /// A read is not a snapshot: events appended meanwhile may appear at its
    /// end. A read that began goes on without a gap, or fails: when the events
    /// it would come to next were hidden meanwhile, a forward read yields
    /// [`StoreError::ChangedWhileRead`] rather than end or leave them out.
    ///
    /// The stream yields [`StoreError::StreamDeleted`] for a tombstoned stream,
    /// and ends after an error.
    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream;

    /// Reads the events of all streams that `filter` lets through, in the
    /// global order.
    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream;

    /// Follows `stream`: what is there after `from`, then what comes.
    ///
    /// See [`Subscription`] for what it yields. Links are resolved.
    ///
    /// It is in force when the future resolves: with [`SubscribeFrom::End`]
    /// nothing that is appended after that is missed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot begin, in particular
    /// [`StoreError::NotReached`] when the stream never had the revision that
    /// it is to begin after: a reader of a store that was restored since. A
    /// running one ends with it, where the store can notice.
    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError>;

    /// Follows all streams that `filter` lets through, in the global order.
    ///
    /// See [`Subscription`] for what it yields. Links are not resolved.
    ///
    /// It is in force when the future resolves: with [`SubscribeFrom::End`]
    /// nothing that is appended after that is missed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot begin, in particular
    /// [`StoreError::NotReached`] when the store ends before the position that
    /// it is to begin after: a reader of a store that was restored since. A
    /// running one ends with it, where the store can notice.
    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError>;

    /// What the store knows of `stream` without reading its events.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Backend`]. A stream that
    /// never was is not an error.
    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError>;

    /// Finds the event `id` in `stream`, whether or not it is still visible.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Backend`].
    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError>;

    /// Finds one of the events `ids` in `stream`, as [`EventStore::find_event`]
    /// does; which one it is where several are there, is for the store to say.
    ///
    /// By default each is looked for in turn. A store that reads events to find
    /// one looks for all of them at once.
    ///
    /// # Errors
    ///
    /// As of [`EventStore::find_event`].
    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        for id in ids {
            if let Some(found) = self.find_event(stream, *id).await? {
                return Ok(Some((*id, found)));
            }
        }
        Ok(None)
    }

    /// Soft-deletes `stream`: its events are hidden, and it may be written
    /// again, with revisions that go on. Deleting it twice is fine.
    ///
    /// Subscriptions tell it as [`StreamDeleted`]; so they do when the metadata
    /// of a stream truncate it. On EventStoreDB only those to everything do.
    ///
    /// # Errors
    ///
    /// * [`StoreError::Conflict`] when the stream is not as `expected`, and
    ///   when it never had an event.
    /// * [`StoreError::StreamDeleted`] when it has a tombstone.
    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError>;

    /// Deletes `stream` for ever: it can neither be read nor written again.
    ///
    /// The global order gains an event [`RecordedEvent::TOMBSTONE`] of the
    /// revision [`Revision::MAX`]. Subscriptions of it tell it as
    /// [`StreamDeleted`]; those of the stream end with the error of that name.
    ///
    /// [`RecordedEvent::TOMBSTONE`]: crate::event::RecordedEvent::TOMBSTONE
    ///
    /// # Errors
    ///
    /// * [`StoreError::Conflict`] when the stream is not as `expected`.
    /// * [`StoreError::StreamDeleted`] when it already has a tombstone.
    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError>;

    /// A handle to the streams of `tenant` in the same store.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] when the backend has no tenants, or this
    /// handle is already one tenant's.
    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError>;

    /// The largest event and batch the store takes.
    fn limits(&self) -> Limits;
}
