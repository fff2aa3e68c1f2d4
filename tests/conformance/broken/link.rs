use super::{caught, store::Broken};
use plumberd::{
    event::RecordedEvent,
    store::{EventStore, ReadOptions, SubscriptionMessage::Event},
};

fn never_resolves() -> Broken {
    Broken::new().read(|inner, stream, mut options| {
        options.resolve_links = false;
        inner.read_stream(&stream, options)
    })
}

fn always_resolves() -> Broken {
    Broken::new().read(|inner, stream, options: ReadOptions<_>| {
        inner.read_stream(&stream, options.resolve_links())
    })
}

/// Yields the event and forgets the way to it.
fn forgets_the_link() -> Broken {
    let forget = |mut event: RecordedEvent| {
        event.link = None;
        event
    };
    Broken::new()
        .each_read(move |event| Some(forget(event)))
        .each_message(move |message| match message {
            Event(event) => vec![Event(forget(event))],
            other => vec![other],
        })
}

fn skips_links_to_nothing() -> Broken {
    Broken::new().read(|inner, stream, options| {
        let resolves = options.resolve_links;
        super::store::each(inner.read_stream(&stream, options), move |event| {
            (!(resolves && event.is_unresolved_link())).then_some(event)
        })
    })
}

/// Only a read resolves links.
fn follows_links_as_they_are() -> Broken {
    Broken::new().each_message(|message| match message {
        Event(mut event) if event.link.is_some() => {
            event.event_type = RecordedEvent::LINK.parse().unwrap();
            vec![Event(event)]
        }
        other => vec![other],
    })
}

caught! { link:
    links_are_resolved_when_asked(never_resolves())
        says "links yield other events than they point to";
    links_stay_links_when_not_asked(always_resolves()) says "links were resolved unasked";
    a_reader_of_links_continues_after_the_link(forgets_the_link())
        says "a link's revision is not its own";
    a_link_to_nothing_is_yielded_as_itself(skips_links_to_nothing())
        says "links to truncated events are yielded otherwise";
    a_link_to_a_tombstoned_stream_is_yielded_as_itself(skips_links_to_nothing())
        says "links to tombstoned events are yielded otherwise";
    a_subscription_resolves_links(follows_links_as_they_are())
        says "a subscription resolves links otherwise";
}
