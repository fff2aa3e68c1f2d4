use super::{InvalidProjection, JoinProjection, LookupProjection, ProjectionQuery, query_hash};
use crate::{
    codec::CodecError,
    error::ErrorKind,
    event::EventType,
    retry::{Backoff, RetryPolicy},
    store::{
        EventStoreExt, ServerProjectionError, ServerProjectionState, ServerProjections, StoreError,
    },
    stream::{ExpectedRevision, InvalidStreamName, StreamMetadata, StreamName},
    timer::sleep,
};
use async_trait::async_trait;
use std::time::Duration;

/// The key of the output stream's metadata that holds the hash of the text
/// which the server runs.
const HASH: &str = "mp_query_hash";

/// The key that says, while a text is being replaced, by which.
const COMING: &str = "mp_query_update";

/// How often an update is tried, and how often a race with others is run.
const ATTEMPTS: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(9)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(1));

/// Brings a server to run the projections of micro-plumberd.
///
/// For every [`ServerProjections`]. Several processes may do it at once, and
/// with different texts: the one that ends last wins, and the hash that is
/// stored is that of the text the server runs.
///
/// That is not so in one case: two processes bring different texts at once, one
/// of them is done, and the other dies, or is given up, just after it has
/// replaced the text all the same. The hash then is of the text that was
/// replaced, and to ensure that text finds it [`Unchanged`](Ensured::Unchanged).
/// To ensure any other text sets it right.
#[async_trait]
pub trait EnsureProjections: ServerProjections {
    /// Joins the events of these types in `output`, as links.
    ///
    /// Does nothing when the server runs this projection already; the order of
    /// the types counts. One that was stopped, or failed, is let run again.
    ///
    /// # Errors
    ///
    /// [`EnsureError`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the projection may be there or not, or
    /// stand still; doing it again ends it.
    async fn ensure_join(
        &self,
        output: &StreamName,
        event_types: &[EventType],
    ) -> Result<Ensured, EnsureError> {
        let join = JoinProjection::new(output.clone(), event_types.iter().cloned())?;
        self.ensure(&ProjectionQuery::Join(join)).await
    }

    /// Sorts the events of `category` by `property` into streams
    /// `{output}-{value}`, as links.
    ///
    /// # Errors
    ///
    /// [`EnsureError`].
    ///
    /// # Cancel safety
    ///
    /// As [`EnsureProjections::ensure_join`].
    async fn ensure_lookup(
        &self,
        category: &str,
        property: &str,
        output: &str,
    ) -> Result<Ensured, EnsureError> {
        let lookup = LookupProjection::new(category, property, output)?;
        self.ensure(&ProjectionQuery::Lookup(lookup)).await
    }

