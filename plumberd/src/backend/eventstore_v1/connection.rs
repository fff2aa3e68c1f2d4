use super::{
    EventStoreV1Config, EventStoreV1Error,
    client::Client,
    config::Secret,
    connector::Connector,
    error::CallError,
    pool::{Pools, UnderWay},
};
use crate::{
    retry::Backoff,
    timer::{has_timer, hold_clock, sleep_real, timeout_real},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures_util::FutureExt;
use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::runtime::Handle;
use tonic::{
    Request, Response, Status,
    metadata::{AsciiMetadataValue, MetadataValue},
    transport::Endpoint,
};

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
    pools: Pools,
}

impl Connection {
    /// Makes the first connection; the others are made when they are used.
    pub(super) async fn open(config: EventStoreV1Config) -> Result<Self, EventStoreV1Error> {
        config.check()?;
        let runtime = Handle::try_current().ok().filter(|_| has_timer());
        let runtime = runtime.ok_or(EventStoreV1Error::NoRuntime)?;
        let connector = Connector::new(&config)?;
        let endpoint = endpoint(&config)?;
        let largest = usize::try_from(config.page_size)
            .unwrap_or(usize::MAX)
            .saturating_mul(super::LIMITS.event_bytes * 2 + EVENT_OVERHEAD);
        let pools = Pools::new(endpoint, connector, config.max_connections, largest);
        pools
            .connect(&runtime)
            .await
            .map_err(|error| EventStoreV1Error::Unreachable {
                address: format!("{}:{}", config.host, config.port),
                source: error.into(),
            })?;
        Ok(Self(Arc::new(Shared {
            authorization: authorization(&config)?,
            config,
            pools,
        })))
    }

    pub(super) fn config(&self) -> &EventStoreV1Config {
        &self.0.config
    }

    /// A client for one call: see [`Pools::client`].
    pub(super) fn client(&self, failures: usize) -> Result<(Client, UnderWay), CallError> {
        self.0.pools.client(failures)
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
        let _held = hold_clock();
        // The client panics at a status whose details are no base64.
        let call = AssertUnwindSafe(call).catch_unwind();
        match timeout_real(timeout, call).await {
            Err(_) => Err(CallError::TimedOut(timeout)),
            Ok(Err(_)) => Err(CallError::Unreadable),
            Ok(Ok(Err(status))) => Err(CallError::Status(Box::new(status))),
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
            let (client, _under_way) = self.client(failures)?;
            let error = match self.call(call(client)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match backoff.next_pause().filter(|_| error.is_passing()) {
                Some(pause) => sleep_real(pause).await,
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
