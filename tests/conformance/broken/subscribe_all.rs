use super::{caught, flaw, store::Broken};
use plumberd::{
    store::{EventStore, Filter, SubscribeFrom},
    stream::Position,
};

fn resumes_one_early() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        let from = match from {
            SubscribeFrom::After(position) if position.as_u64() > 0 => {
                SubscribeFrom::After(Position::new(position.as_u64() - 1))
            }
            SubscribeFrom::After(_) => SubscribeFrom::Start,
            other => other,
        };
        inner.subscribe_all(from, filter).await
    })
}

/// Filters by stream only.
fn ignores_types() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        let streams = filter
            .stream_prefixes()
            .fold(Filter::new(), |streams, prefix| {
                streams.stream_prefix(prefix)
            });
        inner.subscribe_all(from, streams).await
    })
}

fn always_with_system_events() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        inner.subscribe_all(from, filter.with_system_events()).await
    })
}

caught! { subscribe_all:
    everything_is_followed_from_the_start(flaw::repeats_events())
        says "a follower of everything gets other events";
    everything_is_followed_from_the_end(flaw::begins_when_polled())
        says "a message of a subscription did not come";
    everything_is_followed_after_every_position(resumes_one_early())
        says "a follower resumed after 0 gets other events";
    caught_up_comes_when_there_is_no_more(flaw::caught_up_too_early())
        says "caught up after other events";
    a_follower_gets_what_passes_its_filter(ignores_types())
        says "a filtered live follower gets other events";
    a_follower_of_everything_sees_links_as_they_are(always_with_system_events())
        says "a follower gets system events unasked";
    a_follower_of_everything_gets_hidden_events(flaw::deletes_from_the_global_order())
        says "hidden events are kept from a follower of everything";
    a_slow_follower_of_everything_falls_behind_and_catches_up(flaw::hides_that_it_fell_behind())
        says "a slow follower gets other signals";
    two_followers_of_everything_are_independent(flaw::followers_share())
        says "a message of a subscription did not come";
}
