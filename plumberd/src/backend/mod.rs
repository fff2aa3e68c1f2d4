//! Backends: what keeps the events. One folder a technology.

#[cfg(feature = "eventstore-v1")]
pub mod eventstore_v1;
#[cfg(feature = "eventstoredb")]
pub mod eventstoredb;
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use crate::connect::{ConnectError, Store};

/// Opens the SQLite store that `url` names.
#[cfg(feature = "sqlite")]
pub(crate) async fn open_sqlite(url: &str) -> Result<Store, ConnectError> {
    let config = sqlite::SqliteConfig::from_url(url).map_err(|error| ConnectError::InvalidUrl {
        reason: error.to_string(),
    })?;
    let store = sqlite::Sqlite::open(config)
        .await
        .map_err(|error| ConnectError::Open {
            kind: error.kind(),
            source: error.into(),
        })?;
    let closing = store.clone();
    Ok(Store::new(store).closed_by(move || {
        let store = closing.clone();
        async move { store.close().await }
    }))
}

/// Says what is missing.
#[cfg(not(feature = "sqlite"))]
#[expect(
    clippy::unused_async,
    reason = "the same call with and without the feature"
)]
pub(crate) async fn open_sqlite(_: &str) -> Result<Store, ConnectError> {
    Err(ConnectError::FeatureMissing {
        scheme: "sqlite",
        feature: "sqlite",
    })
}

/// Opens the `eventstore.v1` store that `url` names.
#[cfg(feature = "eventstore-v1")]
pub(crate) async fn open_eventstore_v1(_: &str, url: &str) -> Result<Store, ConnectError> {
    let config = eventstore_v1::EventStoreV1Config::from_url(url).map_err(|error| {
        ConnectError::InvalidUrl {
            reason: error.to_string(),
        }
    })?;
    let store = eventstore_v1::EventStoreV1::connect(config)
        .await
        .map_err(|error| ConnectError::Open {
            kind: error.kind(),
            source: error.into(),
        })?;
    Ok(Store::new(store))
}

/// Says what is missing.
#[cfg(not(feature = "eventstore-v1"))]
#[expect(
    clippy::unused_async,
    reason = "the same call with and without the feature"
)]
pub(crate) async fn open_eventstore_v1(
    scheme: &'static str,
    _: &str,
) -> Result<Store, ConnectError> {
    Err(ConnectError::FeatureMissing {
        scheme,
        feature: "eventstore-v1",
    })
}

/// Opens the EventStoreDB store that `url` names.
#[cfg(feature = "eventstoredb")]
pub(crate) async fn open_eventstoredb(_: &str, url: &str) -> Result<Store, ConnectError> {
    use eventstoredb::{EventStoreDb, EventStoreDbConfig};

    let config = EventStoreDbConfig::from_url(url).map_err(|error| ConnectError::InvalidUrl {
        reason: error.to_string(),
    })?;
    let store = EventStoreDb::connect(config)
        .await
        .map_err(|error| ConnectError::Open {
            kind: error.kind(),
            source: error.into(),
        })?;
    Ok(Store::new(store))
}

/// Says what is missing.
#[cfg(not(feature = "eventstoredb"))]
#[expect(
    clippy::unused_async,
    reason = "the same call with and without the feature"
)]
pub(crate) async fn open_eventstoredb(
    scheme: &'static str,
    _: &str,
) -> Result<Store, ConnectError> {
    Err(ConnectError::FeatureMissing {
        scheme,
        feature: "eventstoredb",
    })
}
