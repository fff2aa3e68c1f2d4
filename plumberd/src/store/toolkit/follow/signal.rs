use crate::timer::timeout_real;
use std::{
    sync::{
        Arc,
        atomic::{Ordering, fence},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Tells subscriptions that something may have been written.
///
/// Clones are one signal. It carries no value: who is woken reads and sees.
#[derive(Debug, Clone)]
pub struct Signal(Arc<watch::Sender<()>>);

impl Signal {
    /// A signal without a listener yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    /// Wakes every listener. To be called after a commit can be read, never
    /// before; several commits may share one call.
    pub fn notify(&self) {
        // Who begins to listen later reads later, and sees the commit: the two
        // fences keep it so whatever the store is made of.
        fence(Ordering::SeqCst);
        if self.0.receiver_count() > 0 {
            self.0.send_replace(());
        }
    }

    /// A listener for what is signalled from now on.
    pub fn listen(&self) -> Listener {
        let receiver = self.0.subscribe();
        fence(Ordering::SeqCst);
        Listener {
            receiver,
            poll_interval: None,
            _signal: self.clone(),
        }
    }
}

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

/// The listening end of a [`Signal`].
#[derive(Debug)]
pub struct Listener {
    receiver: watch::Receiver<()>,
    poll_interval: Option<Duration>,
    // Without a sender left, waiting would fail instead of last.
    _signal: Signal,
}

impl Listener {
    /// Also wakes when this time has passed without a signal: for a store that
    /// other processes write to. It is real time, also where Tokio's clock is
    /// paused.
    #[must_use]
    pub fn or_every(mut self, interval: Duration) -> Self {
        self.poll_interval = Some(interval);
        self
    }

    /// Forgets the signals so far: what they told of is about to be read.
    pub(super) fn begin_to_read(&mut self) {
        self.receiver.mark_unchanged();
    }

    /// Whether there was a signal since the read began.
    pub(super) fn is_signalled(&self) -> bool {
        self.receiver.has_changed().unwrap_or(false)
    }

    /// Waits for a signal since the read began, or for the interval to pass.
    pub(super) async fn wait(&mut self) {
        let signalled = async {
            if self.receiver.changed().await.is_err() {
                // Not possible while a sender is held; if it were, nothing
                // could be written any more.
                std::future::pending::<()>().await;
            }
        };
        match self.poll_interval {
            None => signalled.await,
            Some(interval) => {
                // Either way it is time to look.
                let _ = timeout_real(interval, signalled).await;
            }
        }
    }
}
