use super::{caught, flaw, store::Broken};
use plumberd::{
    store::{EventStore, StoreError},
    stream::ExpectedRevision,
};

fn hides_the_actual_revision() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let result = inner.append(&stream, expected, events).await;
        result.map_err(|error| match error {
            StoreError::Conflict {
                stream, expected, ..
            } => flaw::conflict(stream, expected),
            other => other,
        })
    })
}

/// Looks, and then writes: between the two another may write.
fn checks_and_then_writes() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        if let ExpectedRevision::Exact(revision) = expected
            && flaw::head(&inner, &stream).await? != Some(revision)
        {
            return Err(flaw::conflict(stream, expected));
        }
        tokio::task::yield_now().await;
        inner.append(&stream, ExpectedRevision::Any, events).await
    })
}

/// Writes after what it saw, and overlooks that another was faster.
fn loses_the_slower_of_two() -> Broken {
    Broken::new().append(|inner, stream, _, events| async move {
        let head = flaw::head(&inner, &stream).await?;
        tokio::task::yield_now().await;
        match inner.append(&stream, head.into(), events).await {
            Err(StoreError::Conflict { .. }) => {
                let info = inner.stream_info(&stream).await?;
                let last = info.last_revision.ok_or_else(flaw::unavailable)?;
                let nowhere = plumberd::stream::Position::new(0);
                Ok(plumberd::store::AppendOutcome::written(last, last, nowhere))
            }
            other => other,
        }
    })
}

/// Takes the last revision for the head, whether or not it was deleted.
fn expects_across_a_delete() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let info = inner.stream_info(&stream).await?;
        let expected = match expected {
            ExpectedRevision::Exact(last) if info.deleted && info.last_revision == Some(last) => {
                ExpectedRevision::NoStream
            }
            other => other,
        };
        inner.append(&stream, expected, events).await
    })
}

caught! { expected:
    expectations_of_a_stream_that_never_was(flaw::ignores_what_is_expected())
        says "of a stream that never was did the first";
    expectations_of_a_stream_with_events(flaw::ignores_what_is_expected())
        says "of a stream that has events did the first";
    expectations_of_a_deleted_stream(flaw::does_not_delete())
        says "of a stream that was deleted did the first";
    a_delete_fences_off_who_has_not_seen_it(expects_across_a_delete())
        says "of a stream that was deleted did the first";
    expectations_of_a_stream_written_again(flaw::ignores_what_is_expected())
        says "of a stream that was written again did the first";
    expectations_of_a_tombstoned_stream(flaw::soft_tombstone())
        says "of a stream that has a tombstone did the first";
    a_conflict_tells_what_was_expected_and_what_is(hides_the_actual_revision())
        says "a conflict tells another revision";
    of_concurrent_writers_at_one_revision_one_wins(checks_and_then_writes())
        says "that expect one revision so many won";
    of_concurrent_writers_that_expect_nothing_all_are_kept(loses_the_slower_of_two())
        says "concurrent appends left other revisions";
}
