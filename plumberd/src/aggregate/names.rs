use crate::stream::{InvalidStreamName, StreamName};
use std::fmt;

/// What the streams of an aggregate and the events of its snapshots are
/// called, where it is not as [`Aggregate`](super::Aggregate) says.
pub(crate) trait AggregateNames: fmt::Debug + Send + Sync {
    /// The stream of the aggregate of this id.
    fn stream(&self, id: &str) -> Result<StreamName, InvalidStreamName>;

    /// The snapshots of the aggregate that lives in `stream`; `None` when it
    /// can have none.
    fn snapshot_stream(&self, stream: &StreamName) -> Option<StreamName>;

    /// What a snapshot is stored as.
    fn snapshot_event(&self) -> &str;
}
