use super::config::{Credentials, EventStoreV1Config, Tls};
use crate::{
    error::ErrorKind,
    retry::RetryPolicy,
    store::toolkit::options::{self, NotDecoded, decoded},
    stream::TenantId,
};
use std::time::Duration;

/// Every option a URL may have, with what its value looks like.
const OPTIONS: &[(&str, &str)] = &[
    ("actor", "a text"),
    ("connection_timeout", DURATION),
    ("max_connections", "a whole number from 1"),
    ("page_size", "a whole number from 1 to 1000"),
    ("plain_credentials", "`true` or `false`"),
    ("poll_interval", DURATION),
    ("request_timeout", DURATION),
    ("retries", "a whole number from 0"),
    ("tenant", "a tenant's name"),
    ("tls_ca", "the path of a file; only for `eventstore+https:`"),
    (
        "tls_cert",
        "the path of a file; only for `eventstore+https:`",
    ),
    (
        "tls_key",
        "the path of a file; only for `eventstore+https:`",
    ),
    (
        "tls_server_name",
        "the name in the server's certificate; only for `eventstore+https:`",
    ),
    ("token", "a token, not together with a user"),
];

const DURATION: &str = "a duration above 0, such as `5s` or `250ms`";

/// Where servers listen that were not told otherwise.
const DEFAULT_PORT: u16 = 50_051;

impl EventStoreV1Config {
    /// Reads `eventstore+http://host:port?tenant=acme&…`, or
    /// `eventstore+https:`, with `user:password@` before the host where there
    /// is one. The port is 50051 unless it is named.
    ///
    /// The options are in [the page about the
    /// backend](crate::docs::eventstore_v1). `%20` and the like are decoded in
    /// values, user and password.
    ///
    /// # Errors
    ///
    /// [`InvalidEventStoreV1Url`] for another scheme, an unknown option, one
    /// that is named twice, or a value that is not of its form: nothing is
    /// ignored. It shows no value that may be secret.
    pub fn from_url(url: &str) -> Result<Self, InvalidEventStoreV1Url> {
        use InvalidEventStoreV1Url as Invalid;

        let (scheme, rest) = url.split_once("://").ok_or(Invalid::Scheme)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "eventstore+http" => None,
            "eventstore+https" => Some(Tls::new()),
            _ => return Err(Invalid::Scheme),
        };
        if rest.contains('#') {
            return Err(Invalid::Fragment);
        }
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let (host, port) = address_parts(address).ok_or(Invalid::Address)?;
        let mut settings = Options {
            config: Self::new(host, port),
            key: None,
            certificate: None,
        };
        settings.config.tls = tls;
        if let Some(user) = user {
            let (name, password) = user.split_once(':').ok_or(Invalid::Password)?;
            let credentials = Credentials::basic(decoded(name)?, decoded(password)?);
            settings.config.credentials = Some(credentials);
        }
        let mut seen = Vec::new();
        for (name, value) in options::pairs(query) {
            let value = value.ok_or(Invalid::NoValue)?;
            if seen.contains(&name) {
                return Err(Invalid::Repeated { name: name.into() });
            }
            seen.push(name);
            settings.set(name, &decoded(value)?)?;
        }
        settings.finish()
    }
}

/// The name of an option as an error may show it. What follows a `&` or `?` that
/// should have been escaped is a piece of a secret.
fn shown<'a>(name: &'a str, value: &str) -> &'a str {
    let plain = name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    let padded = value.trim_start_matches('=').is_empty();
    if plain && !padded { name } else { "…" }
}

struct Options {
    config: EventStoreV1Config,
    certificate: Option<String>,
    key: Option<String>,
}

impl Options {
    fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidEventStoreV1Url> {
        let Some((name, form)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
            return Err(InvalidEventStoreV1Url::UnknownOption {
                name: shown(name, value).to_owned(),
            });
        };
        self.try_set(name, value)
            .ok_or(InvalidEventStoreV1Url::Value { name, form })
    }

