//! Who follows streams is woken here.

use futures_util::FutureExt as _;
use plumberd::{
    Store,
    store::{EventStore as _, Filter, StoreError, SubscribeFrom, Subscription},
};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// One follower of everything that wakes all others; it begins with the first
/// of them.
///
/// What wakes is the store's own subscription, and not the calls that write:
/// projections write too, and so may another process.
#[derive(Debug, Clone, Default)]
pub(super) struct Commits(Arc<Mutex<Option<watch::Receiver<()>>>>);

impl Commits {
    /// Hears of every commit from now on; ends when the server stops, or when
    /// the store's subscription fails. Who comes after that begins another.
    pub(super) async fn listen(
        &self,
        store: &Store,
        stopping: &CancellationToken,
    ) -> Result<watch::Receiver<()>, StoreError> {
        let mut heard = self.0.lock().await;
        match &*heard {
            Some(receiver) if receiver.has_changed().is_ok() => Ok(receiver.clone()),
            _ => Ok(heard.insert(begin(store, stopping).await?).clone()),
        }
    }
}

async fn begin(
    store: &Store,
    stopping: &CancellationToken,
) -> Result<watch::Receiver<()>, StoreError> {
    let everything = Filter::new().with_system_events();
    let events = store.subscribe_all(SubscribeFrom::End, everything).await?;
    let (sender, receiver) = watch::channel(());
    let stopping = stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tell(events, &sender) => {}
        }
    });
    Ok(receiver)
}

async fn tell(mut events: Subscription, sender: &watch::Sender<()>) {
    loop {
        let mut message = events.next_message().await;
        // What came together is told together.
        while let Ok(Some(_)) = message {
            match events.next_message().now_or_never() {
                Some(next) => message = next,
                None => break,
            }
        }
        sender.send_replace(());
        // Dropping the sender ends every subscription with an error.
        match message {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                return tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no listener hears of commits any more"
                );
            }
        }
    }
}
