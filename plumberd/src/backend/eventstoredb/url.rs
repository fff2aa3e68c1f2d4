//! `esdb:`, `esdb+discover:`, `kurrentdb:`, `kurrentdb+discover:`.

use super::{
    EventStoreDbConfig, InvalidSetting, NodePreference,
    check::{ATTEMPTS, DEADLINE, INTERVAL, KEEP_ALIVE, MILLISECONDS, value as wrong},
};
use crate::{
    error::ErrorKind,
    store::toolkit::options::{self, NotDecoded, decoded, did_you_mean},
};
use std::time::Duration;

/// Every option, as it is written; read without regard to case.
const OPTIONS: [&str; 14] = [
    "connectionName",
    "defaultDeadline",
    "discoveryInterval",
    "gossipTimeout",
    "keepAliveInterval",
    "keepAliveTimeout",
    "maxDiscoverAttempts",
    "nodePreference",
    "throwOnAppendFailure",
    "tls",
    "tlsCAFile",
    "tlsVerifyCert",
    "userCertFile",
    "userKeyFile",
];

const SCHEMES: [(&str, bool); 4] = [
    ("esdb", false),
    ("esdb+discover", true),
    ("kurrentdb", false),
    ("kurrentdb+discover", true),
];

const BOOL: &str = "`true` or `false`";

impl EventStoreDbConfig {
    /// Reads `esdb://user:password@host:port?option=value&…`, or the same with
    /// `esdb+discover`, `kurrentdb` or `kurrentdb+discover`; several hosts are
    /// separated by commas. A host without port has [`Self::PORT`].
    ///
    /// The options are in
    /// [a table](crate::docs::eventstoredb#every-option); their names are read
    /// without regard to case. `%40` and the like are decoded in the user, the
    /// password and the values.
    ///
    /// # Errors
    ///
    /// [`InvalidEventStoreDbUrl`] for another scheme, an unknown option, one
    /// that is named twice, a value that an option does not take, or options
    /// that do not go together: nothing is ignored. It never shows what may be
    /// a part of a user's name or password.
    pub fn from_url(url: &str) -> Result<Self, InvalidEventStoreDbUrl> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or(InvalidEventStoreDbUrl::Scheme)?;
        let discover = SCHEMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(scheme))
            .map(|(_, discover)| *discover)
            .ok_or(InvalidEventStoreDbUrl::Scheme)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // A password with a `/` or a `?` in it ends the hosts too early, and
        // its rest must not be taken for an option and shown.
        if rest.contains('@') {
            return Err(InvalidEventStoreDbUrl::Ambiguous);
        }
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let query = match rest.strip_prefix('?') {
            Some(query) if !query.contains('#') => query,
            None if rest.is_empty() => "",
            _ => return Err(InvalidEventStoreDbUrl::Path),
        };

        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let mut config = Self::new(String::new(), Self::PORT).with_discovery(discover);
        config.hosts = hosts
            .split(',')
            .enumerate()
            .map(|(at, text)| host(at + 1, text))
            .collect::<Result<_, _>>()?;
        if let Some(user) = user {
            let (user, password) = user.split_once(':').ok_or(InvalidSetting::Credentials {
                reason: "there is a user and no password; write `user:password@`",
            })?;
            config = config.with_credentials(decoded(user)?, decoded(password)?);
        }
        let mut seen = Vec::new();
        for (name, value) in options::pairs(query) {
            let name = option(name)?;
            if seen.contains(&name) {
                return Err(InvalidEventStoreDbUrl::Repeated { name });
            }
            seen.push(name);
            config = config.with_option(name, &decoded(value.unwrap_or_default())?)?;
        }
        config.check()?;
        Ok(config)
    }

    fn with_option(
        mut self,
        name: &'static str,
        value: &str,
    ) -> Result<Self, InvalidEventStoreDbUrl> {
        match name {
            "connectionName" => self.connection_name = Some(value.into()),
            "defaultDeadline" => self.deadline = milliseconds(name, value, DEADLINE)?,
            "discoveryInterval" => {
                self.discovery_interval = Some(milliseconds(name, value, INTERVAL)?);
            }
            "gossipTimeout" => self.gossip_timeout = milliseconds(name, value, MILLISECONDS)?,
            "keepAliveInterval" => self.keep_alive_interval = keep_alive(name, value)?,
            "keepAliveTimeout" => self.keep_alive_timeout = keep_alive(name, value)?,
            "maxDiscoverAttempts" => {
                self.max_discover_attempts = digits(value)
                    .and_then(|attempts| u32::try_from(attempts).ok())
                    .ok_or_else(|| wrong(name, value, ATTEMPTS))?;
            }
            "nodePreference" => self.node_preference = preference(name, value)?,
            "throwOnAppendFailure" => {
                if !boolean(name, value)? {
                    return Err(InvalidEventStoreDbUrl::Unsupported {
                        name,
                        reason: "an append that is refused is always an error",
                    });
                }
            }
            "tls" => self.tls = boolean(name, value)?,
            "tlsCAFile" => self.ca_file = Some(value.into()),
            "tlsVerifyCert" => self.verify_certificate = Some(boolean(name, value)?),
            "userCertFile" => self.user_cert_file = Some(value.into()),
            // The last of them.
            _ => self.user_key_file = Some(value.into()),
        }
        Ok(self)
    }
}

