//! What stands beside an event, and what is said about it.

use plumberd::{
    MessageContext,
    event::{ContentType, EncodedEvent, Metadata, NewEvent, new_event_id},
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
            "`Created` is \"{}…, not an ISO 8601 time with an offset",
            "s".repeat(39)
        )
    );
}

#[test]
fn created_is_written_as_iso_8601_whatever_the_time_and_the_offset() {
    let times = [
        "2025-07-13T18:22:19.2192669+02:00",
        "2025-07-13T18:22:19.0000001-09:30",
        "0000-01-01T00:00:00.0000000+00:00",
        "9999-12-31T23:59:59.9999999-00:30",
        "2024-02-29T09:05:07.0100000+14:00",
    ];
    for text in times {
        let mut metadata = Metadata::new();
        metadata.set_created(text.parse().unwrap());
        let written = metadata.json().get_str("Created");
        assert_eq!(written.as_deref(), Some(text));
    }
}

#[test]
fn created_of_a_year_beyond_four_digits_is_written_with_its_sign() {
    let mut metadata = Metadata::new();
    metadata.set_created("+12025-07-13T18:22:19+02:00".parse().unwrap());
    let written = metadata.json().get_str("Created");
    assert_eq!(
        written.as_deref(),
        Some("+12025-07-13T18:22:19.0000000+02:00")
    );
}
