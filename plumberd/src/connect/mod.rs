//! From a URL to a store.

mod error;
mod handle;

pub use error::ConnectError;
pub use handle::{Store, TenantError};

use crate::{
    backend::DRIVERS,
    store::toolkit::driver::{Driver, DriverError, Opening},
};

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
    Connect::new().open(url).await
}

/// Opens stores by URL, those of an application's own drivers too.
///
/// [`connect`](fn@connect) is the same with plumberd's own drivers alone.
///
/// # Examples
///
/// ```
/// use plumberd::{backend::memory::Memory, connect::Connect};
/// use plumberd::store::toolkit::driver::{Driver, DriverError, Opened};
///
/// const SCRATCH: Driver = Driver::new(&["scratch"], |url| {
///     Box::pin(async move {
///         match url {
///             "scratch:" => Ok(Opened::new(Memory::new())),
///             _ => Err(DriverError::invalid_url("nothing may follow `scratch:`")),
///         }
///     })
/// });
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = Connect::new().with(SCRATCH).open("scratch:").await?;
/// let acme = store.tenant("acme")?;
/// assert!(plumberd::connect("scratch:").await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Connect {
    drivers: Vec<Driver>,
}

impl Default for Connect {
    fn default() -> Self {
        Self::new()
    }
}

impl Connect {
    /// With the drivers of plumberd's own backends.
    pub fn new() -> Self {
        Self {
            drivers: DRIVERS.to_vec(),
        }
    }

    /// With one more driver; a scheme that there is already is its own from now on.
    #[must_use]
    pub fn with(mut self, driver: Driver) -> Self {
        self.drivers.push(driver);
        self
    }

    /// Opens the store that `url` names.
    ///
    /// # Errors
    ///
    /// As of [`connect`](fn@connect).
    pub async fn open(&self, url: &str) -> Result<Store, ConnectError> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(ConnectError::InvalidUrl {
                reason: "it has no scheme; a file is `sqlite://shop.db` or, from the root, \
                         `sqlite:///var/lib/shop.db`, a store in memory is `memory:`"
                    .into(),
            });
        };
        let lower = scheme.to_ascii_lowercase();
        let (scheme, opening) =
            self.opening(&lower)
                .ok_or_else(|| ConnectError::UnknownScheme {
                    known: self.known(),
                    scheme: lower,
                })?;
        match opening {
            Opening::Ready(open) => {
                let url = format!("{scheme}:{rest}");
                let opened = open(&url).await.map_err(|error| match error {
                    DriverError::InvalidUrl { reason } => ConnectError::InvalidUrl { reason },
                    DriverError::Open { kind, source } => ConnectError::Open { kind, source },
                })?;
                Ok(Store::opened(opened))
            }
            Opening::Feature(feature) => Err(ConnectError::FeatureMissing { scheme, feature }),
            Opening::Later(backend) => Err(ConnectError::NotYet { backend }),
        }
    }

    /// The newest driver of a scheme counts.
    fn opening(&self, scheme: &str) -> Option<(&'static str, Opening)> {
        self.drivers.iter().rev().find_map(|driver| {
            let own = driver.schemes().iter().find(|own| **own == scheme)?;
            Some((*own, driver.opening()))
        })
    }

    /// The schemes that can be opened, with some feature or other.
    fn known(&self) -> String {
        self.drivers
            .iter()
            .filter(|driver| !matches!(driver.opening(), Opening::Later(_)))
            .flat_map(Driver::schemes)
            .map(|scheme| format!("`{scheme}:`"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}
