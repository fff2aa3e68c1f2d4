use super::{
    caught, flaw,
    store::{Broken, whole},
};
use plumberd::store::{Direction, EventStore, EventStream, ReadFrom};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Off by one at the start of a forward read.
fn begins_one_late() -> Broken {
    Broken::new().read(|inner, stream, mut options| {
        if let (ReadFrom::At(from), Direction::Forwards) = (options.from, options.direction) {
            options.from = ReadFrom::After(from);
        }
        inner.read_stream(&stream, options)
    })
}

/// Reads "past this" as "at this".
fn begins_one_early(of: Direction) -> Broken {
    Broken::new().read(move |inner, stream, mut options| {
        if let ReadFrom::After(from) = options.from
            && options.direction == of
        {
            options.from = ReadFrom::At(from);
        }
        inner.read_stream(&stream, options)
    })
}

/// 0 means "all", as in many query languages.
fn takes_0_for_no_limit() -> Broken {
    Broken::new().read(|inner, stream, mut options| {
        options.limit = options.limit.filter(|limit| *limit > 0);
        inner.read_stream(&stream, options)
    })
}

fn fails_without_events() -> Broken {
    Broken::new().read(|inner, stream, options| {
        whole(inner.read_stream(&stream, options), |events| match events {
            empty if empty.is_empty() => Err(flaw::unavailable()),
            events => Ok(events),
        })
    })
}

/// Five reads are served, no more: as if none were ever given back.
fn leaks_reads() -> Broken {
    let open = AtomicUsize::new(0);
    Broken::new().read(move |inner, stream, options| {
        if open.fetch_add(1, Ordering::Relaxed) < 5 {
            inner.read_stream(&stream, options)
        } else {
            EventStream::failed(flaw::unavailable())
        }
    })
}

fn reads_all_at_once() -> Broken {
    Broken::new().read(|inner, stream, options| whole(inner.read_stream(&stream, options), Ok))
}

/// Hides one event near the end, as if its transaction were still open.
fn hides_what_is_new() -> Broken {
    Broken::new().read(|inner, stream, options| {
        whole(inner.read_stream(&stream, options), |mut events| {
            if events.len() > 3 {
                events.remove(events.len() - 3);
            }
            Ok(events)
        })
    })
}

caught! { read:
    a_forward_read_begins_where_it_is_told(begins_one_late()) says "yields other events";
    a_backward_read_begins_where_it_is_told(begins_one_early(Direction::Backwards))
        says "yields other events";
    a_read_yields_no_more_than_its_limit(takes_0_for_no_limit()) says "yields other events";
    a_stream_that_never_was_reads_as_empty(fails_without_events())
        says "a stream that never was: got Err";
    a_read_may_be_dropped_at_any_time(leaks_reads()) says "cannot be read";
    a_long_read_comes_in_pages(reads_all_at_once()) says "events came as one page";
    a_read_during_appends_has_no_gap(hides_what_is_new())
        says "a read during appends has a gap";
    a_read_can_resume_after_every_event(begins_one_early(Direction::Forwards))
        says "a read resumed after 0 yields other events";
}