    /// `None` when the value is not of its form.
    fn try_set(&mut self, name: &str, value: &str) -> Option<()> {
        let config = &mut self.config;
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match name {
            "actor" => config.actor = Some(text()?),
            "connection_timeout" => config.connection_timeout = duration(value)?,
            "max_connections" => {
                config.max_connections = value.parse().ok().filter(|count| *count > 0)?;
            }
            "page_size" => {
                let range = 1..=EventStoreV1Config::MAX_PAGE_SIZE;
                config.page_size = value.parse().ok().filter(|size| range.contains(size))?;
            }
            "plain_credentials" => config.plain_credentials = value.parse().ok()?,
            "poll_interval" => config.poll_interval = duration(value)?,
            "request_timeout" => config.request_timeout = duration(value)?,
            "retries" => {
                let policy: RetryPolicy = config.retry;
                config.retry = policy.with_retries(value.parse().ok()?);
            }
            "tenant" => config.tenant = Some(TenantId::new(value).ok()?),
            "tls_ca" => config.tls.as_mut()?.ca_file = Some(text()?.into()),
            "tls_cert" => {
                config.tls.as_ref()?;
                self.certificate = Some(text()?);
            }
            "tls_key" => {
                config.tls.as_ref()?;
                self.key = Some(text()?);
            }
            "tls_server_name" => config.tls.as_mut()?.server_name = Some(text()?),
            "token" if config.credentials.is_none() => {
                config.credentials = Some(Credentials::bearer(text()?));
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(self) -> Result<EventStoreV1Config, InvalidEventStoreV1Url> {
        let mut config = self.config;
        match (self.certificate, self.key, &mut config.tls) {
            (Some(certificate), Some(key), Some(tls)) => {
                tls.identity = Some((certificate.into(), key.into()));
            }
            (None, None, _) => {}
            _ => return Err(InvalidEventStoreV1Url::HalfAnIdentity),
        }
        config
            .check()
            .map_err(|error| InvalidEventStoreV1Url::Settings {
                reason: error.to_string(),
            })?;
        Ok(config)
    }
}

fn address_parts(address: &str) -> Option<(String, u16)> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        // An IPv6 address has colons of its own.
        let (host, after) = rest.split_once(']')?;
        (
            host,
            after.strip_prefix(':').or(after.is_empty().then_some(""))?,
        )
    } else {
        address.split_once(':').unwrap_or((address, ""))
    };
    let named = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    let port = match port {
        "" => DEFAULT_PORT,
        port => port.parse().ok()?,
    };
    named.then(|| (host.to_owned(), port))
}

fn duration(value: &str) -> Option<Duration> {
    options::duration(value).filter(|duration| !duration.is_zero())
}

/// Why a text is not the URL of an `eventstore.v1` server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEventStoreV1Url {
    /// It does not begin with one of the schemes.
    #[error("it does not begin with `eventstore+http://` or `eventstore+https://`")]
    Scheme,
    /// It has a `#`.
    #[error("it contains `#`; in a value write `%23`")]
    Fragment,
    /// There is no host, a path, or a port that is none.
    #[error("it names no `host:port`, or more than that")]
    Address,
    /// There is a user without a password.
    #[error("there is a user without a password; write `user:password@`")]
    Password,
    /// A `%` is not followed by two hexadecimal digits, or they are not UTF-8.
    #[error("a `%` must be followed by two hexadecimal digits, and the result be UTF-8")]
    Encoding,
    /// There is an option without a `=`, or a `&` or `?` that belongs to a value.
    #[error("there is an option without `=`; in a value write `%26` for `&` and `%3F` for `?`")]
    NoValue,
    /// There is no such option.
    #[error("there is no option `{name}`; the options are {}", known_options())]
    UnknownOption {
        /// The option; `…` when it may be a piece of a secret.
        name: String,
    },
    /// An option is named twice.
    #[error("the option `{name}` is named twice")]
    Repeated {
        /// The option.
        name: String,
    },
    /// An option has a value that it does not take.
    #[error("the option `{name}` takes {form}")]
    Value {
        /// The option.
        name: &'static str,
        /// What a value looks like.
        form: &'static str,
    },
    /// A client certificate without its key, or a key without a certificate.
    #[error("`tls_cert` and `tls_key` belong together, and one is missing")]
    HalfAnIdentity,
    /// The settings do not fit together.
    #[error("{reason}")]
    Settings {
        /// What is wrong.
        reason: String,
    },
}

impl InvalidEventStoreV1Url {
    /// What this is to the caller: always [`ErrorKind::Invalid`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

impl From<NotDecoded> for InvalidEventStoreV1Url {
    fn from(_: NotDecoded) -> Self {
        Self::Encoding
    }
}

fn known_options() -> String {
    options::listed(OPTIONS.iter().map(|(name, _)| *name))
}
