use super::{
    caught,
    store::{Broken, whole},
};
use plumberd::{
    store::{EventStore, StoreError, SubscribeFrom, SubscriptionMessage::Event},
    stream::Position,
};

/// Off by one at the place to resume: only a reader that restarts can tell.
fn resumes_one_late() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        if let SubscribeFrom::After(position) = from {
            let late = SubscribeFrom::After(Position::new(position.as_u64() + 1));
            match inner.subscribe_all(late, filter.clone()).await {
                // There is none that it could leave out.
                Err(StoreError::NotReached { .. }) => {}
                late => return late,
            }
        }
        inner.subscribe_all(from, filter).await
    })
}

/// Hides an event near the end, as one whose transaction is still open, and
/// shows what was committed after it: a poller steps over it for good.
fn reads_past_open_transactions() -> Broken {
    Broken::new().read_all(|inner, options, filter| {
        whole(inner.read_all(options, filter), |mut events| {
            if events.len() > 3 {
                events.remove(events.len() - 3);
            }
            Ok(events)
        })
    })
}

fn drops_an_event() -> Broken {
    Broken::new().each_message(|message| match message {
        Event(event) if event.revision.as_u64() == 300 => Vec::new(),
        other => vec![other],
    })
}

caught! { stress:
    followers_get_every_committed_event_once(resumes_one_late())
        says "a restarting reader was";
    a_polling_reader_steps_over_no_event(reads_past_open_transactions())
        says "a polling reader was";
    a_stream_under_load_is_followed_without_a_gap(drops_an_event())
        says "did not come within";
}
