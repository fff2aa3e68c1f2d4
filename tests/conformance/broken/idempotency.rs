use super::{
    caught,
    flaw::{self, under_a_new_id},
    store::Broken,
};
use plumberd::{
    store::{AppendOutcome, EventStore, StoreError},
    stream::{ExpectedRevision, Revision},
};
use std::collections::HashSet;

fn forgets_ids() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let events = events.iter().map(under_a_new_id).collect();
        inner.append(&stream, expected, events).await
    })
}

/// Remembers only the last append of a stream.
fn remembers_the_last_append() -> Broken {
    Broken::new().append(|inner, stream, expected, mut events| async move {
        let last = events
            .last()
            .map(plumberd::event::NewEvent::id)
            .unwrap_or_default();
        let found = inner.find_event(&stream, last).await?;
        if found.map(|location| location.revision) != flaw::head(&inner, &stream).await? {
            events = events.iter().map(under_a_new_id).collect();
        }
        inner.append(&stream, expected, events).await
    })
}

fn takes_a_run_for_the_whole() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let outcome = inner.append(&stream, expected, events).await?;
        if outcome.is_already_applied() {
            let (last, position) = (outcome.revision(), outcome.position());
            return Ok(AppendOutcome::already_applied(
                Revision::FIRST,
                last,
                position,
            ));
        }
        Ok(outcome)
    })
}

/// Compares sets of ids, not their order.
fn ignores_the_order() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let mut places = Vec::new();
        for event in events {
            places.push((inner.find_event(&stream, event.id()).await?, event));
        }
        places.sort_by_key(|(place, _)| place.map(|place| place.revision));
        let events = places.into_iter().map(|(_, event)| event).collect();
        inner.append(&stream, expected, events).await
    })
}

/// Keeps ids unique in a stream, not in the store.
fn ids_of_each_stream() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let mut own = Vec::new();
        for event in events {
            let known = inner.find_event(&stream, event.id()).await?.is_some();
            own.push(if known { event } else { under_a_new_id(&event) });
        }
        inner
            .append(&stream, ExpectedRevision::Any, own)
            .await
            .map_err(|_| flaw::conflict(stream, expected))
    })
}

fn drops_repeated_ids() -> Broken {
    Broken::new().append(|inner, stream, _, mut events| async move {
        let mut seen = HashSet::new();
        events.retain(|event| seen.insert(event.id()));
        inner.append(&stream, ExpectedRevision::Any, events).await
    })
}

fn forgets_the_ids_of_a_deleted_stream() -> Broken {
    Broken::new().append(|inner, stream, expected, mut events| async move {
        if inner.stream_info(&stream).await?.deleted {
            events = events.iter().map(under_a_new_id).collect();
        }
        inner.append(&stream, expected, events).await
    })
}

/// Looks for the ids, and then writes: between the two the same batch may come.
fn looks_and_then_writes() -> Broken {
    Broken::new().append(|inner, stream, _, events| async move {
        let known = inner.find_event(&stream, events[0].id()).await?;
        tokio::task::yield_now().await;
        let events = match known {
            Some(_) => events,
            None => events.iter().map(under_a_new_id).collect(),
        };
        inner.append(&stream, ExpectedRevision::Any, events).await
    })
}

fn looks_for_the_tombstone_first() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        if inner.stream_info(&stream).await?.tombstoned {
            return Err(StoreError::StreamDeleted { stream });
        }
        inner.append(&stream, expected, events).await
    })
}

caught! { idempotency:
    the_same_batch_again_is_recognised(forgets_ids())
        says "a repeated batch with no stream: got Err";
    the_same_batch_is_recognised_after_later_events(remembers_the_last_append())
        says "a repeated batch with no stream: got Err";
    a_run_of_stored_events_is_recognised(takes_a_run_for_the_whole())
        says "was told other revisions";
    stored_events_in_another_order_are_refused(ignores_the_order())
        says "a batch that must be refused (the events are stored already, in another order";
    a_stored_head_with_another_tail_is_refused(flaw::deduplicates_single_events())
        says "a batch that must be refused (the events before it are stored already";
    a_new_head_with_a_stored_tail_is_refused(flaw::deduplicates_single_events())
        says "a batch that must be refused (it is stored already, and events before it";
    an_id_stored_in_another_stream_is_refused(ids_of_each_stream())
        says "a batch that must be refused (its id is stored in another stream)";
    an_id_twice_in_a_batch_is_refused(drops_repeated_ids())
        says "a batch that must be refused (its id occurs twice in the batch)";
    the_same_batch_is_recognised_after_a_delete(forgets_the_ids_of_a_deleted_stream())
        says "a repeated batch with no stream was written again";
    the_same_batch_is_recognised_after_a_tombstone(looks_for_the_tombstone_first())
        says "a repeated batch with no stream: got Err(StreamDeleted";
    of_concurrent_repetitions_one_is_written(looks_and_then_writes())
        says "so many of several repetitions say that they wrote";
}
