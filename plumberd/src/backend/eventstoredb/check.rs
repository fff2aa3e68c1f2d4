//! What a setting may be, and which go together.

use super::EventStoreDbConfig;
use crate::error::ErrorKind;
use std::time::Duration;

/// Every duration's upper bound: more is no waiting time but a mistake, and
/// the client crate cannot count much further.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The client crate takes no shorter one.
const KEEP_ALIVE_LEAST: Duration = Duration::from_secs(10);

/// Why settings cannot be used. Never shows a user, a password, or a part of
/// a URL in which one could be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// A value is not one that the option takes.
    #[error("the option `{option}` is `{value}`, not {form}")]
    Value {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What a value looks like.
        form: &'static str,
    },
    /// An option makes no sense beside another.
    #[error("the option `{option}` cannot be used {beside}: {reason}")]
    Contradiction {
        /// The option.
        option: &'static str,
        /// The other, as it stands.
        beside: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A host or its port is wrong.
    #[error("host {number} is wrong: {reason}")]
    Host {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The user or the password cannot be used.
    #[error("the credentials are wrong: {reason}")]
    Credentials {
        /// What is wrong with them.
        reason: &'static str,
    },
}

impl InvalidSetting {
    /// What this is to the caller: always [`ErrorKind::Invalid`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

pub(super) const MILLISECONDS: &str = "a number of milliseconds from 1 to 86400000";
pub(super) const INTERVAL: &str = "a number of milliseconds from 0 to 86400000";
pub(super) const KEEP_ALIVE: &str = "a number of milliseconds from 10000 to 86400000 (the client refuses shorter ones), or -1 for off";
pub(super) const DEADLINE: &str =
    "a number of milliseconds from 1 to 86400000 (every call has a deadline, so -1 is refused)";
pub(super) const ATTEMPTS: &str = "a whole number from 1 to 1000";
const CONNECTION_NAME: &str = "1 to 255 characters of printable ASCII";

impl EventStoreDbConfig {
    /// Whether the settings can be used.
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        self.check_hosts()?;
        self.check_credentials()?;
        self.check_values()?;
        self.check_tls()?;
        if self.keep_alive_interval.is_none()
            && self
                .keep_alive_timeout
                .is_some_and(|t| t != KEEP_ALIVE_LEAST)
        {
            return Err(InvalidSetting::Contradiction {
                option: "keepAliveTimeout",
                beside: "with `keepAliveInterval=-1`",
                reason: "without pings there is no answer to wait for",
            });
        }
        Ok(())
    }

    fn check_hosts(&self) -> Result<(), InvalidSetting> {
        let several = self.hosts.len() > 1;
        for (at, (host, port)) in self.hosts.iter().enumerate() {
            check_host(host, several)
                .and(if *port == 0 {
                    Err("the port is a number from 1 to 65535")
                } else {
                    Ok(())
                })
                .map_err(|reason| InvalidSetting::Host {
                    number: at + 1,
                    reason,
                })?;
        }
        Ok(())
    }

    fn check_credentials(&self) -> Result<(), InvalidSetting> {
        let reason = match &self.credentials {
            Some((user, _)) if user.is_empty() => "the user is empty",
            // The protocol ends the user's name at the first colon.
            Some((user, _)) if user.contains(':') => "a user cannot have a `:` in its name",
            _ => return Ok(()),
        };
        Err(InvalidSetting::Credentials { reason })
    }

    fn check_values(&self) -> Result<(), InvalidSetting> {
        let least = Duration::from_millis(1);
        within("defaultDeadline", self.deadline, least, DEADLINE)?;
        within("gossipTimeout", self.gossip_timeout, least, MILLISECONDS)?;
        if let Some(interval) = self.discovery_interval {
            within("discoveryInterval", interval, Duration::ZERO, INTERVAL)?;
        }
        for (option, value) in [
            ("keepAliveInterval", self.keep_alive_interval),
            ("keepAliveTimeout", self.keep_alive_timeout),
        ] {
            if let Some(value) = value {
                within(option, value, KEEP_ALIVE_LEAST, KEEP_ALIVE)?;
            }
        }
        let attempts = self.max_discover_attempts;
        if !(1..=1000).contains(&attempts) {
            return Err(value("maxDiscoverAttempts", attempts, ATTEMPTS));
        }
        match &self.connection_name {
            Some(name)
                if !(1..=255).contains(&name.len())
                    || !name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
            {
                Err(value("connectionName", name, CONNECTION_NAME))
            }
            _ => Ok(()),
        }
    }

    fn check_tls(&self) -> Result<(), InvalidSetting> {
        let without_tls = |option| InvalidSetting::Contradiction {
            option,
            beside: "with `tls=false`",
            reason: "without TLS there are no certificates",
        };
        if !self.tls {
            if self.verify_certificate == Some(true) {
                return Err(without_tls("tlsVerifyCert"));
            }
            for (option, file) in self.files() {
                if file.is_some() {
                    return Err(without_tls(option));
                }
            }
        }
        for (option, file) in self.files() {
            if let Some(file) = file
                && file.to_str().is_none_or(str::is_empty)
            {
                let shown = file.display();
                return Err(value(option, shown, "the path of a file, in UTF-8"));
            }
        }
        if !self.verifies() && self.ca_file.is_some() {
            return Err(InvalidSetting::Contradiction {
                option: "tlsCAFile",
                beside: "with `tlsVerifyCert=false`",
                reason: "nothing is compared with its certificates",
            });
        }
        let (option, beside) = match (&self.user_cert_file, &self.user_key_file) {
            (Some(_), None) => ("userCertFile", "without `userKeyFile`"),
            (None, Some(_)) => ("userKeyFile", "without `userCertFile`"),
            _ => return Ok(()),
        };
        Err(InvalidSetting::Contradiction {
            option,
            beside,
            reason: "a certificate is used with its key",
        })
    }

    fn files(&self) -> [(&'static str, Option<&std::path::Path>); 3] {
        [
            ("tlsCAFile", self.ca_file.as_deref()),
            ("userCertFile", self.user_cert_file.as_deref()),
            ("userKeyFile", self.user_key_file.as_deref()),
        ]
    }
}

fn within(
    option: &'static str,
    duration: Duration,
    least: Duration,
    form: &'static str,
) -> Result<(), InvalidSetting> {
    if (least..=DAY).contains(&duration) {
        return Ok(());
    }
    Err(value(option, duration.as_millis(), form))
}

pub(super) fn value(
    option: &'static str,
    value: impl std::fmt::Display,
    form: &'static str,
) -> InvalidSetting {
    InvalidSetting::Value {
        option,
        value: value.to_string(),
        form,
    }
}

/// Whether a host can stand in a URI: the client crate panics on others.
pub(super) fn check_host(host: &str, several: bool) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("it has no name");
    }
    if let Some(address) = host.strip_prefix('[') {
        if several {
            return Err("an IPv6 address can be used only where it is the one host");
        }
        let address = address.strip_suffix(']').unwrap_or_default();
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => Err("between the brackets there is no IPv6 address"),
        };
    }
    if host.len() > 253 {
        return Err("the name is longer than 253 characters");
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.bytes().all(allowed) {
        return Ok(());
    }
    Err(
        "a name has letters, digits, `-`, `.` and `_` (write others in their `xn--` form, \
         and IPv6 addresses in brackets)",
    )
}

#[cfg(test)]
mod tests {
    use super::check_host;

    #[test]
    fn hosts_are_names_or_addresses() {
        for host in [
            "localhost",
            "10.0.0.7",
            "db_1.Example.com",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(check_host(host, true), Ok(()), "{host}");
        }
        assert_eq!(check_host("[::1]", false), Ok(()));
        for host in [
            "", "::1", "[::1", "[x]", "bücher", "a/b", "a b", "a@b", "a,b",
        ] {
            assert!(check_host(host, false).is_err(), "{host}");
        }
        assert!(check_host("[::1]", true).is_err());
    }
}
