use super::{EventStoreV1, EventStoreV1Config};
use crate::store::toolkit::driver::{DriverError, Opened};
use futures_util::future::BoxFuture;

/// Opens the `eventstore.v1` store that `url` names.
pub(in crate::backend) fn open(url: &str) -> BoxFuture<'_, Result<Opened, DriverError>> {
    Box::pin(async move {
        let config = EventStoreV1Config::from_url(url).map_err(DriverError::invalid_url)?;
        let store = EventStoreV1::connect(config)
            .await
            .map_err(|error| DriverError::open(error.kind(), error))?;
        Ok(Opened::new(store))
    })
}
