//! How a store is opened from a URL.

use crate::{BoxError, error::ErrorKind, store::EventStore};
use futures_util::future::BoxFuture;
use std::{fmt, sync::Arc};

/// What opens the stores of some schemes: the part of a backend that
/// [`Connect`](crate::connect::Connect) uses.
#[derive(Debug, Clone, Copy)]
pub struct Driver {
    schemes: &'static [&'static str],
    opening: Opening,
}

/// Opens the store that a URL names.
pub type Open = fn(&str) -> BoxFuture<'_, Result<Opened, DriverError>>;

/// What it takes to open a store.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Opening {
    /// The URL is enough.
    Ready(Open),
    /// The feature of plumberd that is named here.
    Feature(&'static str),
    /// A later version of plumberd: this one has no backend of this name.
    Later(&'static str),
}

impl Driver {
    /// A driver of these schemes, written in lower case and without `:`.
    ///
    /// `open` gets the whole URL, its scheme in lower case.
    pub const fn new(schemes: &'static [&'static str], open: Open) -> Self {
        Self {
            schemes,
            opening: Opening::Ready(open),
        }
    }

    /// In place of a driver that plumberd was built without.
    pub const fn without(schemes: &'static [&'static str], feature: &'static str) -> Self {
        Self {
            schemes,
            opening: Opening::Feature(feature),
        }
    }

    /// In place of a driver that a later version of plumberd will have.
    pub const fn later(schemes: &'static [&'static str], backend: &'static str) -> Self {
        Self {
            schemes,
            opening: Opening::Later(backend),
        }
    }

    /// The schemes of its URLs.
    pub const fn schemes(&self) -> &'static [&'static str] {
        self.schemes
    }

    /// What it takes to open a store.
    pub const fn opening(&self) -> Opening {
        self.opening
    }
}

/// Ends a store for every clone of its handle.
pub type Close = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A store that a driver has opened.
#[derive(Clone)]
pub struct Opened {
    store: Arc<dyn EventStore>,
    close: Option<Close>,
}

impl Opened {
    /// A store that ends when its last handle is dropped.
    pub fn new(store: impl EventStore) -> Self {
        Self {
            store: Arc::new(store),
            close: None,
        }
    }

    /// With what ends it before that, for every clone of its handle.
    #[must_use]
    pub fn closed_by<F>(mut self, close: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.close = Some(Arc::new(move || Box::pin(close())));
        self
    }

    /// The store, and what ends it.
    pub fn into_parts(self) -> (Arc<dyn EventStore>, Option<Close>) {
        (self.store, self.close)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.store).finish()
    }
}

/// Why a driver has no store to give.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The URL cannot be read.
    #[error("the store URL is wrong: {reason}")]
    InvalidUrl {
        /// What is wrong with it; never a part of it that may be secret.
        reason: String,
    },
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Open {
        /// What that is to the caller.
        kind: ErrorKind,
        /// Why; the backend's own error.
        source: BoxError,
    },
}

impl DriverError {
    /// The URL cannot be read, for this reason.
    pub fn invalid_url(reason: impl fmt::Display) -> Self {
        Self::InvalidUrl {
            reason: reason.to_string(),
        }
    }

    /// The store cannot be opened, for this reason.
    pub fn open(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self::Open {
            kind,
            source: source.into(),
        }
    }

    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidUrl { .. } => ErrorKind::Invalid,
            Self::Open { kind, .. } => *kind,
        }
    }
}
