use crate::{
    event::{Link, RecordedEvent},
    store::{Filter, StoreError, TenantScope, rules::ReadWindow},
    stream::{Position, Revision, StreamName, TenantId},
};

/// The revision and stream that a link's data points to.
pub fn link_target(data: &[u8]) -> Option<(Revision, StreamName)> {
    let (revision, stream) = std::str::from_utf8(data).ok()?.split_once('@')?;
    Some((
        Revision::new(revision.parse().ok()?),
        StreamName::raw(stream).ok()?,
    ))
}

/// The position past which there is nothing to read: for a read of the
/// global order that starts at [`ReadFrom::End`](crate::store::ReadFrom::End).
pub const END: Position = Position::new(u64::MAX);

/// Refuses to read a stream that EventStoreDB's projections would fill and
/// this backend does not: an empty answer would look like there is nothing.
///
/// # Errors
///
/// [`StoreError::Unsupported`], which names the filter to use instead.
pub fn check_readable(backend: &'static str, stream: &StreamName) -> Result<(), StoreError> {
    let name = stream.as_str();
    let instead = if name.starts_with("$ce-") {
        "read all with `Filter::category`"
    } else if name.starts_with("$et-") {
        "read all with `Filter::event_type`"
    } else if name.starts_with("$bc-") || name == "$streams" {
        "read all events"
    } else {
        return Ok(());
    };
    Err(StoreError::Unsupported {
        backend,
        what: format!("read `{stream}`, which only a server's projections fill; {instead} instead"),
    })
}

/// Checks that the next page of a read of `stream` goes on where the page
/// before it ended. `next` is the first visible revision in the window, `last`
/// looks up the last revision ever written, which is rarely needed.
///
/// # Errors
///
/// [`StoreError::ChangedWhileRead`] when there is an event to go on with, and
/// it was hidden since; the error of `last`.
pub fn check_resumed(
    stream: &StreamName,
    window: &ReadWindow,
    next: Option<Revision>,
    last: impl FnOnce() -> Result<Option<Revision>, StoreError>,
) -> Result<(), StoreError> {
    let Some(at) = window.resumes_at().map(Revision::new) else {
        return Ok(());
    };
    if next == Some(at) || last()?.is_none_or(|last| last < at) {
        return Ok(());
    }
    Err(StoreError::ChangedWhileRead {
        stream: stream.clone(),
    })
}

/// Checks that a subscription of `stream`, or of the global order, begins and
/// goes on after a place that is there. `end` is the last revision ever written
/// to the stream, hidden ones too, or the last position of the store.
///
/// After position 0 is from the start: no event is there.
///
/// # Errors
///
/// [`StoreError::NotReached`].
pub fn check_reached(
    backend: &'static str,
    stream: Option<&StreamName>,
    after: u64,
    end: Option<u64>,
) -> Result<(), StoreError> {
    if end >= Some(after) || (stream.is_none() && after == 0) {
        return Ok(());
    }
    Err(StoreError::NotReached {
        backend,
        stream: stream.cloned(),
        after,
        end,
    })
}

/// Whether an event is a link whose target must be looked up.
pub fn is_link(event: &RecordedEvent) -> bool {
    event.event_type == RecordedEvent::LINK
}

/// What a read that resolves links yields for `link`: its target when there is
/// a visible one, else the link itself.
pub fn resolve_link(link: RecordedEvent, target: Option<RecordedEvent>) -> RecordedEvent {
    let Some(mut target) = target else {
        return link;
    };
    target.link = Some(Box::new(Link {
        stream: link.stream,
        revision: link.revision,
        position: link.position,
        id: link.id,
    }));
    target
}

/// Whose events a read of the global order yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Those of one tenant, or those that have none.
    Of(Option<TenantId>),
    /// All.
    Every,
}

/// Whose events `filter` may yield to a handle of the tenant `own`.
///
/// # Errors
///
/// [`StoreError::TenantForbidden`] when a tenant's handle asks for others.
pub fn check_tenants(own: Option<&TenantId>, filter: &Filter) -> Result<Tenants, StoreError> {
    match (own, filter.tenants()) {
        (_, TenantScope::Own) => Ok(Tenants::Of(own.cloned())),
        (None, TenantScope::Every) => Ok(Tenants::Every),
        (None, TenantScope::One(tenant)) => Ok(Tenants::Of(Some(tenant.clone()))),
        (Some(own), TenantScope::One(tenant)) if own == tenant => {
            Ok(Tenants::Of(Some(tenant.clone())))
        }
        (Some(_), TenantScope::One(_) | TenantScope::Every) => Err(StoreError::TenantForbidden),
    }
}
