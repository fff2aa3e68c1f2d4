//! What a context takes, and what it takes over from an event.

use plumberd::MessageContext;

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
