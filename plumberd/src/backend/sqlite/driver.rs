use super::{Sqlite, SqliteConfig};
use crate::store::toolkit::driver::{DriverError, Opened};
use futures_util::future::BoxFuture;

/// Opens the SQLite store that `url` names.
pub(in crate::backend) fn open(url: &str) -> BoxFuture<'_, Result<Opened, DriverError>> {
    Box::pin(async move {
        let config = SqliteConfig::from_url(url).map_err(DriverError::invalid_url)?;
        let store = Sqlite::open(config)
            .await
            .map_err(|error| DriverError::open(error.kind(), error))?;
        let closing = store.clone();
        Ok(Opened::new(store).closed_by(move || {
            let store = closing.clone();
            async move { store.close().await }
        }))
    })
}
