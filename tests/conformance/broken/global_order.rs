use super::{
    caught, flaw,
    store::{Broken, whole},
};
use plumberd::{
    event::RecordedEvent,
    store::{Direction, EventStore, Filter, ReadFrom},
};

/// Yields the events of a page in the order they were drawn, not committed.
fn swaps_two() -> Broken {
    Broken::new().read_all(|inner, options, filter| {
        whole(inner.read_all(options, filter), |mut events| {
            if events.len() > 1 {
                events.swap(0, 1);
            }
            Ok(events)
        })
    })
}

fn nothing_without_a_filter() -> Broken {
    Broken::new().read_all(|inner, options, filter| {
        let unfiltered = filter.stream_prefixes().len() == 0;
        whole(inner.read_all(options, filter), move |events| {
            Ok(if unfiltered { Vec::new() } else { events })
        })
    })
}

fn reads_forwards_only() -> Broken {
    Broken::new().read_all(|inner, mut options, filter| {
        if options.direction == Direction::Backwards {
            options.direction = Direction::Forwards;
            options.from = ReadFrom::Start;
        }
        inner.read_all(options, filter)
    })
}

fn resumes_one_early() -> Broken {
    Broken::new().read_all(|inner, mut options, filter| {
        if let ReadFrom::After(position) = options.from {
            options.from = ReadFrom::At(position);
        }
        inner.read_all(options, filter)
    })
}

/// Applies the limit first, and the filter to what is left.
fn limits_before_it_filters() -> Broken {
    Broken::new().read_all(|inner, options, filter| {
        super::store::each(inner.read_all(options, Filter::new()), move |event| {
            filter.matches_event(&event).then_some(event)
        })
    })
}

/// Filters by its own idea of a prefix.
fn matches_streams(matches: impl Fn(&str, &str) -> bool + Clone + Send + Sync + 'static) -> Broken {
    Broken::new().read_all(move |inner, options, filter| {
        let prefixes: Vec<_> = filter.stream_prefixes().map(str::to_owned).collect();
        let matches = matches.clone();
        super::store::each(
            inner.read_all(options, Filter::new()),
            move |event: RecordedEvent| {
                let stream = event.stream.as_str();
                let passes = prefixes.iter().any(|prefix| matches(stream, prefix));
                passes.then_some(event)
            },
        )
    })
}

fn takes_every_name_for_a_prefix() -> Broken {
    matches_streams(|stream, name| stream.starts_with(name))
}

fn knows_wild_cards() -> Broken {
    matches_streams(|stream, prefix| stream.starts_with(prefix.trim_end_matches(['%', '_', '*'])))
}

fn forgets_the_dash() -> Broken {
    matches_streams(|stream, prefix| stream.starts_with(prefix.trim_end_matches('-')))
}

fn always_with_system_events() -> Broken {
    Broken::new()
        .read_all(|inner, options, filter| inner.read_all(options, filter.with_system_events()))
}

caught! { global_order:
    everything_is_read_once_and_in_order(swaps_two()) says "the global order has other events";
    an_unfiltered_read_has_everything(nothing_without_a_filter())
        says "an unfiltered read has other events";
    a_backward_read_of_everything_is_the_reverse(reads_forwards_only())
        says "a backward read of everything is not the reverse";
    a_read_of_everything_can_resume_at_every_event(resumes_one_early())
        says "yields other events";
    a_limit_counts_what_passes_the_filter(limits_before_it_filters())
        says "a filtered read with the limit 1";
    a_filter_by_stream_is_exact(takes_every_name_for_a_prefix())
        says "a filter by stream lets others through";
    a_filter_by_prefix_takes_it_as_text(knows_wild_cards())
        says "a filter by a prefix `%` lets others through";
    a_filter_by_category_takes_all_of_it(forgets_the_dash())
        says "a filter by category lets others through";
    a_filter_by_type_narrows_the_streams(takes_every_name_for_a_prefix())
        says "a filter by type lets others through";
    system_events_come_only_when_asked_for(always_with_system_events())
        says "system events came unasked";
    hidden_events_stay_in_the_global_order(flaw::deletes_from_the_global_order())
        says "hidden events left the global order";
}
