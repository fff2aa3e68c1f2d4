use super::{caught, flaw, store::Broken};
use plumberd::{
    backend::memory::Memory,
    event::{ContentType, NewEvent},
    store::{AppendOutcome, EventStore, Limits},
    stream::{ExpectedRevision, Position, Revision},
};

fn counts_from_one() -> Broken {
    Broken::new().each_read(|mut event| {
        event.revision = event.revision.next();
        Some(event)
    })
}

fn tells_the_first_revision_twice() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let outcome = inner.append(&stream, expected, events).await?;
        let first = outcome.first_revision();
        Ok(AppendOutcome::written(first, first, outcome.position()))
    })
}

fn positions_shrink() -> Broken {
    Broken::new().each_read(|mut event| {
        event.position = Position::new(u64::MAX - event.position.as_u64());
        Some(event)
    })
}

fn takes_nothing() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        if events.is_empty() {
            let nowhere = Revision::FIRST;
            return Ok(AppendOutcome::written(nowhere, nowhere, Position::new(0)));
        }
        inner.append(&stream, expected, events).await
    })
}

/// Looks at no bytes.
fn takes_json_of_any_depth() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let opaque = |event: NewEvent| event.with_content_type(ContentType::OCTET_STREAM);
        let events = events.into_iter().map(opaque).collect();
        inner.append(&stream, expected, events).await
    })
}

/// Writes what it can of a batch, and then says that it failed.
fn leaves_a_part() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let result = inner.append(&stream, expected, events.clone()).await;
        if result.is_err() {
            for event in events {
                let _ = inner
                    .append(&stream, ExpectedRevision::Any, vec![event])
                    .await;
            }
        }
        result
    })
}

/// Writes a batch event by event.
fn interleaves() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let mut last = None;
        for event in events {
            last = Some(inner.append(&stream, expected, vec![event]).await?);
            tokio::task::yield_now().await;
        }
        last.ok_or_else(flaw::unavailable)
    })
}

/// Tells limits that it does not keep.
fn unlimited() -> Broken {
    let huge = Limits::default()
        .with_event_bytes(usize::MAX)
        .with_batch_bytes(usize::MAX)
        .with_batch_events(usize::MAX);
    Broken::over(Memory::new().with_limits(huge)).limits(Limits::default())
}

caught! { append:
    revisions_start_at_zero_and_are_consecutive(counts_from_one()) says "revisions are not 0, 1, 2";
    an_outcome_tells_where_the_batch_stands(tells_the_first_revision_twice())
        says "an outcome tells other revisions";
    positions_grow_with_every_event(positions_shrink()) says "positions of a stream do not grow";
    an_empty_append_is_refused(takes_nothing()) says "an empty append: got Ok";
    json_that_is_nested_too_deep_is_refused(takes_json_of_any_depth())
        says "JSON nested too deep: got Ok";
    a_batch_is_stored_whole_or_not_at_all(leaves_a_part()) says "left something";
    batches_of_concurrent_writers_do_not_interleave(interleaves())
        says "a batch is not stored side by side";
    an_event_above_the_limit_is_refused(unlimited()) says "an event above the limit: got Ok";
    a_batch_of_too_many_events_is_refused(unlimited()) says "a batch of too many events: got Ok";
    a_batch_of_too_many_bytes_is_refused(unlimited()) says "a batch of too many bytes: got Ok";
    two_handles_see_what_the_other_wrote(Broken::new(), Broken::new())
        says "a handle does not see what another wrote";
}
