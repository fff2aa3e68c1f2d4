use super::{client::Client, connector::Connector, error::CallError};
use crate::timer::has_timer;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    runtime::{Handle, Id},
    task::JoinHandle,
};
use tonic::transport::{Channel, Endpoint, Error};

/// How many calls a connection carries before the next one is used: what most
/// servers let be under way on one. Until then one connection is the quickest,
/// as what is sent at the same time goes out together.
const CALLS: usize = 100;

/// The connections to the server, of each runtime that makes calls.
///
/// The tasks that drive a connection are of the runtime that made it: in another
/// one it stands still while the first is not run, and ends with it.
pub(super) struct Pools {
    endpoint: Endpoint,
    connector: Connector,
    /// How many connections a runtime may have.
    most: usize,
    /// The largest answer, in bytes.
    largest: usize,
    by_runtime: Mutex<HashMap<Id, Pool>>,
}

/// The connections of one runtime.
struct Pool {
    lines: Arc<[Line]>,
    /// Ends with the runtime.
    alive: JoinHandle<()>,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.alive.abort();
    }
}

struct Line {
    client: Client,
    /// How many calls are under way.
    calls: Arc<AtomicUsize>,
}

/// A call that is under way, until it is dropped.
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn on(calls: &Arc<AtomicUsize>) -> Self {
        calls.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(calls))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pools {
    pub(super) fn new(
        endpoint: Endpoint,
        connector: Connector,
        most: usize,
        largest: usize,
    ) -> Self {
        Self {
            endpoint,
            connector,
            most,
            largest,
            by_runtime: Mutex::default(),
        }
    }

    /// Makes the first connection of this runtime.
    pub(super) async fn connect(&self, runtime: &Handle) -> Result<(), Error> {
        let connector = self.connector.clone();
        let first = self.endpoint.connect_with_connector(connector).await?;
        self.add(runtime, Some(first));
        Ok(())
    }

    /// A client for one call, and what says that it is under way. A call that
    /// has failed `failures` times is better made on another connection.
    pub(super) fn client(&self, failures: usize) -> Result<(Client, UnderWay), CallError> {
        let runtime = Handle::try_current().map_err(|_| CallError::NoRuntime)?;
        let known = {
            let pools = self
                .by_runtime
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            pools.get(&runtime.id()).map(|pool| Arc::clone(&pool.lines))
        };
        let lines = match known {
            Some(lines) => lines,
            None if has_timer() => self.add(&runtime, None),
            None => return Err(CallError::NoRuntime),
        };
        let first = failures % lines.len();
        let calls = |at: &usize| lines[*at].calls.load(Ordering::Relaxed);
        let turns = (first..lines.len()).chain(0..first);
        let at = turns
            .clone()
            .find(|at| calls(at) < CALLS)
            .or_else(|| turns.min_by_key(&calls))
            .unwrap_or(first);
        let Line { client, calls } = &lines[at];
        Ok((client.clone(), UnderWay::on(calls)))
    }

    /// Adds the runtime's connections, each made when it is used, and lets go
    /// of those of runtimes that have ended.
    fn add(&self, runtime: &Handle, first: Option<Channel>) -> Arc<[Line]> {
        let lazy = || {
            self.endpoint
                .connect_with_connector_lazy(self.connector.clone())
        };
        let first = first.unwrap_or_else(lazy);
        let others = (1..self.most).map(|_| lazy());
        let lines: Arc<[Line]> = std::iter::once(first)
            .chain(others)
            .map(|channel| Line {
                client: Client::new(channel, self.largest),
                calls: Arc::default(),
            })
            .collect();
        let alive = runtime.spawn(std::future::pending());
        let mut pools = self
            .by_runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        pools.retain(|_, pool| !pool.alive.is_finished());
        // Another thread of the runtime may have been faster.
        let pool = pools.entry(runtime.id()).or_insert_with(|| Pool {
            lines: Arc::clone(&lines),
            alive,
        });
        Arc::clone(&pool.lines)
    }
}
