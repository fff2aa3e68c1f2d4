use uuid::Uuid;

/// A new event id: a UUID of version 7, which grows with time.
pub fn new_event_id() -> Uuid {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that makes ids"
    )]
    Uuid::now_v7()
}

/// The id of the event number `index` (from 0) that the command `command_id`
/// leads to: the UUID of version 5 of the index as decimal text, in the
/// namespace `command_id`.
///
/// The same command always leads to the same ids, so a store recognises a
/// repeated command by them.
pub fn derived_event_id(command_id: Uuid, index: usize) -> Uuid {
    Uuid::new_v5(&command_id, index.to_string().as_bytes())
}
