//! The decisions that backends make alike, each at its bounds.

use plumberd::{
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{
        AppendOutcome, IdempotencyReason, Limits, Location, ReadFrom,
        toolkit::rules::{
            self, Admission, Deletion, ReadWindow, Stored, StreamState, Tenants, Visibility, admit,
            check_batch, check_delete, check_expected, check_resumed, check_tenants,
            check_tombstone,
        },
    },
    stream::{StreamMetadata, TenantId},
};
use std::time::Duration;

fn stream() -> StreamName {
    StreamName::new("Account", 1).unwrap()
}

/// An event whose data and metadata are so many bytes.
fn event(bytes: usize) -> NewEvent {
    let bare = NewEvent::new(new_event_id(), "Opened".parse().unwrap(), "");
    let metadata = bare.metadata().as_bytes().len();
    let data = " ".repeat(bytes.checked_sub(metadata).unwrap());
    let event = NewEvent::new(bare.id(), "Opened".parse().unwrap(), data);
    // The time is of one length, whenever it is.
    assert_eq!(event.size(), bytes);
    event
}

fn state(last: Option<u64>, deleted: bool, tombstoned: bool) -> StreamState {
    StreamState {
        last: last.map(Revision::new),
        deleted,
        tombstoned,
    }
}

fn exact(revision: u64) -> ExpectedRevision {
    ExpectedRevision::Exact(Revision::new(revision))
}

fn stored(revision: u64) -> Option<Stored> {
    Some(Stored {
        same_stream: true,
        location: Location {
            revision: Revision::new(revision),
            position: Position::new(revision * 10),
        },
    })
}

#[test]
fn a_batch_may_be_as_large_as_the_limits_and_not_larger() {
    let limits = Limits::default()
        .with_event_bytes(600)
        .with_batch_events(3)
        .with_batch_bytes(1_500);
    let what = |sizes: &[usize]| {
        let events: Vec<_> = sizes.iter().map(|bytes| event(*bytes)).collect();
        match check_batch(&stream(), &events, &limits) {
            Ok(None) => None,
            Err(StoreError::LimitExceeded { what, size, limit }) => Some((what, size, limit)),
            other => panic!("{other:?}"),
        }
    };

    assert_eq!(what(&[600]), None);
    assert_eq!(what(&[500, 500, 500]), None);
    let (event, size, limit) = what(&[500, 601]).unwrap();
    assert!(
        event.contains("event 1") && event.contains("`Opened`"),
        "{event}"
    );
    assert_eq!((size, limit), (601, 600));
    let (count, size, limit) = what(&[400, 400, 400, 400]).unwrap();
    assert_eq!(
        (count.as_str(), size, limit),
        ("the number of events of an append", 4, 3)
    );
    let (bytes, size, limit) = what(&[501, 500, 500]).unwrap();
    assert_eq!(
        (bytes.as_str(), size, limit),
        ("the size in bytes of an append", 1_501, 1_500)
    );
    let empty = check_batch(&stream(), &[], &limits);
    assert!(
        matches!(empty, Err(StoreError::EmptyAppend { .. })),
        "{empty:?}"
    );
}

#[test]
fn an_id_that_is_twice_in_a_batch_is_refused_wherever_it_stands() {
    let limits = Limits::default();
    let three: Vec<_> = (0..3).map(|_| event(500)).collect();
    assert!(check_batch(&stream(), &three, &limits).is_ok());
    for (first, second) in [(0, 1), (1, 2), (0, 2), (2, 0)] {
        let mut batch = three.clone();
        batch[second] = batch[first].clone();

        let refused = check_batch(&stream(), &batch, &limits);

        assert!(
            matches!(&refused, Err(StoreError::Idempotency { event_id, reason: IdempotencyReason::RepeatedInBatch, .. })
                if *event_id == three[first].id()),
            "{refused:?}"
        );
    }
}

