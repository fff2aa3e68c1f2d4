//! What the errors of buses, command servers and conventions are to a caller:
//! what their cause is, and their own where they have none.

use plumberd::{
    ErrorKind,
    codec::CodecError,
    command::{InvalidHandlers, PostError, SendError, ServerError, ValidationError},
    event::{DecodeError, EncodeError, EventType, InvalidEventType},
    micro_plumberd::StateError,
    server_projection::{EnsureError, InvalidProjection},
    store::{ServerProjectionError, StoreError},
    stream::{ExpectedRevision, InvalidStreamName, Revision, StreamName},
};
use std::time::Duration;
use uuid::Uuid;

fn stream() -> StreamName {
    "Counter-1".parse().unwrap()
}

fn no_name() -> InvalidStreamName {
    "".parse::<StreamName>().unwrap_err()
}

fn no_type() -> InvalidEventType {
    "".parse::<EventType>().unwrap_err()
}

fn no_encoding() -> EncodeError {
    EncodeError::new("Measured", "it is not a number")
}

fn no_json() -> CodecError {
    CodecError::new("it is no JSON")
}

/// Failures of a store of three kinds: one passes, and one is a lost race.
fn of_stores() -> [(StoreError, ErrorKind); 3] {
    let backend = "a store";
    let away = StoreError::Unavailable {
        backend,
        source: "why".into(),
    };
    let raced = StoreError::Conflict {
        stream: stream(),
        expected: ExpectedRevision::NoStream,
        actual: Some(Revision::new(3)),
    };
    [
        (away, ErrorKind::Unavailable),
        (raced, ErrorKind::Conflict),
        (StoreError::Closed { backend }, ErrorKind::Closed),
    ]
}

const ID: Uuid = Uuid::from_u128(17);

#[test]
fn what_could_not_be_posted_is_of_the_kind_of_its_cause() {
    let invalid = || ValidationError::new("no amount");
    let own = [
        (PostError::Invalid(invalid()), ErrorKind::Invalid),
        (PostError::Encode(no_encoding()), ErrorKind::Invalid),
        (
            PostError::IdTaken { command_id: ID },
            ErrorKind::AlreadyExists,
        ),
    ];
    let of_stores = of_stores().map(|(error, kind)| (PostError::Store(error), kind));

    for (error, kind) in own.into_iter().chain(of_stores) {
        let passes = kind == ErrorKind::Unavailable;
        assert_eq!((error.kind(), error.is_transient()), (kind, passes));
        // Sent, it is the same.
        let text = error.to_string();
        let sent: SendError<()> = error.into();
        assert_eq!((sent.kind(), sent.is_transient()), (kind, passes));
        assert_eq!(sent.to_string(), text);
        let code = matches!(sent, SendError::Invalid(_)).then_some(400);
        assert_eq!(sent.code(), code, "{sent:?}");
    }
}

#[test]
fn what_was_answered_is_of_the_kind_of_its_code_and_never_passes() {
    for (code, kind) in [
        (400, ErrorKind::Invalid),
        (409, ErrorKind::Rejected),
        (500, ErrorKind::Internal),
    ] {
        let message = || "no".to_owned();
        let failed: SendError<()> = SendError::Failed {
            command_id: ID,
            code,
            message: message(),
        };
        let unknown: SendError<()> = SendError::UnknownFault {
            command_id: ID,
            code,
            message: message(),
            fault: "Overdrawn".into(),
            data: "{}".into(),
        };
        for error in [failed, unknown] {
            assert_eq!((error.kind(), error.is_transient()), (kind, false));
            assert_eq!(error.code(), Some(code));
        }
    }
}

