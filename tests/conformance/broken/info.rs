use super::{caught, store::Broken};
use plumberd::{
    store::{EventStore, Filter, Location, ReadOptions, StoreError, StreamInfo},
    stream::{Revision, StreamMetadata},
};
use uuid::Uuid;

fn tells(change: impl Fn(&mut StreamInfo) + Send + Sync + 'static) -> Broken {
    Broken::new().info(move |mut info| {
        change(&mut info);
        info
    })
}

/// "Empty" and "one event" look alike.
fn has_a_revision_for_nothing() -> Broken {
    tells(|info| info.last_revision = Some(info.last_revision.unwrap_or(Revision::FIRST)))
}

fn finds_nothing() -> Broken {
    Broken::new().find(|_, _, _| async { Ok(None) })
}

async fn among(
    read: plumberd::store::EventStream,
    id: Uuid,
) -> Result<Option<Location>, StoreError> {
    let events = read.collect_all().await?;
    Ok(events
        .iter()
        .find(|event| event.id == id)
        .map(|event| Location {
            revision: event.revision,
            position: event.position,
        }))
}

fn finds_what_is_visible() -> Broken {
    Broken::new().find(|inner, stream, id| async move {
        among(inner.read_stream(&stream, ReadOptions::forwards()), id).await
    })
}

fn finds_anywhere() -> Broken {
    Broken::new().find(|inner, _, id| async move {
        among(inner.read_all(ReadOptions::forwards(), Filter::new()), id).await
    })
}

caught! { info:
    information_of_a_stream_that_never_was(has_a_revision_for_nothing())
        says "a stream that never was has information";
    information_tells_the_last_revision(
        tells(|info| info.last_revision = info.last_revision.map(Revision::next))
    ) says "the information has another last revision";
    information_tells_a_delete(tells(|info| info.deleted = false)) says "a delete is not told";
    information_tells_a_tombstone(tells(|info| info.tombstoned = false))
        says "a tombstone is not told";
    information_has_the_metadata_in_force(tells(|info| info.metadata = StreamMetadata::default()))
        says "the information has other metadata";
    an_event_is_found_by_its_id(finds_nothing()) says "an event is not found where it stands";
    one_of_several_events_is_found(finds_anywhere())
        says "one of several events is not found";
    a_hidden_event_is_found_by_its_id(finds_what_is_visible())
        says "a hidden event is not found";
    an_event_is_not_found_elsewhere(finds_anywhere()) says "an event is found where it is not";
}
