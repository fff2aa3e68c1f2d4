use super::{caught, flaw, store::Broken};
use plumberd::store::{EventStore, SubscribeFrom};

/// Off by one at the place to resume.
fn resumes_one_late() -> Broken {
    Broken::new().follow(|inner, stream, from| async move {
        let from = match from {
            SubscribeFrom::After(revision) => SubscribeFrom::After(revision.next()),
            other => other,
        };
        inner.subscribe_stream(&stream, from).await
    })
}

caught! { subscribe_stream:
    a_stream_is_followed_from_its_start(flaw::repeats_events())
        says "a follower from the start gets other events";
    a_stream_is_followed_from_its_end(flaw::begins_when_polled())
        says "a message of a subscription did not come";
    a_stream_is_followed_after_every_revision(resumes_one_late())
        says "a follower after revision 0 gets other events";
    caught_up_comes_when_a_stream_has_no_more(flaw::caught_up_too_early())
        says "caught up after other events";
    a_slow_follower_of_a_stream_falls_behind_and_catches_up(flaw::hides_that_it_fell_behind())
        says "a slow follower gets other signals";
    a_dropped_follower_harms_no_other(flaw::leaks_followers()) says "cannot be followed";
    two_followers_of_a_stream_are_independent(flaw::followers_share())
        says "a message of a subscription did not come";
    a_follower_goes_on_after_a_delete(flaw::follows_the_global_order())
        says "a late follower gets other events";
    a_tombstone_ends_the_followers_of_its_stream(flaw::follows_the_global_order())
        says "a follower of a tombstoned stream";
}
