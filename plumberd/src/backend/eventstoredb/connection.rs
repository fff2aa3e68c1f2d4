use super::{
    EventStoreDbConfig, EventStoreDbError, check_call, client::Lease, error::CallError,
    guarded::OwnedTask, provider, settings, tls,
};
use eventstore::{Client, Credentials};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};
use tracing::{Dispatch, dispatcher};

/// The one place that holds a client of the `eventstore` crate: makes it,
/// keeps every call within its deadline, and makes it anew when it died.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    config: EventStoreDbConfig,
    current: Mutex<Current>,
    /// Held by who makes a client: whoever comes meanwhile wants the same.
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    lease: Option<Lease>,
    /// Counts the clients, so that one call's failure does not end the client
    /// that another call has just made.
    generation: u64,
    /// The node that another one named as the leader, for as long as it
    /// answers.
    leader: Option<(String, u16)>,
}

impl Connection {
    /// A connection that is made by the first call. Blocks: reads the
    /// certificates, and starts the client crate once in a process.
    pub(super) fn lazy(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        config.check()?;
        provider::start()?;
        tls::client_config(&config)?;
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                current: Mutex::default(),
                making: tokio::sync::Mutex::default(),
            }),
        })
    }

    /// A connection over which a call went.
    pub(super) async fn open(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let connection = tokio::task::spawn_blocking(|| Self::lazy(config))
            .await
            .map_err(|error| EventStoreDbError::Client {
                source: error.into(),
            })??;
        connection.check().await?;
        Ok(connection)
    }

    /// Makes one call, and finds out why it failed.
    pub(super) async fn check(&self) -> Result<(), EventStoreDbError> {
        match check_call::run(self).await {
            Ok(()) => Ok(()),
            Err(error) => Err(check_call::explained(&self.shared.config, error).await),
        }
    }

    /// How long one call may take.
    pub(super) fn deadline(&self) -> Duration {
        self.shared.config.deadline
    }

    /// Whether a connection that carries nothing more is noticed by itself.
    pub(super) fn pings(&self) -> bool {
        let config = &self.shared.config;
        config.keep_alive_interval.is_some() && config.keep_alive_timeout.is_some()
    }

    /// When a call ends that begins now.
    pub(super) fn ends(&self) -> Instant {
        Instant::now() + self.deadline()
    }

    /// That this instant came before an answer.
    pub(super) fn late(&self) -> CallError {
        CallError::TimedOut(self.deadline())
    }

    /// The user, to be given to every call's options with `authenticated`.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        let (user, password) = self.shared.config.credentials.clone()?;
        Some(Credentials::new(user, password))
    }

    /// A client that is not known to be dead; made where files may be read,
    /// when there is none.
    pub(super) async fn lease(&self) -> Result<Lease, CallError> {
        if let Some(lease) = &self.current().lease {
            return Ok(lease.clone());
        }
        let _making = self.shared.making.lock().await;
        let (leader, generation) = {
            let mut current = self.current();
            if let Some(lease) = &current.lease {
                return Ok(lease.clone());
            }
            current.generation += 1;
            (current.leader.clone(), current.generation)
        };
        let shared = Arc::clone(&self.shared);
        let log = dispatcher::get_default(Dispatch::clone);
        let making = move || make(&shared.config, leader.as_ref(), generation, log);
        let lease = match tokio::task::spawn_blocking(making).await {
            Ok(made) => made.map_err(CallError::Setup)?,
            // The runtime is about to end.
            Err(error) => {
                return Err(CallError::Setup(EventStoreDbError::Client {
                    source: error.into(),
                }));
            }
        };
        Ok(self.current().lease.insert(lease).clone())
    }

    /// As [`Connection::lease`], no later than `ends`.
    pub(super) async fn lease_until(&self, ends: Instant) -> Result<Lease, CallError> {
        let leased = timeout_at(ends, self.lease()).await;
        leased.unwrap_or_else(|_| Err(self.late()))
    }

    /// Tells that a call with a client of this generation failed: one that
    /// died is not used again, and one that asks the wrong node neither.
    pub(super) fn report(&self, generation: u64, error: &CallError) {
        let leader = error.leader();
        let mut current = self.current();
        // One that has chosen a node of a cluster never chooses another.
        let chooses = self.shared.config.is_cluster() || current.leader.is_some();
        let ends = leader.is_some() || error.ends_client() || chooses && error.is_unavailable();
        if ends && current.generation == generation {
            current.lease = None;
            current.leader = leader;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// One call, within the deadline, as [`Connection::call_until`].
    pub(super) async fn call<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Clone + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.call_until(self.ends(), call).await
    }

    /// One call: until `ends`, on a task of its own so that a panic of the
    /// client crate is an error, and without effect on later calls: a client
    /// that did not answer is not asked again. A node that is not the leader
    /// did nothing; then the leader is asked, once.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped the call is given up; whether the server
    /// carried it out is unknown.
    pub(super) async fn call_until<T, F>(
        &self,
        ends: Instant,
        call: impl FnOnce(Client) -> F + Clone + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let mut asked = 0;
        let calls = async {
            let again = call.clone();
            match self.call_once(call, &mut asked).await {
                Err(error) if error.leader().is_some() => {
                    self.report(asked, &error);
                    self.call_once(again, &mut asked).await
                }
                result => result,
            }
        };
        let result = timeout_at(ends, calls).await;
        let result = result.unwrap_or_else(|_| Err(self.late()));
        if let Err(error) = &result {
            self.report(asked, error);
        }
        result
    }

    /// `asked` becomes the generation of the client that is asked.
    async fn call_once<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Send,
        asked: &mut u64,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let lease = self.lease().await?;
        *asked = lease.generation;
        let call = call(lease.client.clone());
        match OwnedTask::spawn_on(lease.runtime(), call).await {
            Ok(result) => result.map_err(CallError::Client),
            Err(panicked) => Err(CallError::Panicked(panicked.to_string())),
        }
    }
}

/// Blocks: reads the certificates.
fn make(
    config: &EventStoreDbConfig,
    leader: Option<&(String, u16)>,
    generation: u64,
    log: Dispatch,
) -> Result<Lease, EventStoreDbError> {
    // The files may have changed, and the crate panics on wrong ones.
    tls::client_config(config)?;
    let settings =
        settings::client_settings(config, leader).map_err(|error| EventStoreDbError::Client {
            source: error.into(),
        })?;
    Lease::new(settings, generation, log)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
