//! What a store is told to forget by and by.

use crate::{
    store::{EventStore, EventStoreExt, StoreError},
    stream::{ExpectedRevision, StreamMetadata, StreamName},
};
use std::{sync::Arc, time::Duration};

/// How long the streams of a session keep what is in them.
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Sets `$maxAge` on a stream of a session, unless its metadata are set.
pub(super) async fn keep_for_a_month(
    store: &Arc<dyn EventStore>,
    stream: &StreamName,
) -> Result<(), StoreError> {
    let month = StreamMetadata {
        max_age: Some(MONTH),
        ..StreamMetadata::default()
    };
    unless_set(store, stream, &month).await
}

/// Sets a stream's metadata, unless they are set. A store that has none keeps
/// everything: that is no reason not to use it.
pub(super) async fn unless_set(
    store: &Arc<dyn EventStore>,
    stream: &StreamName,
    metadata: &StreamMetadata,
) -> Result<(), StoreError> {
    let set = store
        .set_stream_metadata(stream, ExpectedRevision::NoStream, metadata)
        .await;
    match set {
        Ok(_) | Err(StoreError::Conflict { .. } | StoreError::Unsupported { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