#[test]
fn a_metadata_stream_takes_metadata_only_and_the_last_of_it_is_in_force() {
    let metadata = stream().metadata_stream();
    let changed =
        |json: &'static str| NewEvent::new(new_event_id(), "$metadata".parse().unwrap(), json);
    let limits = Limits::default();

    let both = [changed(r#"{"$maxCount":3}"#), changed(r#"{"$maxCount":5}"#)];
    let in_force = check_batch(&metadata, &both, &limits).unwrap().unwrap();
    let other = check_batch(&metadata, &[both[0].clone(), event(500)], &limits);
    let unread = check_batch(&metadata, &[changed(r#"{"$maxCount":-1}"#)], &limits);
    let elsewhere = check_batch(&stream(), &both, &limits);

    assert_eq!(in_force.max_count, Some(5));
    assert!(
        matches!(&other, Err(StoreError::Unsupported { what, .. }) if what.contains("`Opened`")),
        "{other:?}"
    );
    assert!(
        matches!(&unread, Err(StoreError::InvalidStreamMetadata { stream: of, .. }) if *of == stream()),
        "{unread:?}"
    );
    assert_eq!(elsewhere.unwrap(), None);
}

#[test]
fn what_a_writer_expects_is_compared_with_what_can_be_seen() {
    use ExpectedRevision::{Any, NoStream, StreamExists};
    let never = state(None, false, false);
    let at_two = state(Some(2), false, false);
    let deleted = state(Some(2), true, false);
    for (expected, met) in [
        (Any, [true, true, true]),
        (NoStream, [true, false, true]),
        (StreamExists, [false, true, false]),
        (exact(1), [false, false, false]),
        (exact(2), [false, true, false]),
        (exact(3), [false, false, false]),
    ] {
        let states = [never, at_two, deleted];
        let checked = states.map(|state| check_expected(&stream(), expected, state));
        assert_eq!(checked.each_ref().map(Result::is_ok), met, "{expected}");
        for (state, checked) in states.iter().zip(checked) {
            let Err(error) = checked else { continue };
            assert!(
                matches!(&error, StoreError::Conflict { expected: told, actual, .. }
                    if *told == expected && *actual == state.head()),
                "{error:?}"
            );
        }
    }
    assert_eq!(never.next(), Revision::FIRST);
    assert_eq!((deleted.head(), deleted.next()), (None, Revision::new(3)));
}

#[test]
fn a_batch_is_written_after_the_last_event_or_known_again_as_it_stands() {
    let events: Vec<_> = (0..3).map(|_| event(500)).collect();
    let at_four = state(Some(4), false, false);
    let tombstoned = state(Some(4), false, true);
    let decide = |expected, state, stored: &[Option<Stored>]| {
        admit(&stream(), expected, &events, state, stored)
    };
    let outcome =
        AppendOutcome::already_applied(Revision::new(1), Revision::new(3), Position::new(30));
    let known = Admission::AlreadyApplied(outcome);

    let written = decide(exact(4), at_four, &[]).unwrap();
    let again = [stored(1), stored(2), stored(3)];
    assert_eq!(written, Admission::Write(Revision::new(5)));
    assert_eq!(decide(exact(0), at_four, &again).unwrap(), known);
    assert_eq!(decide(exact(0), tombstoned, &again).unwrap(), known);
    assert!(matches!(
        decide(exact(4), tombstoned, &[]),
        Err(StoreError::StreamDeleted { .. })
    ));
    assert!(matches!(
        decide(exact(3), at_four, &[]),
        Err(StoreError::Conflict { .. })
    ));

    let elsewhere = Some(Stored {
        same_stream: false,
        ..stored(1).unwrap()
    });
    for (stored, named, reason) in [
        ([elsewhere, None, None], 0, IdempotencyReason::OtherStream),
        ([None, elsewhere, None], 1, IdempotencyReason::OtherHead),
        ([stored(1), None, None], 1, IdempotencyReason::OtherTail),
        (
            [stored(1), stored(2), None],
            2,
            IdempotencyReason::OtherTail,
        ),
        ([None, None, stored(1)], 2, IdempotencyReason::OtherHead),
        (
            [stored(1), stored(3), stored(2)],
            1,
            IdempotencyReason::OtherOrder,
        ),
        (
            [stored(1), stored(2), stored(4)],
            2,
            IdempotencyReason::OtherOrder,
        ),
        (
            [stored(1), elsewhere, stored(3)],
            1,
            IdempotencyReason::OtherStream,
        ),
    ] {
        let refused = decide(ExpectedRevision::Any, at_four, &stored);
        assert!(
            matches!(&refused, Err(StoreError::Idempotency { event_id, reason: told, .. })
                if *event_id == events[named].id() && *told == reason),
            "{stored:?}: {refused:?}"
        );
    }
}

#[test]
fn a_stream_never_reaches_the_revision_that_stands_for_its_end() {
    let events: Vec<_> = (0..2).map(|_| event(500)).collect();
    let at = |before_end: u64| state(Some(Revision::MAX.as_u64() - before_end), false, false);
    let admitted = |state| admit(&stream(), ExpectedRevision::Any, &events, state, &[]);

    assert!(admitted(at(4)).is_ok());
    for full in [at(3), at(2), at(1)] {
        let refused = admitted(full);
        assert!(
            matches!(refused, Err(StoreError::LimitExceeded { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_stream_that_has_events_is_deleted_once_and_a_metadata_stream_never() {
    let at_two = state(Some(2), false, false);
    let deleted = state(Some(2), true, false);
    let tombstoned = state(Some(2), false, true);
    let never = state(None, false, false);
    let any = ExpectedRevision::Any;
    let delete = |expected, state| check_delete(&stream(), expected, state);

    assert_eq!(delete(exact(2), at_two).unwrap(), Deletion::Write);
    assert_eq!(delete(any, deleted).unwrap(), Deletion::AlreadyDeleted);
    let again = delete(ExpectedRevision::NoStream, deleted);
    assert_eq!(again.unwrap(), Deletion::AlreadyDeleted);
    for (expected, state) in [(exact(1), at_two), (any, never), (exact(2), deleted)] {
        let refused = delete(expected, state);
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{refused:?}"
        );
    }
    assert!(check_tombstone(&stream(), any, never).is_ok());
    assert!(check_tombstone(&stream(), exact(1), at_two).is_err());
    let metadata = stream().metadata_stream();
    for refused in [
        delete(any, tombstoned).map(drop),
        check_tombstone(&stream(), any, tombstoned),
    ] {
        assert!(
            matches!(refused, Err(StoreError::StreamDeleted { .. })),
            "{refused:?}"
        );
    }
    for refused in [
        check_delete(&metadata, any, at_two).map(drop),
        check_tombstone(&metadata, any, at_two),
    ] {
        assert!(
            matches!(refused, Err(StoreError::Unsupported { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn metadata_hides_what_is_before_truncation_count_or_age() {
    let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
    let last = Some(Revision::new(9));
    let first = |metadata: &StreamMetadata| Visibility::of(metadata, last, now).first_revision();
    let mut metadata = StreamMetadata::default();
    assert_eq!(first(&metadata), Revision::FIRST);
    metadata.max_count = Some(3);
    assert_eq!(first(&metadata), Revision::new(7));
    metadata.max_count = Some(20);
    assert_eq!(first(&metadata), Revision::FIRST);
    metadata.truncate_before = Some(Revision::new(4));
    assert_eq!(first(&metadata), Revision::new(4));
    metadata.max_count = Some(2);
    assert_eq!(first(&metadata), Revision::new(8));
    let never = Visibility::of(&metadata, None, now);
    assert_eq!(never.first_revision(), Revision::new(4));

    let mut aged = StreamMetadata::default();
    aged.max_age = Some(Duration::from_secs(60));
    let minute = Visibility::of(&aged, last, now);
    let at = |seconds: i64| DateTime::from_timestamp(1_000_000 - seconds, 0).unwrap();
    assert_eq!(minute.recorded_after(), Some(at(60)));
    assert!(minute.shows(Revision::FIRST, at(59)));
    assert!(!minute.shows(Revision::FIRST, at(60)));
    aged.max_age = Some(Duration::MAX);
    assert_eq!(Visibility::of(&aged, last, now).recorded_after(), None);
    aged.truncate_before = Some(Revision::new(4));
    let truncated = Visibility::of(&aged, last, now);
    assert!(truncated.shows(Revision::new(4), at(0)));
    assert!(!truncated.shows(Revision::new(3), at(0)));
}

#[test]
fn a_delete_and_what_comes_after_it_change_the_truncation_and_nothing_else() {
    let mut current = StreamMetadata::default();
    current.max_count = Some(3);
    let read = |event: NewEvent| {
        assert_eq!(*event.event_type(), "$metadata");
        rules::read_metadata(&stream(), &event).unwrap()
    };

    let deleted = read(rules::soft_delete_event(&stream(), &current).unwrap());
    let next = Revision::new(7);
    let revived = read(rules::revival_event(&stream(), &deleted, next).unwrap());

    assert_eq!(
        (deleted.truncate_before, deleted.max_count),
        (Some(Revision::MAX), Some(3))
    );
    assert_eq!(
        (revived.truncate_before, revived.max_count),
        (Some(next), Some(3))
    );
    let tombstone = rules::tombstone_event();
    assert_eq!(*tombstone.event_type(), RecordedEvent::TOMBSTONE);
    assert!(tombstone.data().is_empty());
}

#[test]
fn a_link_points_to_a_revision_of_a_stream_and_anything_else_is_none() {
    let target = |text: &str| rules::link_target(text.as_bytes());

    assert_eq!(target("7@Account-1"), Some((Revision::new(7), stream())));
    let strange = StreamName::raw("a@b").unwrap();
    assert_eq!(target("0@a@b"), Some((Revision::FIRST, strange)));
    for wrong in [
        "",
        "7",
        "@Account-1",
        "7@",
        "x@Account-1",
        "-1@Account-1",
        "7@\u{0}",
    ] {
        assert_eq!(target(wrong), None, "{wrong:?}");
    }
    assert_eq!(rules::link_target(b"7@\xff"), None);
}

#[test]
fn what_only_a_servers_projections_fill_is_refused_with_what_to_do_instead() {
    let refusal = |name: &str| {
        let name = StreamName::raw(name).unwrap();
        match rules::check_readable("x", &name) {
            Ok(()) => None,
            Err(StoreError::Unsupported { what, .. }) => Some(what),
            Err(other) => panic!("{other:?}"),
        }
    };

    for (name, instead) in [
        ("$ce-Account", "`Filter::category`"),
        ("$et-Opened", "`Filter::event_type`"),
        ("$bc-1", "read all events"),
        ("$streams", "read all events"),
    ] {
        let told = refusal(name).unwrap();
        assert!(told.contains(instead) && told.contains(name), "{told}");
    }
    for fine in [
        "Account-1",
        "$$Account-1",
        "$streams-1",
        "$ce",
        "ce-Account",
    ] {
        assert_eq!(refusal(fine), None, "{fine}");
    }
}

#[test]
fn a_tenant_reads_its_own_and_none_reads_anothers() {
    let tenant = |name: &str| TenantId::new(name).unwrap();
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let of = |own: Option<&TenantId>, filter: Filter| check_tenants(own, &filter).ok();
    let one = |tenant: &TenantId| Filter::new().of_tenant(tenant.clone());

    assert_eq!(of(None, Filter::new()), Some(Tenants::Of(None)));
    assert_eq!(
        of(Some(&acme), Filter::new()),
        Some(Tenants::Of(Some(acme.clone())))
    );
    assert_eq!(
        of(None, Filter::new().of_every_tenant()),
        Some(Tenants::Every)
    );
    assert_eq!(of(None, one(&acme)), Some(Tenants::Of(Some(acme.clone()))));
    assert_eq!(
        of(Some(&acme), one(&acme)),
        Some(Tenants::Of(Some(acme.clone())))
    );
    assert_eq!(of(Some(&acme), one(&globex)), None);
    assert_eq!(of(Some(&acme), Filter::new().of_every_tenant()), None);
}

#[test]
fn a_window_begins_where_it_is_told_and_ends_after_its_limit() {
    let at = |revision| Revision::new(revision);
    let forwards = ReadOptions::<Revision>::forwards;
    let backwards = ReadOptions::<Revision>::backwards;
    let most = u64::MAX;
    for (options, bounds) in [
        (forwards(), Some((0, most))),
        (forwards().from(ReadFrom::End), None),
        (forwards().from(ReadFrom::At(at(5))), Some((5, most))),
        (forwards().from(ReadFrom::After(at(5))), Some((6, most))),
        (forwards().from(ReadFrom::After(at(most))), None),
        (forwards().limit(0), None),
        (backwards(), Some((0, most))),
        (backwards().from(ReadFrom::Start), None),
        (backwards().from(ReadFrom::At(at(5))), Some((0, 5))),
        (backwards().from(ReadFrom::After(at(5))), Some((0, 4))),
        (backwards().from(ReadFrom::After(at(0))), None),
    ] {
        assert_eq!(
            ReadWindow::of_stream(&options).bounds(),
            bounds,
            "{options:?}"
        );
    }

    let mut window = ReadWindow::of_stream(&forwards().from(ReadFrom::At(at(5))).limit(10));
    assert_eq!((window.page(4), window.page(40)), (4, 10));
    assert_eq!(window.resumes_at(), None);
    window.advance(8, 4);
    assert_eq!(window.bounds(), Some((9, most)));
    assert_eq!((window.page(40), window.resumes_at()), (6, Some(9)));
    window.advance(14, 6);
    assert_eq!((window.bounds(), window.resumes_at()), (None, None));

    let mut window = ReadWindow::of_stream(&backwards().from(ReadFrom::At(at(5))));
    window.advance(1, 5);
    assert_eq!((window.bounds(), window.resumes_at()), (Some((0, 0)), None));
    window.advance(0, 1);
    assert_eq!(window.bounds(), None);
    let mut window = ReadWindow::of_stream(&forwards());
    window.advance(most, 1);
    assert_eq!(window.bounds(), None);
}

#[test]
fn a_read_that_finds_its_next_event_hidden_says_so_and_one_at_the_end_does_not() {
    let mut window = ReadWindow::of_stream(&ReadOptions::forwards());
    let check = |window: &ReadWindow, next: Option<u64>, last: Option<u64>| {
        let last = || Ok(last.map(Revision::new));
        check_resumed(&stream(), window, next.map(Revision::new), last)
    };
    // It has not begun: what is hidden is not missed.
    assert!(check(&window, Some(7), Some(9)).is_ok());
    window.advance(4, 5);

    assert!(check(&window, Some(5), Some(9)).is_ok());
    assert!(check(&window, None, Some(4)).is_ok());
    assert!(check(&window, None, None).is_ok());
    for (next, last) in [(Some(6), Some(9)), (None, Some(9)), (None, Some(5))] {
        let refused = check(&window, next, last);
        assert!(
            matches!(refused, Err(StoreError::ChangedWhileRead { .. })),
            "{next:?} {last:?}: {refused:?}"
        );
    }
}
