use uuid::Uuid;

/// A new event id: a UUID of version 7, which grows with time.
pub fn new_event_id() -> Uuid {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that makes ids"
    )]
    Uuid::now_v7()
}

/// The id of the event number `index` (from 0) of those that follow from
/// `namespace`: the UUID of version 5 of the index as decimal text, in that
/// namespace.
///
/// The same namespace always leads to the same ids, so a store recognises what
/// is repeated by them. Each command has one in each stream, see
/// [`CommandId::event_id`](crate::repository::CommandId::event_id).
pub fn derived_event_id(namespace: Uuid, index: usize) -> Uuid {
    Uuid::new_v5(&namespace, index.to_string().as_bytes())
}