#[test]
fn that_no_answer_came_may_pass_and_that_it_cannot_be_read_does_not() {
    let late: SendError<()> = SendError::TimedOut {
        command_id: ID,
        after: Duration::from_secs(1),
    };
    let unread: SendError<()> = SendError::Answer {
        command_id: ID,
        source: no_json(),
    };

    assert_eq!(late.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(unread.kind(), ErrorKind::Unreadable);
    assert!(late.is_transient() && !unread.is_transient());
    assert_eq!((late.code(), unread.code()), (None, None));
}

#[test]
fn why_a_server_does_not_run_is_of_the_kind_of_its_cause() {
    let own = [
        (
            ServerError::Handlers(InvalidHandlers::None),
            ErrorKind::Invalid,
        ),
        (ServerError::Name(no_name()), ErrorKind::Invalid),
        (
            ServerError::Checkpoint {
                stream: stream(),
                source: no_json(),
            },
            ErrorKind::Unreadable,
        ),
        (ServerError::Replaced, ErrorKind::Closed),
        (ServerError::Ended, ErrorKind::Closed),
    ];
    let of_stores = of_stores().map(|(error, kind)| (ServerError::Store(error), kind));

    for (error, kind) in own.into_iter().chain(of_stores) {
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

/// Why a server was not brought to run a projection: the kind of each, and
/// whether it may pass.
fn unensured() -> Vec<(EnsureError, ErrorKind, bool)> {
    let backend = "a server";
    let source = || "why".into();
    let projections = [
        (
            ServerProjectionError::NotFound { name: "p".into() },
            ErrorKind::NotFound,
        ),
        (
            ServerProjectionError::Denied { backend },
            ErrorKind::Forbidden,
        ),
        (
            ServerProjectionError::Unavailable {
                backend,
                source: source(),
            },
            ErrorKind::OutcomeUnknown,
        ),
    ];
    let mut all = vec![
        (
            InvalidProjection::NoEventTypes { output: stream() }.into(),
            ErrorKind::Invalid,
            false,
        ),
        (no_name().into(), ErrorKind::Invalid, false),
        (no_json().into(), ErrorKind::Invalid, false),
        // It looks again.
        (
            EnsureError::Contended { output: stream() },
            ErrorKind::Conflict,
            true,
        ),
    ];
    for (error, kind) in projections {
        all.push((error.into(), kind, kind == ErrorKind::OutcomeUnknown));
    }
    for (error, kind) in of_stores() {
        all.push((error.into(), kind, kind == ErrorKind::Unavailable));
    }
    all
}

#[test]
fn a_projection_that_is_not_ensured_is_of_the_kind_of_its_cause() {
    for (error, kind, passes) in unensured() {
        let said = (error.kind(), error.is_transient());
        assert_eq!(said, (kind, passes), "{error:?}");
        // Under a model or a state it is the same.
        let error = StateError::from(error);
        let said = (error.kind(), error.is_transient(), error.is_conflict());
        assert_eq!(said, (kind, passes, false), "{error:?}");
    }
}

#[test]
fn a_state_that_is_not_written_or_read_is_of_the_kind_of_its_cause() {
    let decode = DecodeError::Metadata { source: no_json() };
    let one_name = StateError::OneName {
        name: "Happened".parse().unwrap(),
        first: "Counted",
        second: "Cleared",
    };
    let unread = StateError::Decode {
        stream: stream(),
        source: decode,
    };
    let own = [
        (StateError::Stream(no_name()), ErrorKind::Invalid),
        (StateError::EventType(no_type()), ErrorKind::Invalid),
        (StateError::Encode(no_encoding()), ErrorKind::Invalid),
        (one_name, ErrorKind::Invalid),
        (unread, ErrorKind::Unreadable),
    ];
    let of_stores = of_stores().map(|(error, kind)| (StateError::Store(error), kind));

    for (error, kind) in own.into_iter().chain(of_stores) {
        let (passes, raced) = (kind == ErrorKind::Unavailable, kind == ErrorKind::Conflict);
        let said = (error.kind(), error.is_transient(), error.is_conflict());
        assert_eq!(said, (kind, passes, raced), "{error:?}");
    }
}
