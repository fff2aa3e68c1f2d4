use super::{SqliteConfig, Synchronous};
use crate::{
    error::ErrorKind,
    store::toolkit::options::{self, NotDecoded, did_you_mean, duration},
};
use std::str::FromStr;

/// Every option a URL may have, with what its value looks like.
const OPTIONS: &[(&str, &str)] = &[
    ("busy_timeout", "a duration such as `5s` or `250ms`"),
    ("create", "`true` or `false`"),
    ("max_group", "a whole number from 1"),
    ("page_events", "a whole number from 1"),
    ("poll_interval", "a duration such as `5s` or `250ms`"),
    ("readers", "a whole number from 1 to 256"),
    ("synchronous", "`full` or `normal`"),
    ("tenants_only", "`true` or `false`"),
];

impl SqliteConfig {
    /// Reads `sqlite://relative.db`, `sqlite:relative.db` or
    /// `sqlite:///absolute.db`, with options after a `?`.
    ///
    /// The options have the names of the setters: `synchronous=full|normal`,
    /// `busy_timeout=5s`, `readers=4`, `page_events=512`, `max_group=256`,
    /// `poll_interval=50ms`, `create=true|false`, `tenants_only=true|false`.
    /// `%20` and the like are decoded in the path and in values.
    ///
    /// # Errors
    ///
    /// [`InvalidSqliteUrl`] for another scheme, an unknown option, one that is
    /// named twice, or a value that is not of its form: nothing is ignored.
    pub fn from_url(url: &str) -> Result<Self, InvalidSqliteUrl> {
        let rest = url
            .strip_prefix("sqlite:")
            .ok_or(InvalidSqliteUrl::Scheme)?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        if rest.contains('#') {
            return Err(InvalidSqliteUrl::Fragment);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = options::decoded(path)?;
        if path.is_empty() {
            return Err(InvalidSqliteUrl::NoPath);
        }
        let mut config = Self::new(path);
        let mut seen = Vec::new();
        for (name, value) in options::pairs(query) {
            if seen.contains(&name) {
                return Err(InvalidSqliteUrl::Repeated { name: name.into() });
            }
            seen.push(name);
            config = config.with_option(name, &options::decoded(value.unwrap_or_default())?)?;
        }
        Ok(config)
    }

    fn with_option(self, name: &str, value: &str) -> Result<Self, InvalidSqliteUrl> {
        let Some((_, form)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
            return Err(InvalidSqliteUrl::UnknownOption {
                suggestion: suggestion(name),
                name: name.into(),
            });
        };
        let changed = match name {
            "busy_timeout" => duration(value).map(|timeout| self.with_busy_timeout(timeout)),
            "create" => bool::from_str(value).ok().map(|on| self.with_create(on)),
            "max_group" => count(value).map(|appends| self.with_max_group(appends)),
            "page_events" => count(value).map(|events| self.with_page_events(events)),
            "poll_interval" => duration(value)
                .filter(|interval| !interval.is_zero())
                .map(|interval| self.with_poll_interval(interval)),
            "readers" => count(value)
                .filter(|readers| *readers <= Self::MAX_READERS)
                .map(|readers| self.with_readers(readers)),
            "synchronous" => match value {
                "full" => Some(self.with_synchronous(Synchronous::Full)),
                "normal" => Some(self.with_synchronous(Synchronous::Normal)),
                _ => None,
            },
            "tenants_only" => match value {
                "true" => Some(self.tenants_only()),
                "false" => Some(self),
                _ => None,
            },
            _ => None,
        };
        changed.ok_or_else(|| InvalidSqliteUrl::Value {
            name: name.into(),
            value: value.into(),
            form,
        })
    }
}

fn count(value: &str) -> Option<usize> {
    value.parse().ok().filter(|count| *count > 0)
}

/// The known option that is at most two letters away.
fn suggestion(name: &str) -> Option<&'static str> {
    let known: Vec<_> = OPTIONS.iter().map(|(known, _)| *known).collect();
    options::nearest(name, &known, 2)
}

