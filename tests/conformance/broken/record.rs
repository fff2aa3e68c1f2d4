use super::{caught, store::Broken};
use chrono::{SubsecRound, TimeDelta, TimeZone, Utc};
use plumberd::{
    backend::memory::Memory,
    clock::{Clock, ManualClock},
    event::{ContentType, RawMetadata},
    store::{EventStore, StoreError},
    stream::StreamName,
};
use plumberd_testkit::conformance::event_store::record;

fn data_as_text() -> Broken {
    Broken::new().each_read(|mut event| {
        event.data = String::from_utf8_lossy(&event.data).into_owned().into();
        Some(event)
    })
}

/// Parses metadata and writes it anew.
fn tidies_metadata() -> Broken {
    Broken::new().each_read(|mut event| {
        if let Ok(metadata) = event.metadata.parse() {
            event.metadata = RawMetadata::new(metadata.to_bytes().into());
        }
        Some(event)
    })
}

fn all_is_json() -> Broken {
    Broken::new().each_read(|mut event| {
        event.content_type = ContentType::JSON;
        Some(event)
    })
}

fn all_shapes_are_the_first() -> Broken {
    Broken::new().each_read(|mut event| {
        event.shape_revision = 1;
        Some(event)
    })
}

fn another_time_in_the_global_order() -> Broken {
    Broken::new().each_read_all(|mut event| {
        event.recorded_at += TimeDelta::nanoseconds(1);
        Some(event)
    })
}

thread_local! {
    /// A clock of one test, which has a thread of its own.
    static CLOCK: (Clock, ManualClock) = {
        let start = Utc.timestamp_opt(1_750_000_000, 123_456_000).single();
        Clock::manual(start.expect("a valid time"))
    };
}

/// A column of milliseconds for times.
fn counts_milliseconds() -> Broken {
    let clock = CLOCK.with(|(clock, _)| clock.clone());
    Broken::over(Memory::new().with_clock(clock)).each_read(|mut event| {
        event.recorded_at = event.recorded_at.trunc_subsecs(3);
        Some(event)
    })
}

fn its_clock() -> ManualClock {
    CLOCK.with(|(_, hand)| hand.clone())
}

/// A clock that the store does not go by.
pub(super) fn an_unused_clock() -> ManualClock {
    let start = Utc.timestamp_opt(1_750_000_000, 0).single();
    Clock::manual(start.expect("a valid time")).1
}

/// Names compare as text of a database that ignores case.
fn ignores_case() -> Broken {
    let lower = |stream: &StreamName| StreamName::raw(stream.as_str().to_lowercase());
    Broken::new()
        .append(move |inner, stream, expected, events| async move {
            inner
                .append(&lower(&stream).unwrap(), expected, events)
                .await
        })
        .read(move |inner, stream, options| {
            let read = inner.read_stream(&lower(&stream).unwrap(), options);
            super::store::each(read, move |mut event| {
                event.stream = stream.clone();
                Some(event)
            })
        })
}

/// A column of 1024 bytes for names, those of metadata streams too.
fn names_of_1024_bytes() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        if stream.as_str().len() > 1024 {
            return Err(StoreError::Backend {
                backend: "broken",
                source: "the name is too long".into(),
            });
        }
        inner.append(&stream, expected, events).await
    })
}

#[tokio::test]
async fn milliseconds_are_enough_for_the_time_of_the_stores_clock() {
    record::events_bear_the_time_of_the_stores_clock(counts_milliseconds(), its_clock()).await;
}

caught! { record:
    data_comes_back_byte_for_byte(data_as_text()) says "data came back as other bytes";
    metadata_comes_back_byte_for_byte(tidies_metadata()) says "metadata came back as other bytes";
    id_type_and_content_type_come_back_as_written(all_is_json())
        says "a content type came back otherwise";
    the_shape_revision_comes_back_as_written(all_shapes_are_the_first())
        says "a shape's revision came back otherwise";
    an_event_is_the_same_in_every_read(another_time_in_the_global_order())
        says "the global order yields other events";
    events_bear_the_time_of_the_stores_clock(Broken::new(), an_unused_clock())
        says "an event bears another time than the store's";
    times_are_kept_to_the_microsecond(counts_milliseconds(), its_clock())
        says "a time was rounded";
    every_valid_stream_name_is_a_stream_of_its_own(ignores_case())
        says "is not a stream of its own";
    the_longest_stream_name_can_have_metadata(names_of_1024_bytes())
        says "the longest name has a metadata stream";
}
