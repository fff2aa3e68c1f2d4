use super::{
    EventStoreDbConfig, EventStoreDbError, check_call, error::CallError, provider, settings, tls,
};
use eventstore::{Client, Credentials};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::task::AbortHandle;

/// The one place that holds a client of the `eventstore` crate: makes it,
/// keeps every call within its deadline, and makes it anew when it died.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    config: EventStoreDbConfig,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    client: Option<Client>,
    /// Counts the clients, so that one call's failure does not end the client
    /// that another call has just made.
    generation: u64,
    /// The node that another one named as the leader, for as long as it
    /// answers.
    leader: Option<(String, u16)>,
}

/// A client for one call.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) client: Client,
    pub(super) generation: u64,
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

    /// The user, to be given to every call's options with `authenticated`.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        let (user, password) = self.shared.config.credentials.clone()?;
        Some(Credentials::new(user, password))
    }

    /// A client that is not known to be dead.
    ///
    /// Making one reads the certificates, under the lock: whoever comes
    /// meanwhile wants the same client.
    pub(super) fn lease(&self) -> Result<Lease, CallError> {
        let mut current = self.current();
        let client = if let Some(client) = &current.client {
            client.clone()
        } else {
            let client = self.make(current.leader.as_ref())?;
            current.generation += 1;
            current.client.insert(client).clone()
        };
        Ok(Lease {
            client,
            generation: current.generation,
        })
    }

    fn make(&self, leader: Option<&(String, u16)>) -> Result<Client, CallError> {
        let config = &self.shared.config;
        // The files may have changed, and the crate panics on wrong ones.
        tls::client_config(config).map_err(CallError::Setup)?;
        let settings = settings::client_settings(config, leader).map_err(|error| {
            CallError::Setup(EventStoreDbError::Client {
                source: error.into(),
            })
        })?;
        settings::client(tokio::runtime::Handle::current(), settings).map_err(CallError::Setup)
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
            current.client = None;
            current.leader = leader;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: within the deadline, on a task of its own so that a panic of
    /// the client crate is an error, and without effect on later calls. A node
    /// that is not the leader did nothing; then the leader is asked, once.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped the call is given up; whether the server
    /// carried it out is unknown.
    pub(super) async fn call<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Clone + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let deadline = self.deadline();
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
        let result = match tokio::time::timeout(deadline, calls).await {
            Ok(result) => result,
            Err(_) => Err(CallError::TimedOut(deadline)),
        };
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
        let Lease { client, generation } = self.lease()?;
        *asked = generation;
        let task = tokio::spawn(call(client));
        let _guard = AbortOnDrop(task.abort_handle());
        match task.await {
            Ok(result) => result.map_err(CallError::Client),
            Err(panicked) => Err(CallError::Panicked(panicked.to_string())),
        }
    }
}

/// Ends a call that nobody waits for any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
