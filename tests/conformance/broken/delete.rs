use super::{caught, flaw, store::Broken};
use plumberd::{
    event::RecordedEvent,
    store::{EventStore, EventStoreExt},
    stream::{ExpectedRevision, Revision},
};

/// Hides the events, and forgets that the stream is like one without.
fn truncates_instead() -> Broken {
    Broken::new().delete(|inner, stream, _| async move {
        let head = flaw::head(&inner, &stream).await?;
        inner
            .truncate_before(&stream, head.map_or(Revision::FIRST, Revision::next))
            .await
    })
}

fn deletes_whatever_is_expected() -> Broken {
    Broken::new().delete(|inner, stream, _| async move {
        inner.delete(&stream, ExpectedRevision::Any).await
    })
}

fn deletes_once() -> Broken {
    Broken::new().delete(|inner, stream, expected| async move {
        if inner.stream_info(&stream).await?.deleted {
            return Err(flaw::conflict(stream, expected));
        }
        inner.delete(&stream, expected).await
    })
}

fn tombstones_whatever_is_expected() -> Broken {
    Broken::new().tombstone(|inner, stream, _| async move {
        inner.tombstone(&stream, ExpectedRevision::Any).await
    })
}

fn keeps_tombstones_to_itself() -> Broken {
    Broken::new()
        .each_read_all(|event| (event.event_type != RecordedEvent::TOMBSTONE).then_some(event))
}

caught! { delete:
    a_deleted_stream_reads_as_empty(flaw::does_not_delete())
        says "a deleted stream still shows events";
    a_deleted_stream_may_be_written_again(truncates_instead())
        says "a stream written again goes on elsewhere: got Err";
    a_delete_keeps_to_its_expectation(deletes_whatever_is_expected())
        says "a delete with no stream: got Ok";
    a_deleted_stream_may_be_deleted_again(deletes_once())
        says "a second delete with any revision: got Err";
    a_tombstone_keeps_to_its_expectation(tombstones_whatever_is_expected())
        says "a tombstone with no stream: got Ok";
    a_tombstoned_stream_is_gone_for_ever(flaw::soft_tombstone())
        says "a read of a tombstoned stream: got Ok";
    the_global_order_has_the_tombstone(keeps_tombstones_to_itself())
        says "the last event is of another type";
    a_read_is_not_cut_short_by_a_delete(flaw::ends_where_events_are_gone())
        says "a read ended before its end";
}
