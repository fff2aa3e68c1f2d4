use super::{EventStoreDb, EventStoreDbConfig};
use crate::store::toolkit::driver::{DriverError, Opened};
use futures_util::future::BoxFuture;

/// Opens the EventStoreDB store that `url` names.
pub(in crate::backend) fn open(url: &str) -> BoxFuture<'_, Result<Opened, DriverError>> {
    Box::pin(async move {
        let config = EventStoreDbConfig::from_url(url).map_err(DriverError::invalid_url)?;
        let store = EventStoreDb::connect(config)
            .await
            .map_err(|error| DriverError::open(error.kind(), error))?;
        Ok(Opened::new(store))
    })
}