    /// Brings the server to run `query` under its own name, writing links.
    ///
    /// # Errors
    ///
    /// [`EnsureError`].
    ///
    /// # Cancel safety
    ///
    /// As [`EnsureProjections::ensure_join`].
    async fn ensure(&self, query: &ProjectionQuery) -> Result<Ensured, EnsureError> {
        let text = query.to_string();
        let hash = query_hash(&text);
        let output = StreamName::raw(query.name())?;
        let mut backoff = Backoff::new(ATTEMPTS);
        let mut created = false;
        loop {
            let (metadata, revision) = self.streams().stream_metadata(&output).await?;
            let status = self.status(query.name()).await?;
            if let Some(status) = &status
                && metadata.other.get_str(HASH).as_ref() == Some(&hash)
            {
                let ensured = match status.state {
                    ServerProjectionState::Running => Ensured::Unchanged,
                    // The process that stopped it may have died before it let it run.
                    ServerProjectionState::Stopped | ServerProjectionState::Faulted => {
                        // Or another process claimed it after the hash was read, and
                        // is about to replace the text that would run.
                        let (now, _) = self.streams().stream_metadata(&output).await?;
                        if now.other.get_str(HASH).as_ref() != Some(&hash) {
                            continue;
                        }
                        self.enable(query.name()).await?;
                        Ensured::Started
                    }
                    ServerProjectionState::Changing => match backoff.next_pause() {
                        Some(pause) => {
                            sleep(pause).await;
                            continue;
                        }
                        None => Ensured::Unchanged,
                    },
                };
                return Ok(if created { Ensured::Created } else { ensured });
            }
            let outcome = match self.claim(&output, metadata, revision, &hash).await {
                Ok((metadata, revision)) => {
                    created |= status.is_none() && self.create_unless_there(query, &text).await?;
                    self.replace(query.name(), &text).await?;
                    self.settle(&output, metadata, revision, &hash).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) if created => return Ok(Ensured::Created),
                Ok(()) => return Ok(Ensured::Updated),
                Err(EnsureError::Store(StoreError::Conflict { .. })) => {
                    // Another process is at it: see what came of it.
                    let Some(pause) = backoff.next_pause() else {
                        return Err(EnsureError::Contended { output });
                    };
                    sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<P: ServerProjections + ?Sized> EnsureProjections for P {}

#[async_trait]
trait Steps: ServerProjections {
    /// Says in the metadata that the text is going to be replaced: the hash of
    /// the old one must not stay when this process dies on the way, and who
    /// replaces it by another one meanwhile must learn of this.
    async fn claim(
        &self,
        output: &StreamName,
        mut metadata: StreamMetadata,
        revision: ExpectedRevision,
        hash: &str,
    ) -> Result<(StreamMetadata, ExpectedRevision), EnsureError> {
        // Another process with the same text is no rival.
        let claimed = metadata.other.get_str(COMING).as_deref() == Some(hash)
            && metadata.other.get_str(HASH).is_none();
        if claimed {
            return Ok((metadata, revision));
        }
        metadata.other.remove(HASH);
        metadata.other.insert(COMING, hash)?;
        let written = self
            .streams()
            .set_stream_metadata(output, revision, &metadata)
            .await?;
        Ok((metadata, ExpectedRevision::Exact(written)))
    }

    /// Stores the hash, unless another text was claimed meanwhile.
    async fn settle(
        &self,
        output: &StreamName,
        mut metadata: StreamMetadata,
        revision: ExpectedRevision,
        hash: &str,
    ) -> Result<(), EnsureError> {
        metadata.other.remove(COMING);
        metadata.other.insert(HASH, hash)?;
        self.streams()
            .set_stream_metadata(output, revision, &metadata)
            .await?;
        Ok(())
    }

    /// Whether it was this call that created the projection.
    async fn create_unless_there(
        &self,
        query: &ProjectionQuery,
        text: &str,
    ) -> Result<bool, EnsureError> {
        match self.create(query.name(), text).await {
            Ok(()) => Ok(true),
            Err(ServerProjectionError::Exists { .. }) => Ok(false),
            // Older servers have no code of their own for a name that is
            // taken, and a lost answer may have been a good one.
            Err(error) => match self.status(query.name()).await? {
                Some(_) => Ok(false),
                None => Err(error.into()),
            },
        }
    }

    /// Replaces the text and lets it run: tried again when the server does not
    /// answer in time, and never left stopped by a failure.
    async fn replace(&self, name: &str, text: &str) -> Result<(), EnsureError> {
        let mut backoff = Backoff::new(ATTEMPTS);
        loop {
            let error = match self.replace_once(name, text).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let pause = match error {
                ServerProjectionError::Deadline { .. } => backoff.next_pause(),
                _ => None,
            };
            let Some(pause) = pause else {
                // A refused text is no reason for the old one to stand still.
                // The first error is the one to tell.
                let _ = self.enable(name).await;
                return Err(error.into());
            };
            sleep(pause).await;
        }
    }

    async fn replace_once(&self, name: &str, text: &str) -> Result<(), ServerProjectionError> {
        let stopped = self
            .status(name)
            .await?
            .is_some_and(|status| status.state == ServerProjectionState::Stopped);
        if !stopped {
            self.disable(name).await?;
        }
        self.update(name, text, true).await?;
        self.enable(name).await
    }
}

impl<P: ServerProjections + ?Sized> Steps for P {}

/// What was done so that a server runs a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// It was not there.
    Created,
    /// It ran another text, or an unknown one.
    Updated,
    /// It was there, and stood still: it was let run.
    Started,
    /// Nothing: it was there.
    Unchanged,
}

/// Why a server could not be brought to run a projection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnsureError {
    /// There is no such projection.
    #[error(transparent)]
    Invalid(#[from] InvalidProjection),
    /// The output is no stream name.
    #[error(transparent)]
    Name(#[from] InvalidStreamName),
    /// The server did not do it.
    #[error(transparent)]
    Projection(#[from] ServerProjectionError),
    /// The hash could not be read or stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hash could not be written as JSON.
    #[error("the hash of the projection cannot be written")]
    Hash(#[from] CodecError),
    /// Others changed the projection each time; it runs the text of one of
    /// them.
    #[error("others kept changing the projection into `{output}`")]
    Contended {
        /// Its output.
        output: StreamName,
    },
}

impl EnsureError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(error) => error.kind(),
            Self::Name(error) => error.kind(),
            Self::Projection(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Hash(error) => error.kind(),
            Self::Contended { .. } => ErrorKind::Conflict,
        }
    }

    /// Whether the same call may succeed later with nothing else changed: it
    /// looks again, so also when it was [contended](Self::Contended).
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Contended { .. }) || self.kind().is_transient()
    }
}
