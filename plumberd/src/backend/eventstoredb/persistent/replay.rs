//! Parked events, once more.

use super::{PersistentError, PersistentSubscriptions, Source, error::Group};
use eventstore::{Client, ReadStreamOptions, ReplayParkedMessagesOptions};

impl PersistentSubscriptions {
    /// Sends the parked events again, the oldest first: all that are parked
    /// now, or no more than `limit` of them.
    ///
    /// With a limit the user must be let read the stream where the group's
    /// parked events are, which a server lets only administrators by default.
    ///
    /// # Errors
    ///
    /// [`PersistentError::DoesNotExist`], and what every call can.
    pub async fn replay_parked(
        &self,
        source: &Source,
        group: &str,
        limit: Option<usize>,
    ) -> Result<(), PersistentError> {
        let group = Group::new(source, group)?;
        let reading = authenticated!(self, ReadStreamOptions::default().max_count(1));
        let options = authenticated!(self, ReplayParkedMessagesOptions::default());
        let parked = group.stream_of("parked");
        let Group { source, name } = group.clone();
        self.call(move |client| async move {
            let options = match limit {
                Some(limit) => {
                    let first = first_revision(&client, parked, &reading).await?;
                    options.stop_at(revision_after(first, limit))
                }
                None => options,
            };
            match source {
                Source::Stream(stream) => {
                    let stream = stream.to_string();
                    client.replay_parked_messages(stream, name, &options).await
                }
                Source::All => client.replay_parked_messages_to_all(name, &options).await,
            }
        })
        .await
        .map_err(|error| group.error(error))
    }
}

/// The oldest revision that a stream shows.
async fn first_revision(
    client: &Client,
    stream: String,
    options: &ReadStreamOptions,
) -> eventstore::Result<u64> {
    let read = async { client.read_stream(stream, options).await?.next().await };
    match read.await {
        Ok(Some(event)) => Ok(event.get_original_event().revision),
        Ok(None) | Err(eventstore::Error::ResourceNotFound) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Where the server is to stop, which has no numbers of more than 63 bits, so
/// that it sends `limit` events from `first` on.
fn revision_after(first: u64, limit: usize) -> usize {
    const LAST: u64 = i64::MAX.unsigned_abs();

    let limit = u64::try_from(limit).unwrap_or(LAST);
    usize::try_from(first.saturating_add(limit).min(LAST)).unwrap_or(usize::MAX)
}
