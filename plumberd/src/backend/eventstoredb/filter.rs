//! What of a filter the server can do.

use super::BACKEND;
use crate::{
    event::{EventType, RecordedEvent},
    store::{Filter, StoreError, TenantScope, toolkit::follow::PAGE_EVENTS},
    stream::StreamMetadata,
};
use eventstore::SubscriptionFilter;

/// The events that say that a stream was deleted or truncated.
const DELETIONS: [&str; 2] = [StreamMetadata::EVENT_TYPE, RecordedEvent::TOMBSTONE];

/// Those, and every event of the application.
const APPLICATION_AND_DELETIONS: &str = r"^[^\$].*|^\$metadata$|^\$streamDeleted$";

/// What the server may leave out; every event it sends must still be asked of
/// `filter`. `None` when it would send all of them. With `deletions` it sends
/// also what says that streams were deleted.
pub(super) fn of_server(filter: &Filter, deletions: bool) -> Option<SubscriptionFilter> {
    let narrow = if filter.stream_prefixes().len() > 0 {
        filter
            .stream_prefixes()
            .fold(SubscriptionFilter::on_stream_name(), |narrow, prefix| {
                let narrow = narrow.add_prefix(prefix);
                if deletions {
                    narrow.add_prefix(format!("$${prefix}"))
                } else {
                    narrow
                }
            })
    } else if !filter.event_types().is_empty() {
        let types = filter.event_types().iter().map(EventType::as_str);
        let own = DELETIONS.into_iter().filter(|_| deletions);
        types
            .chain(own)
            .fold(SubscriptionFilter::on_event_type(), |narrow, name| {
                narrow.add_prefix(name)
            })
    } else if !filter.includes_system_events() && deletions {
        SubscriptionFilter::on_event_type().regex(APPLICATION_AND_DELETIONS)
    } else if !filter.includes_system_events() {
        SubscriptionFilter::on_event_type().exclude_system_events()
    } else {
        return None;
    };
    // It tells how far it came each time it has looked at so many.
    Some(narrow.max(u32::try_from(PAGE_EVENTS).unwrap_or(u32::MAX)))
}

/// Whether it lets but few events through, so that the server should choose.
pub(super) fn is_narrow(filter: &Filter) -> bool {
    filter.stream_prefixes().len() > 0 || !filter.event_types().is_empty()
}

/// Refuses a filter for one tenant: the server has none.
pub(super) fn check(filter: &Filter) -> Result<(), StoreError> {
    match filter.tenants() {
        TenantScope::Own | TenantScope::Every => Ok(()),
        TenantScope::One(tenant) => Err(StoreError::Unsupported {
            backend: BACKEND,
            what: format!("read the events of the tenant `{tenant}`, it has no tenants"),
        }),
    }
}
