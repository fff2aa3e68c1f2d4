//! The names of things observed: spans and their fields, all of them.
//!
//! | span | fields | when |
//! |---|---|---|
//! | `plumberd.execute` | `plumberd.category`, `plumberd.stream` | a command on a repository |
//! | `plumberd.append` | `plumberd.stream`, `plumberd.expected`, `plumberd.events` | an append through a [`Store`](crate::Store) |
//!
//! Spans are at level `DEBUG` and cost next to nothing without a subscriber.
//! Lost races and appends that are asked for again are events inside.

use crate::stream::{ExpectedRevision, StreamName};
use tracing::Span;

pub(crate) fn execute_span(category: &str, stream: &StreamName) -> Span {
    tracing::debug_span!(
        "plumberd.execute",
        otel.kind = "internal",
        plumberd.category = category,
        plumberd.stream = %stream,
    )
}

pub(crate) fn append_span(stream: &StreamName, expected: ExpectedRevision, events: usize) -> Span {
    tracing::debug_span!(
        "plumberd.append",
        otel.kind = "client",
        plumberd.stream = %stream,
        plumberd.expected = %expected,
        plumberd.events = events,
    )
}
