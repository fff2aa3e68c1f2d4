use super::{caught, flaw, record::an_unused_clock, store::Broken};
use plumberd::{
    codec::JsonObject,
    event::{EventType, NewEvent},
    store::{AppendOutcome, EventStore, EventStoreExt},
    stream::{ExpectedRevision, StreamMetadata},
};

/// Stores other metadata than it was given.
fn changes_metadata(change: impl Fn(&mut JsonObject) + Clone + Send + Sync + 'static) -> Broken {
    Broken::new().append(move |inner, stream, expected, mut events| {
        if stream.metadata_of().is_some() {
            for event in &mut events {
                let mut json = JsonObject::parse(event.data()).unwrap_or_default();
                change(&mut json);
                *event = NewEvent::new(event.id(), event.event_type().clone(), json.to_bytes());
            }
        }
        async move { inner.append(&stream, expected, events).await }
    })
}

fn without(key: &'static str) -> Broken {
    changes_metadata(move |json| {
        json.remove(key);
    })
}

/// Knows one bound at a time.
fn one_bound_only() -> Broken {
    changes_metadata(|json| {
        if json.contains("$tb") {
            json.remove("$maxCount");
        }
    })
}

fn takes_metadata_for_a_stream() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let (metadata, _) = inner.stream_metadata(&stream).await?;
        if expected == ExpectedRevision::NoStream && metadata != StreamMetadata::default() {
            return Err(flaw::conflict(stream, expected));
        }
        inner.append(&stream, expected, events).await
    })
}

fn keeps_known_keys_only() -> Broken {
    changes_metadata(|json| {
        json.remove("Owner");
    })
}

/// Keeps the metadata of a stream in a table, whatever the writer expected.
fn overwrites_metadata() -> Broken {
    Broken::new().append(|inner, stream, mut expected, events| async move {
        if stream.metadata_of().is_some() {
            expected = ExpectedRevision::Any;
        }
        inner.append(&stream, expected, events).await
    })
}

/// Counts a stream's events by looking at those that are visible.
fn forgets_hidden_revisions() -> Broken {
    Broken::new().info(|mut info| {
        let first = info.metadata.truncate_before;
        info.last_revision = info
            .last_revision
            .filter(|last| first.is_none_or(|first| first <= *last));
        info
    })
}

/// Metadata in the stream itself: it takes a number there.
fn writes_metadata_somewhere_else() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        if let Some(of) = stream.metadata_of() {
            let note: EventType = "Note".parse().unwrap();
            let notes = events
                .iter()
                .map(|event| NewEvent::new(event.id(), note.clone(), event.data().clone()));
            let outcome: AppendOutcome = inner
                .append(&of, ExpectedRevision::Any, notes.collect())
                .await?;
            return Ok(outcome);
        }
        inner.append(&stream, expected, events).await
    })
}

caught! { truncation:
    truncate_before_hides_what_is_before(without("$tb")) says "other events are visible";
    max_count_keeps_the_last_events(without("$maxCount")) says "other events are visible";
    max_age_hides_what_is_older(Broken::new(), an_unused_clock())
        says "other events are visible";
    bounds_of_a_stream_add_up(one_bound_only()) says "other events are visible";
    the_age_adds_to_the_other_bounds(Broken::new(), an_unused_clock())
        says "other events are visible";
    metadata_may_come_before_the_first_event(takes_metadata_for_a_stream())
        says "metadata is taken for events";
    metadata_keeps_unknown_keys(keeps_known_keys_only())
        says "keys of metadata were lost";
    metadata_that_cannot_be_read_is_refused(writes_metadata_somewhere_else())
        says "metadata `[]`: got Ok";
    a_metadata_stream_is_a_stream(overwrites_metadata()) says "stale metadata: got Ok";
    the_highest_revision_outlives_its_event(forgets_hidden_revisions())
        says "the highest revision is forgotten";
    a_read_is_not_cut_short_by_a_truncation(flaw::leaves_out_what_is_gone())
        says "a read left events out";
}
