use super::{
    EventStoreV1Config, EventStoreV1Error, client::Client, config::Secret, connector::Connector,
    error::CallError,
};
use crate::retry::Backoff;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures_util::FutureExt;
use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tonic::{
    Request, Response, Status,
    metadata::{AsciiMetadataValue, MetadataValue},
    transport::Endpoint,
};

/// How many calls a connection carries before the next one is used: what most
/// servers let be under way on one. Until then one connection is the quickest,
/// as what is sent at the same time goes out together.
const CALLS: usize = 100;

/// A connection on which nothing came for so long is asked whether it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What one event may have beside its data and metadata, in bytes; metadata
/// may be there twice, as it was written and as fields.
const EVENT_OVERHEAD: usize = 64 << 10;

/// The connections to the server, and how calls are made on them.
#[derive(Clone)]
pub(super) struct Connection(Arc<Shared>);

struct Shared {
    config: EventStoreV1Config,
    authorization: Option<AsciiMetadataValue>,
    channels: Vec<Channel>,
}

struct Channel {
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

impl Connection {
    /// Makes the first connection; the others are made when they are used.
    pub(super) async fn open(config: EventStoreV1Config) -> Result<Self, EventStoreV1Error> {
        config.check()?;
        let connector = Connector::new(&config)?;
        let endpoint = endpoint(&config)?;
        let first = endpoint
            .connect_with_connector(connector.clone())
            .await
            .map_err(|error| EventStoreV1Error::Unreachable {
                address: format!("{}:{}", config.host, config.port),
                source: error.into(),
            })?;
        let others = (1..config.max_connections)
            .map(|_| endpoint.connect_with_connector_lazy(connector.clone()));
        let largest = usize::try_from(config.page_size)
            .unwrap_or(usize::MAX)
            .saturating_mul(super::LIMITS.event_bytes * 2 + EVENT_OVERHEAD);
        let channels = std::iter::once(first)
            .chain(others)
            .map(|channel| Channel {
                client: Client::new(channel, largest),
                calls: Arc::default(),
            })
            .collect();
        Ok(Self(Arc::new(Shared {
            authorization: authorization(&config)?,
            config,
            channels,
        })))
    }

    pub(super) fn config(&self) -> &EventStoreV1Config {
        &self.0.config
    }

    /// A client for one call, and what says that it is under way. A call that
    /// has failed `failures` times is better made on another connection.
    pub(super) fn client(&self, failures: usize) -> (Client, UnderWay) {
        let channels = &self.0.channels;
        let first = failures % channels.len();
        let calls = |at: &usize| channels[*at].calls.load(Ordering::Relaxed);
        let turns = (first..channels.len()).chain(0..first);
        let at = turns
            .clone()
            .find(|at| calls(at) < CALLS)
            .or_else(|| turns.min_by_key(&calls))
            .unwrap_or(first);
        let Channel { client, calls } = &channels[at];
        (client.clone(), UnderWay::on(calls))
    }

    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.0.authorization {
            request
                .metadata_mut()
                .insert("authorization", authorization.clone());
        }
        request
    }

    /// One call, within the time it may take.
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>> + Send,
    ) -> Result<T, CallError> {
        let timeout = self.0.config.request_timeout;
        // The client panics at a status whose details are no base64.
        let call = AssertUnwindSafe(call).catch_unwind();
        match tokio::time::timeout(timeout, call).await {
            Err(_) => Err(CallError::TimedOut(timeout)),
            Ok(Err(_)) => Err(CallError::Unreadable),
            Ok(Ok(Err(status))) => Err(CallError::Status(status)),
            Ok(Ok(Ok(response))) => Ok(response.into_inner()),
        }
    }

    /// A call that changes nothing, tried again when it failed on the way.
    pub(super) async fn ask<T, F>(&self, call: impl Fn(Client) -> F + Send) -> Result<T, CallError>
    where
        F: Future<Output = Result<Response<T>, Status>> + Send,
    {
        let mut backoff = Backoff::new(self.0.config.retry);
        let mut failures = 0;
        loop {
            let (client, _under_way) = self.client(failures);
            let error = match self.call(call(client)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match backoff.next_pause().filter(|_| error.is_passing()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            failures += 1;
        }
    }
}

fn endpoint(config: &EventStoreV1Config) -> Result<Endpoint, EventStoreV1Error> {
    let wrong = |_| EventStoreV1Error::Config {
        reason: "the host and port make no address".into(),
    };
    let host = if config.host.contains(':') {
        format!("[{}]", config.host)
    } else {
        config.host.clone()
    };
    let address = format!("{host}:{}", config.port);
    // TLS is the connector's matter; only what the server sees says so.
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(wrong)?;
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let origin =
        format!("{scheme}://{address}")
            .parse()
            .map_err(|_| EventStoreV1Error::Config {
                reason: "the host and port make no address".into(),
            })?;
    Ok(endpoint
        .origin(origin)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_while_idle(true))
}

fn authorization(
    config: &EventStoreV1Config,
) -> Result<Option<AsciiMetadataValue>, EventStoreV1Error> {
    let Some(credentials) = &config.credentials else {
        return Ok(None);
    };
    let text = match &credentials.0 {
        Secret::Bearer(token) => format!("Bearer {token}"),
        Secret::Basic { user, password } => {
            format!("Basic {}", BASE64.encode(format!("{user}:{password}")))
        }
    };
    let mut value: AsciiMetadataValue =
        MetadataValue::try_from(text).map_err(|_| EventStoreV1Error::Config {
            reason: "the token has characters that no header can have".into(),
        })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
