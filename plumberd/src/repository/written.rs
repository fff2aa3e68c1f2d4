use super::{Repository, loaded::Loaded};
use crate::{aggregate::Aggregate, clock::Clock, stream::StreamName};

impl<A: Aggregate> Repository<A> {
    /// Remembers a state that has just been written, and takes a snapshot when
    /// one is due.
    pub(super) async fn written(&self, stream: &StreamName, loaded: &mut Loaded<A>) {
        let Some(last) = loaded.last else {
            return;
        };
        if let Some(snapshots) = &self.snapshots {
            let now = Clock::system().now();
            if snapshots.is_due(last.revision, now, loaded.snapshot) {
                let (store, state) = (&*self.store, &loaded.state);
                let save = snapshots.save(store, stream, state, last.revision, last.id);
                match Box::pin(save).await {
                    Ok(()) => loaded.snapshot = Some((last.revision, now)),
                    Err(error) => tracing::warn!(%stream, %error, "no snapshot was taken"),
                }
            }
        }
        if let Some(cache) = &self.cache {
            cache.put(stream, loaded);
        }
    }
}
