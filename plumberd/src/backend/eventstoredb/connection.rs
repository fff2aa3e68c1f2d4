use super::{
    EventStoreDbConfig, EventStoreDbError, NodePreference, check_call,
    client::{Lease, Line},
    failure::{CallError, Failure},
    guarded::OwnedTask,
    provider, runtime, settings, tls,
};
use eventstore::{Client, Credentials};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};
use tracing::{Dispatch, dispatcher};

/// The one place that holds the clients of the `eventstore` crate: makes them,
/// keeps every call within its deadline, and makes one anew when it died.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    config: EventStoreDbConfig,
    clients: Mutex<Clients>,
    /// Held by the call that makes a client: another call meanwhile wants the same.
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Clients {
    /// One for each [`Line`].
    leases: [Option<Lease>; 3],
    /// Counts the clients, so that one call's failure does not end the client
    /// that another call has just made.
    generation: u64,
    /// The node that another one named as the leader, for as long as it
    /// answers. All lines ask the same.
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
                clients: Mutex::default(),
                making: tokio::sync::Mutex::default(),
            }),
        })
    }

    /// A connection over which a call went.
    pub(super) async fn open(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        runtime::check()?;
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
        runtime::check()?;
        match check_call::run(self).await {
            Ok(()) => Ok(()),
            Err(error) => Err(check_call::explained(&self.shared.config, error).await),
        }
    }

    /// How long one call may take.
    pub(super) fn deadline(&self) -> Duration {
        self.shared.config.deadline
    }

    /// Whether a node may be asked that lags behind the leader.
    pub(super) fn may_lag(&self) -> bool {
        self.shared.config.node_preference != NodePreference::Leader
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
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the client is made all the same, for the call
    /// that comes next: one call may have less time than that takes.
    pub(super) async fn lease(&self, line: Line) -> Result<Lease, CallError> {
        if let Some(lease) = self.clients().of(line) {
            return Ok(lease.clone());
        }
        let (connection, log) = (self.clone(), dispatcher::get_default(Dispatch::clone));
        let making = tokio::spawn(async move { connection.lease_made(line, log).await });
        making.await.unwrap_or_else(|error| Err(unmade(error)))
    }

    async fn lease_made(&self, line: Line, log: Dispatch) -> Result<Lease, CallError> {
        let _making = self.shared.making.lock().await;
        let (leader, generation) = {
            let mut clients = self.clients();
            if let Some(lease) = clients.of(line) {
                return Ok(lease.clone());
            }
            clients.generation += 1;
            (clients.leader.clone(), clients.generation)
        };
        let shared = Arc::clone(&self.shared);
        let making = move || make(&shared.config, leader.as_ref(), generation, log);
        let lease = match tokio::task::spawn_blocking(making).await {
            Ok(made) => made.map_err(CallError::Setup)?,
            Err(error) => return Err(unmade(error)),
        };
        Ok(self.clients().of(line).insert(lease).clone())
    }

    /// As [`Connection::lease`], no later than `ends`.
    pub(super) async fn lease_until(&self, line: Line, ends: Instant) -> Result<Lease, CallError> {
        let leased = timeout_at(ends, self.lease(line)).await;
        leased.unwrap_or_else(|_| Err(self.late()))
    }

    /// Tells that a call with this client failed: one that died is not used
    /// again, and one that asks the wrong node neither.
    pub(super) fn report(&self, lease: &Lease, error: &CallError) {
        let config = &self.shared.config;
        let leader = error.leader();
        // A call without time for it must not keep others from connecting.
        let dead = match error {
            CallError::TimedOut(_) => !lease.is_connecting(config.connects_within()),
            error => error.ends_client(),
        };
        let mut clients = self.clients();
        // One that has chosen a node of a cluster never chooses another.
        let chooses = config.is_cluster() || clients.leader.is_some();
        if leader.is_none() && !dead && !(chooses && error.is_unavailable()) {
            return;
        }
        let mut leases = clients.leases.iter_mut();
        let Some(ended) = leases.find(|there| {
            let there = there.as_ref().map(|there| there.generation);
            there == Some(lease.generation)
        }) else {
            return;
        };
        *ended = None;
        if clients.leader != leader {
            // What one line has written the others are to read.
            clients.leases = Default::default();
            clients.leader = leader;
        }
    }

    /// As [`Connection::report`], of a step that could take from `began` to
    /// `ends`: when the steps before it had left it little time, that says
    /// nothing of the client, which others use.
    pub(super) fn report_step(
        &self,
        lease: &Lease,
        (began, ends): (Instant, Instant),
        error: &CallError,
    ) {
        let time = ends.saturating_duration_since(began);
        if !matches!(error, CallError::TimedOut(_)) || time >= self.deadline() / 4 {
            self.report(lease, error);
        }
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.shared
            .clients
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
        runtime::check().map_err(CallError::NoRuntime)?;
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
        match self.called_until(ends, call).await {
            Err(error) => Err(self.told_apart(error, ends).await),
            called => called,
        }
    }

    /// The client crate has one error for a user who may not and for one whom
    /// the server does not know. The call that everybody may make tells, in the
    /// time that is left.
    pub(super) async fn told_apart(&self, error: CallError, ends: Instant) -> CallError {
        if error.failure() == Failure::Denied
            && let Ok(lease) = self.lease_until(Line::Calls, ends).await
            && check_call::is_refused(self, &lease, ends).await
        {
            return CallError::Unauthenticated;
        }
        error
    }

    /// As [`Connection::call_until`], with the client crate's own error.
    pub(super) async fn called_until<T, F>(
        &self,
        ends: Instant,
        call: impl FnOnce(Client) -> F + Clone + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let began = Instant::now();
        let mut asked = None;
        let calls = async {
            let again = call.clone();
            match self.call_once(call, &mut asked).await {
                Err(error) if error.leader().is_some() => {
                    if let Some(lease) = &asked {
                        self.report(lease, &error);
                    }
                    self.call_once(again, &mut asked).await
                }
                result => result,
            }
        };
        let result = timeout_at(ends, calls).await;
        let result = result.unwrap_or_else(|_| Err(self.late()));
        if let (Err(error), Some(lease)) = (&result, &asked) {
            self.report_step(lease, (began, ends), error);
        }
        result
    }

    /// `asked` becomes the client that is asked.
    async fn call_once<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Send,
        asked: &mut Option<Lease>,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let lease = self.lease(Line::Calls).await?;
        let lease = asked.insert(lease);
        let call = call(lease.client.clone());
        let result = match OwnedTask::spawn_on(lease.runtime(), call).await {
            Ok(result) => result.map_err(CallError::Client),
            Err(panicked) => Err(CallError::Panicked(panicked.to_string())),
        };
        if result.is_ok() {
            lease.answered();
        }
        result
    }
}

impl Clients {
    fn of(&mut self, line: Line) -> &mut Option<Lease> {
        let [calls, reads, subscriptions] = &mut self.leases;
        match line {
            Line::Calls => calls,
            Line::Reads => reads,
            Line::Subscriptions => subscriptions,
        }
    }
}

/// That the runtime is about to end.
fn unmade(error: tokio::task::JoinError) -> CallError {
    CallError::Setup(EventStoreDbError::Client {
        source: error.into(),
    })
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
