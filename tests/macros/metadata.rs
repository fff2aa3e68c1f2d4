//! What stands beside an event, and what is said about it.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use plumberd::{
    MessageContext,
    event::{ContentType, EncodedEvent, Metadata, NewEvent, RawMetadata, new_event_id},
};

#[test]
fn debug_says_how_long_data_and_metadata_are_and_not_what_is_in_them() {
    let context = MessageContext::new()
        .with_user("joe")
        .with_session("secret")
        .with_header("Iban", "secret")
        .unwrap();
    let event = NewEvent::new(new_event_id(), "A".parse().unwrap(), r#""secret""#)
        .with_metadata(&Metadata::from_json(br#"{"UserId":"secret"}"#).unwrap())
        .unwrap();
    let encoded = EncodedEvent::new("A", &ContentType::JSON, 1, event.data());

    let said = format!("{context:?} {event:?} {encoded:?}");

    assert!(!said.contains("secret"), "{said}");
    assert!(!said.contains("115, 101"), "{said}");
    assert!(said.contains("data: 8 bytes"), "{said}");
    assert!(said.contains("RawMetadata(19 bytes)"), "{said}");
    assert!(said.contains("session: …"), "{said}");
    assert_eq!(format!("{:?}", MessageContext::new()), "MessageContext");
}

#[test]
fn the_revision_is_the_same_whether_all_metadata_is_read_or_only_it() {
    for (json, expected) in [
        ("", 1),
        ("{}", 1),
        (r#"{"Revision":2}"#, 2),
        (r#"{"\u0052evision":2}"#, 2),
        (r#"{"Revisio\u006e":2,"Revision":3}"#, 3),
        (r#"{"UserId":"Revision \u0052evision"}"#, 1),
        (r#"{"Revision":null}"#, 1),
    ] {
        let raw = RawMetadata::new(json.into());
        assert_eq!(raw.revision().unwrap(), expected, "{json}");
        let parsed = raw.parse().unwrap();
        assert_eq!(parsed.revision().unwrap(), expected, "{json}");
    }
    for json in [
        r#"{"Revision":0}"#,
        r#"{"Revision":"2"}"#,
        r#"{"\u0052evision":-1}"#,
    ] {
        let raw = RawMetadata::new(json.into());
        assert!(raw.revision().is_err(), "{json}");
        assert!(raw.parse().unwrap().revision().is_err(), "{json}");
    }
}

#[test]
fn an_error_about_created_repeats_of_a_long_text_only_the_beginning() {
    let json = format!(r#"{{"Created":"{}"}}"#, "s".repeat(1000));
    let message = Metadata::from_json(json.as_bytes())
        .unwrap()
        .created()
        .unwrap_err()
        .to_string();

    assert_eq!(
        message,
        format!(
            "`Created` is \"{}…, not an ISO 8601 time with an offset, of the years 1 to 9999",
            "s".repeat(39)
        )
    );
}

#[test]
fn created_is_written_as_iso_8601_whatever_the_time_and_the_offset() {
    let times = [
        "2025-07-13T18:22:19.2192669+02:00",
        "2025-07-13T18:22:19.0000001-09:30",
        "0001-01-01T00:00:00.0000000+00:00",
        "9999-12-31T23:59:59.9999999-00:30",
        "2024-02-29T09:05:07.0100000+14:00",
    ];
    for text in times {
        let mut metadata = Metadata::new();
        metadata.set_created(text.parse().unwrap()).unwrap();
        let written = metadata.json().get_str("Created");
        assert_eq!(written.as_deref(), Some(text));
    }
}

#[test]
fn only_a_created_that_can_be_read_again_is_taken() {
    let new_year = |year: i32| {
        let offset = FixedOffset::east_opt(7200).unwrap();
        let date = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        date.and_time(chrono::NaiveTime::MIN)
            .and_local_timezone(offset)
            .unwrap()
    };
    let last = new_year(10_000) - TimeDelta::nanoseconds(100);
    for time in [new_year(1), last] {
        let context = MessageContext::new().with_created(time).unwrap();
        let raw = RawMetadata::for_event(new_event_id(), 1, &context);
        assert_eq!(raw.parse().unwrap().created(), Ok(Some(time)));
        let mut metadata = Metadata::new();
        metadata.set_created(time).unwrap();
        assert_eq!(metadata.created(), Ok(Some(time)));
    }
    let beyond = |time: DateTime<Utc>| time.with_timezone(new_year(1).offset());
    for time in [
        new_year(1) - TimeDelta::nanoseconds(100),
        new_year(10_000),
        beyond(DateTime::<Utc>::MAX_UTC),
        beyond(DateTime::<Utc>::MIN_UTC),
    ] {
        assert!(
            MessageContext::new().with_created(time).is_err(),
            "{time:?}"
        );
        let mut metadata = Metadata::new();
        assert!(metadata.set_created(time).is_err());
        assert!(metadata.json().is_empty());
    }
}
