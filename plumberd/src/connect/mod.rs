//! From a URL to a store.

mod error;
mod handle;

pub use error::ConnectError;
pub use handle::{Store, TenantError};

use crate::backend;

/// The schemes that plumberd knows, each with what it takes to use it.
const SCHEMES: &[(&str, Scheme)] = &[
    ("memory", Scheme::Memory),
    ("sqlite", Scheme::Sqlite),
    ("postgres", Scheme::Coming("Postgres")),
    ("postgresql", Scheme::Coming("Postgres")),
    ("esdb", Scheme::EventStoreDb("esdb")),
    ("esdb+discover", Scheme::EventStoreDb("esdb+discover")),
    ("kurrentdb", Scheme::EventStoreDb("kurrentdb")),
    (
        "kurrentdb+discover",
        Scheme::EventStoreDb("kurrentdb+discover"),
    ),
    ("eventstore+http", Scheme::EventStoreV1("eventstore+http")),
    ("eventstore+https", Scheme::EventStoreV1("eventstore+https")),
];

#[derive(Clone, Copy)]
enum Scheme {
    Memory,
    Sqlite,
    /// The scheme, for when the feature is missing.
    EventStoreV1(&'static str),
    /// The scheme, for when the feature is missing.
    EventStoreDb(&'static str),
    /// A backend that this version does not have.
    Coming(&'static str),
}

/// Opens the store that `url` names.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory:` | in this process, gone with the last handle; each call a new one | always there |
/// | `sqlite://bank.db`, `sqlite:///var/lib/bank.db` | one file, made when it is missing | `sqlite` |
/// | `esdb://admin:changeit@localhost:2113`, `kurrentdb://…` | an [EventStoreDB or KurrentDB](crate::docs::eventstoredb) server | `eventstoredb` |
/// | `esdb://a,b,c`, `esdb+discover://cluster`, `kurrentdb+discover://…` | a cluster of them | `eventstoredb` |
/// | `eventstore+http://host:port?tenant=acme`, `eventstore+https:` | a server of [`eventstore.v1`](crate::docs::eventstore_v1) | `eventstore-v1` |
///
/// Options follow a `?`; an option that the store does not know is an error.
/// They are in the documentation of each backend.
///
/// # Errors
///
/// * [`ConnectError::InvalidUrl`], [`ConnectError::UnknownScheme`],
///   [`ConnectError::FeatureMissing`], [`ConnectError::NotYet`]: the URL is
///   wrong, or names what is not there. They never show what is behind the
///   scheme, where a password may be.
/// * [`ConnectError::Open`] when the store cannot be opened.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = plumberd::connect("memory:").await?;
/// let acme = store.tenant("acme")?;
/// # Ok(())
/// # }
/// ```
pub async fn connect(url: &str) -> Result<Store, ConnectError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(ConnectError::InvalidUrl {
            reason: "it has no scheme, such as `sqlite://` or `memory:`".into(),
        });
    };
    let lower = scheme.to_ascii_lowercase();
    match SCHEMES.iter().find(|(name, _)| *name == lower) {
        Some((_, Scheme::Memory)) => memory(rest),
        Some((_, Scheme::Sqlite)) => {
            let url = format!("sqlite:{rest}");
            backend::open_sqlite(&url).await
        }
        Some((_, Scheme::EventStoreV1(scheme))) => backend::open_eventstore_v1(scheme, url).await,
        Some((_, Scheme::EventStoreDb(scheme))) => backend::open_eventstoredb(scheme, url).await,
        Some((_, Scheme::Coming(backend))) => Err(ConnectError::NotYet { backend }),
        None => Err(ConnectError::UnknownScheme {
            scheme: lower,
            known: SCHEMES
                .iter()
                .filter(|(_, scheme)| !matches!(scheme, Scheme::Coming(_)))
                .map(|(name, _)| format!("`{name}:`"))
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

fn memory(rest: &str) -> Result<Store, ConnectError> {
    match rest {
        "" | "//" => Ok(Store::new(backend::memory::Memory::new())),
        _ => Err(ConnectError::InvalidUrl {
            reason: "nothing may follow `memory:`, a store in memory has no name and no options"
                .into(),
        }),
    }
}
