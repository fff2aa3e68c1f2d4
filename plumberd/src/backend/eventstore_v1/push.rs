use super::{EventStoreV1, proto::SubscribeRequest, read::LAST};
use crate::{
    retry::{Backoff, RetryPolicy},
    store::toolkit::follow::Signal,
    stream::TenantId,
    timer::sleep_real,
};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime::{Handle, Id},
    task::JoinHandle,
};
use tonic::Code;

/// Readers of a server that comes back must not all come at once, and none may
/// give up.
const PAUSES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(5));

/// What a subscription wants to be woken for.
#[derive(Debug, Clone)]
pub(super) struct Interest {
    pub(super) tenant: TenantId,
    /// The beginning of the aggregate ids; the server looks at it.
    pub(super) prefix: String,
}

/// The server's own subscription, which wakes ours.
///
/// It is not what our subscription yields: the server's may leave events out,
/// between its history and what is live, and when a reader is slow. Reads by
/// pages leave out none. So a message of it, and each new beginning, is the
/// occasion to read on.
#[derive(Debug)]
pub(super) struct Push {
    store: EventStoreV1,
    interest: Interest,
    signal: Signal,
    /// The position after which the server's subscription begins.
    seen: Arc<AtomicU64>,
    /// With the runtime it is of: in another one it tells nothing while that
    /// is not run.
    task: Option<(Id, JoinHandle<()>)>,
}

impl Push {
    pub(super) fn new(store: EventStoreV1, interest: Interest, signal: Signal) -> Self {
        Self {
            store,
            interest,
            signal,
            seen: Arc::default(),
            task: None,
        }
    }

    /// Everything up to `position` has been read, and it was all there was:
    /// from now on the server is to tell.
    pub(super) fn read_up_to(&mut self, position: u64) {
        self.seen.fetch_max(position, Ordering::AcqRel);
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let listens = self
            .task
            .as_ref()
            .is_some_and(|(of, task)| *of == runtime.id() && !task.is_finished());
        if !listens {
            self.end();
            let listening = listen(
                self.store.clone(),
                self.interest.clone(),
                self.signal.clone(),
                Arc::clone(&self.seen),
            );
            self.task = Some((runtime.id(), runtime.spawn(listening)));
        }
    }

    fn end(&mut self) {
        if let Some((_, task)) = self.task.take() {
            task.abort();
        }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        self.end();
    }
}

async fn listen(store: EventStoreV1, interest: Interest, signal: Signal, seen: Arc<AtomicU64>) {
    let mut backoff = Backoff::new(PAUSES);
    let mut failures = 0_usize;
    loop {
        let told = be_told(&store, &interest, &signal, &seen, &mut backoff, failures);
        // The client panics at a status whose details are no base64.
        let ended = AssertUnwindSafe(told).catch_unwind().await;
        tracing::debug!(
            code = ?ended.unwrap_or(Code::Unknown),
            prefix = %interest.prefix,
            "the server's subscription ended, and is made anew"
        );
        if let Some(pause) = backoff.next_pause() {
            sleep_real(pause).await;
        }
        failures = failures.wrapping_add(1);
    }
}

/// Passes on what the server tells, until it ends.
async fn be_told(
    store: &EventStoreV1,
    interest: &Interest,
    signal: &Signal,
    seen: &AtomicU64,
    backoff: &mut Backoff,
    failures: usize,
) -> Code {
    let connection = &store.connection;
    let from = seen.load(Ordering::Acquire).saturating_add(1);
    let request = connection.request(SubscribeRequest {
        tenant_id: interest.tenant.as_str().to_owned(),
        aggregate_id_prefix: interest.prefix.clone(),
        from_global_nonce: from.min(LAST),
    });
    let Ok((client, _under_way)) = connection.client(failures) else {
        return Code::Unavailable;
    };
    let mut messages = match client.subscribe(request).await {
        Err(status) => return status.code(),
        Ok(response) => response.into_inner(),
    };
    // What came between the last page and this moment.
    signal.notify();
    loop {
        match messages.message().await {
            Ok(Some(message)) => {
                *backoff = Backoff::new(PAUSES);
                // Without an event: the server only shows that it lives.
                if let Some(meta) = message.event.and_then(|event| event.meta) {
                    seen.fetch_max(meta.global_nonce, Ordering::AcqRel);
                    signal.notify();
                }
            }
            Ok(None) => return Code::Unavailable,
            Err(status) => return status.code(),
        }
    }
}