/// Why a text is not the URL of a SQLite store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSqliteUrl {
    /// It does not begin with `sqlite:`.
    #[error("it does not begin with `sqlite:`")]
    Scheme,
    /// It names no file.
    #[error("it names no file; write `sqlite://relative.db` or `sqlite:///absolute.db`")]
    NoPath,
    /// It has a `#`, which in a file's name is written `%23`.
    #[error("it contains `#`; in a file's name write `%23`")]
    Fragment,
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
    /// An option is named twice.
    #[error("the option `{name}` is named twice")]
    Repeated {
        /// The option.
        name: String,
    },
    /// An option has a value that it does not take.
    #[error("the option `{name}` is `{value}`, not {form}")]
    Value {
        /// The option.
        name: String,
        /// Its value.
        value: String,
        /// What a value looks like.
        form: &'static str,
    },
}

impl InvalidSqliteUrl {
    /// What this is to the caller: always [`ErrorKind::Invalid`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

impl From<NotDecoded> for InvalidSqliteUrl {
    fn from(_: NotDecoded) -> Self {
        Self::Encoding
    }
}

fn known_options() -> String {
    options::listed(OPTIONS.iter().map(|(name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::Path, time::Duration};

    fn refused(url: &str) -> String {
        SqliteConfig::from_url(url).unwrap_err().to_string()
    }

    #[test]
    fn a_path_is_relative_unless_it_begins_with_a_slash() {
        for (url, path) in [
            ("sqlite:bank.db", "bank.db"),
            ("sqlite://bank.db", "bank.db"),
            ("sqlite://data/bank.db", "data/bank.db"),
            ("sqlite:///data/bank.db", "/data/bank.db"),
            ("sqlite:/data/bank.db", "/data/bank.db"),
            ("sqlite://a%20b%3Fc.db?create=false", "a b?c.db"),
            ("sqlite://%C3%A9.db", "é.db"),
        ] {
            assert_eq!(
                SqliteConfig::from_url(url).unwrap().path(),
                Path::new(path),
                "{url}"
            );
        }
    }

    #[test]
    fn every_option_sets_its_field() {
        let config = SqliteConfig::from_url(
            "sqlite:x?synchronous=normal&busy_timeout=250ms&readers=7&page_events=9&max_group=3\
             &poll_interval=2s&create=false&tenants_only=true",
        )
        .unwrap();

        assert_eq!(config.synchronous, Synchronous::Normal);
        assert_eq!(config.busy_timeout, Duration::from_millis(250));
        assert_eq!(config.poll_interval, Duration::from_secs(2));
        assert_eq!(
            (config.readers, config.page_events, config.max_group),
            (7, 9, 3)
        );
        assert!(!config.create && config.tenants_only);
    }

    #[test]
    fn an_unknown_option_is_named_with_the_one_that_was_meant() {
        let error = refused("sqlite:x?synchronus=full");

        assert!(
            error.starts_with("there is no option `synchronus`, did you mean `synchronous`?;"),
            "{error}"
        );
        assert!(error.contains("`busy_timeout`, `create`"), "{error}");
        assert!(!refused("sqlite:x?zzz=1").contains("did you mean"));
    }

    #[test]
    fn nothing_malformed_is_ignored() {
        for (url, part) in [
            ("sqlite:", "names no file"),
            ("sqlite://?create=true", "names no file"),
            ("postgres:x", "does not begin with `sqlite:`"),
            ("sqlite:x#y", "`%23`"),
            ("sqlite:x%2", "two hexadecimal digits"),
            ("sqlite:x%+1", "two hexadecimal digits"),
            ("sqlite:x%FF", "UTF-8"),
            ("sqlite:x%é", "two hexadecimal digits"),
            ("sqlite:x?readers=0", "`readers` is `0`"),
            ("sqlite:x?readers=257", "`readers` is `257`"),
            ("sqlite:x?readers", "`readers` is ``"),
            ("sqlite:x?busy_timeout=5", "such as `5s`"),
            ("sqlite:x?poll_interval=0ms", "such as `5s`"),
            ("sqlite:x?synchronous=FULL", "`full` or `normal`"),
            ("sqlite:x?tenants_only=yes", "`true` or `false`"),
            ("sqlite:x?create=true&create=false", "named twice"),
        ] {
            assert!(refused(url).contains(part), "{url}: {}", refused(url));
        }
    }
}
