//! What a context takes, and what it takes over from an event.

use plumberd::{
    MessageContext,
    event::{ContentType, RawMetadata, RecordedEvent, new_event_id},
    stream::{Position, Revision},
};

fn recorded(metadata: &'static str) -> RecordedEvent {
    RecordedEvent {
        stream: "A-1".parse().unwrap(),
        revision: Revision::FIRST,
        position: Position::new(1),
        id: new_event_id(),
        event_type: "A".parse().unwrap(),
        content_type: ContentType::JSON,
        data: "{}".into(),
        metadata: RawMetadata::new(metadata.into()),
        shape_revision: 1,
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        tenant: None,
        link: None,
    }
}

#[test]
fn what_an_event_causes_has_its_correlation() {
    let event = recorded(r#"{"$correlationId":"of another writer"}"#);

    let context = MessageContext::caused_by(&event).unwrap();

    assert_eq!(
        context.correlation_id().unwrap().as_str(),
        "of another writer"
    );
    assert_eq!(context.causation_id().unwrap().as_uuid(), Some(event.id));
}

#[test]
fn what_an_event_without_a_usable_correlation_causes_is_correlated_by_its_id() {
    for metadata in [
        "",
        "{}",
        r#"{"$correlationId":null}"#,
        r#"{"$correlationId":""}"#,
        r#"{"$correlationId":7}"#,
        r#"{"$correlationId":"a\nb"}"#,
    ] {
        let event = recorded(metadata);
        let context = MessageContext::caused_by(&event).unwrap();
        let correlation = context.correlation_id().unwrap().as_uuid();
        assert_eq!(correlation, Some(event.id), "{metadata}");
    }
    assert!(MessageContext::caused_by(&recorded("[]")).is_err());
}

#[test]
fn a_header_cannot_say_which_revision_the_data_has() {
    let error = MessageContext::new()
        .with_header("Revision", &7)
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "key `Revision` is the revision of an event's shape, which the event itself says"
    );
    assert!(MessageContext::new().with_header("revision", &7).is_ok());
}
