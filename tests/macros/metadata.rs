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
