use super::{
    EventStoreDbConfig, EventStoreDbError,
    error::{CallError, Failure},
};
use eventstore::{Client, ClientSettings, Credentials};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The one place that holds a client of the `eventstore` crate: makes it,
/// keeps every call within its deadline, and makes it anew when it died.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    config: EventStoreDbConfig,
    settings: ClientSettings,
    current: Mutex<Current>,
}

struct Current {
    client: Option<Client>,
    /// Counts the clients, so that one call's failure does not end the client
    /// that another call has just made.
    generation: u64,
}

/// A client for one call.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) client: Client,
    pub(super) generation: u64,
}

impl Connection {
    pub(super) async fn open(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let (host, port) = &config.hosts[0];
        let url = format!(
            "esdb://{host}:{port}?tls={}&discoveryInterval={}",
            config.tls,
            config.discovery_interval.as_millis(),
        );
        let settings = url
            .parse()
            .map_err(|error| EventStoreDbError::Unreachable {
                address: format!("{host}:{port}"),
                source: Box::<eventstore::ClientSettingsParseError>::from(error),
            })?;
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                settings,
                current: Mutex::new(Current {
                    client: None,
                    generation: 0,
                }),
            }),
        })
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
    pub(super) fn lease(&self) -> Result<Lease, CallError> {
        let mut current = self
            .shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let client = match &current.client {
            Some(client) => client.clone(),
            None => {
                let client =
                    Client::new(self.shared.settings.clone()).map_err(CallError::Client)?;
                current.generation += 1;
                current.client.insert(client).clone()
            }
        };
        Ok(Lease {
            client,
            generation: current.generation,
        })
    }

    /// Tells that a call with a client of this generation failed: one that
    /// died is not used again.
    pub(super) fn report(&self, generation: u64, error: &CallError) {
        if error.failure() != Failure::Lost {
            return;
        }
        let mut current = self
            .shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if current.generation == generation {
            current.client = None;
        }
    }

    /// One call: within the deadline, on a task of its own so that a panic of
    /// the client crate is an error, and without effect on later calls.
    pub(super) async fn call<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let Lease { client, generation } = self.lease()?;
        let task = tokio::spawn(call(client));
        let abort = task.abort_handle();
        let deadline = self.deadline();
        let result = match tokio::time::timeout(deadline, task).await {
            Ok(Ok(result)) => result.map_err(CallError::Client),
            Ok(Err(panicked)) => Err(CallError::Panicked(panicked.to_string())),
            Err(_) => {
                abort.abort();
                Err(CallError::TimedOut(deadline))
            }
        };
        if let Err(error) = &result {
            self.report(generation, error);
        }
        result
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