/// The host and port that `text` names; the text itself may be a part of a
/// password, and is not shown.
fn host(number: usize, text: &str) -> Result<(String, u16), InvalidSetting> {
    // The colons of an IPv6 address are inside brackets.
    let name_end = if text.starts_with('[') {
        text.find(']').map_or(text.len(), |end| end + 1)
    } else {
        0
    };
    let (host, port) = match text[name_end..].split_once(':') {
        Some((host, port)) => (&text[..name_end + host.len()], Some(port)),
        None => (text, None),
    };
    let port = match port {
        None => EventStoreDbConfig::PORT,
        Some(port) => digits(port)
            .and_then(|port| u16::try_from(port).ok())
            .ok_or(InvalidSetting::Host {
                number,
                reason: "the port is a number from 1 to 65535",
            })?,
    };
    Ok((host.to_owned(), port))
}

fn option(name: &str) -> Result<&'static str, InvalidEventStoreDbUrl> {
    // Of the Java client.
    if name.eq_ignore_ascii_case("dnsDiscover") {
        return Err(InvalidEventStoreDbUrl::Unsupported {
            name: "dnsDiscover",
            reason: "write `esdb+discover://` or `kurrentdb+discover://` instead",
        });
    }
    OPTIONS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .ok_or_else(|| InvalidEventStoreDbUrl::UnknownOption {
            name: name.into(),
            suggestion: options::nearest(name, &OPTIONS, 3),
        })
}

/// A number without sign: `+5` is no form of one.
fn digits(value: &str) -> Option<u64> {
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| value.parse().ok())?
}

fn milliseconds(
    name: &'static str,
    value: &str,
    form: &'static str,
) -> Result<Duration, InvalidSetting> {
    digits(value)
        .map(Duration::from_millis)
        .ok_or_else(|| wrong(name, value, form))
}

fn keep_alive(name: &'static str, value: &str) -> Result<Option<Duration>, InvalidSetting> {
    if value == "-1" {
        return Ok(None);
    }
    milliseconds(name, value, KEEP_ALIVE).map(Some)
}

fn boolean(name: &'static str, value: &str) -> Result<bool, InvalidSetting> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(wrong(name, value, BOOL)),
    }
}

fn preference(name: &'static str, value: &str) -> Result<NodePreference, InvalidSetting> {
    [
        NodePreference::Leader,
        NodePreference::Follower,
        NodePreference::ReadOnlyReplica,
        NodePreference::Random,
    ]
    .into_iter()
    .find(|preference| preference.as_str().eq_ignore_ascii_case(value))
    .ok_or_else(|| {
        let form = "`leader`, `follower`, `readOnlyReplica` or `random`";
        wrong(name, value, form)
    })
}

/// Why a text is not the URL of an EventStoreDB or KurrentDB server. Never
/// shows a user, a password, or what may be a part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEventStoreDbUrl {
    /// It does not begin with one of the schemes.
    #[error(
        "it does not begin with `esdb://`, `esdb+discover://`, `kurrentdb://` or \
         `kurrentdb+discover://`"
    )]
    Scheme,
    /// There is an `@` after the hosts.
    #[error(
        "there is a `@` after the hosts; in a user, a password or a value write `@` as `%40`, \
         `/` as `%2F`, `?` as `%3F` and `#` as `%23`"
    )]
    Ambiguous,
    /// Something other than options follows the hosts.
    #[error("only options may follow the hosts, after a `?`, without `#`")]
    Path,
    /// A `%` is not followed by two hexadecimal digits, or they are not UTF-8.
    #[error("a `%` must be followed by two hexadecimal digits, and the result be UTF-8")]
    Encoding,
    /// There is no such option.
    #[error("there is no option `{name}`{}; the options are {}", did_you_mean(*suggestion), known_options())]
    UnknownOption {
        /// The option.
        name: String,
        /// The one that may be meant.
        suggestion: Option<&'static str>,
    },
    /// An option of other clients that plumberd cannot honour.
    #[error("the option `{name}` is not supported so: {reason}")]
    Unsupported {
        /// The option.
        name: &'static str,
        /// Why not, or what to write instead.
        reason: &'static str,
    },
    /// An option is named twice.
    #[error("the option `{name}` is named twice")]
    Repeated {
        /// The option.
        name: &'static str,
    },
    /// A setting is wrong, or does not go with another.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
}

impl InvalidEventStoreDbUrl {
    /// What this is to the caller: always [`ErrorKind::Invalid`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

impl From<NotDecoded> for InvalidEventStoreDbUrl {
    fn from(_: NotDecoded) -> Self {
        Self::Encoding
    }
}

fn known_options() -> String {
    options::listed(OPTIONS)
}
