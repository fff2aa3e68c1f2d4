//! What the server says on the wire, to a bare client.

use crate::support::{bare, foreign, request, server};
use plumberd::backend::eventstore_v1::{
    ConflictDetail,
    proto::{AppendRequest, ReadAllRequest, ReadStreamRequest, SubscribeRequest},
};
use plumberd_testkit::eventstore_v1::{Defect, EventStoreV1ServerConfig};
use std::time::Duration;
use tonic::Code;

/// What a server of the system sent for (t1, Order-1, nonce 2, position 2).
const VECTOR: &str = "0a38747970652e676f6f676c65617069732e636f6d2f6576656e7473746f72652e76312e436f6e63757272656e63794572726f7244657461696c12110a02743112074f726465722d3118022002";

fn vector() -> Vec<u8> {
    (0..VECTOR.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&VECTOR[at..at + 2], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn a_conflict_has_the_bytes_that_the_system_sends() {
    let server = server().await;
    let mut client = bare(&server).await;
    let two = vec![foreign("a", 1), foreign("b", 2)];
    client.append(request(0, two)).await.unwrap();

    let refused = client.append(request(0, vec![foreign("c", 1)])).await;

    let status = refused.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(status.message(), "append precondition failed");
    assert_eq!(status.details(), vector());
}

#[tokio::test]
async fn a_conflict_is_understood_as_a_bare_any_and_within_a_status() {
    let bare_any = ConflictDetail::decode(&vector()).unwrap();
    assert_eq!((bare_any.last_nonce, bare_any.last_global_nonce), (2, 2));
    assert_eq!(
        (bare_any.tenant.as_str(), bare_any.aggregate_id.as_str()),
        ("t1", "Order-1")
    );

    let config = EventStoreV1ServerConfig::new().with_defect(Defect::StatusDetail);
    let server = config.start().await.unwrap();
    let mut client = bare(&server).await;
    let two = vec![foreign("a", 1), foreign("b", 2)];
    client.append(request(0, two)).await.unwrap();
    let status = client.append(request(0, vec![foreign("c", 1)])).await;
    let status = status.unwrap_err();
    assert_ne!(status.details(), vector());
    assert_eq!(ConflictDetail::decode(status.details()), Some(bare_any));

    for other in [&b""[..], b"\x0a\x01x", b"\xff\xff"] {
        assert_eq!(ConflictDetail::decode(other), None, "{other:?}");
    }
}

#[tokio::test]
async fn every_refusal_has_its_code_and_its_words() {
    let server = server().await;
    let mut client = bare(&server).await;
    let two = vec![foreign("a", 1), foreign("b", 2)];
    client.append(request(0, two)).await.unwrap();
    let changed = |change: fn(&mut AppendRequest)| {
        let mut request = request(2, vec![foreign("c", 3)]);
        change(&mut request);
        request
    };
    for (request, code, words) in [
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().aggregate_nonce = 5),
            Code::InvalidArgument,
            "event 0 aggregate_nonce 5 must equal expected 3",
        ),
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().aggregate_nonce = 0),
            Code::InvalidArgument,
            "aggregate_nonce must be >= 1 for all events",
        ),
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().event_id.clear()),
            Code::InvalidArgument,
            "event_id must be provided (UUID/ULID recommended)",
        ),
        (
            changed(|r| r.events[0].meta = None),
            Code::InvalidArgument,
            "event.metadata is required for optimistic concurrency",
        ),
        (
            changed(|r| r.events.clear()),
            Code::InvalidArgument,
            "AppendRequest.events must not be empty",
        ),
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().aggregate_id = "a".into()),
            Code::InvalidArgument,
            "event aggregate_id 'a' must match request aggregate_id 'Order-1'",
        ),
        (
            changed(|r| r.tenant_id.clear()),
            Code::Unauthenticated,
            "tenant_id is required on AppendRequest",
        ),
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().tenant_id = "x".into()),
            Code::PermissionDenied,
            "event tenant_id 'x' does not match request tenant_id 't1'",
        ),
        // What is expected is looked at before the numbers are.
        (
            changed(|r| {
                r.expected_aggregate_nonce = 1;
                r.events[0].meta.as_mut().unwrap().aggregate_nonce = 9;
            }),
            Code::Aborted,
            "append precondition failed",
        ),
        // An id is taken: without a detail.
        (
            changed(|r| r.events[0].meta.as_mut().unwrap().event_id = "a".into()),
            Code::Aborted,
            "duplicate key value violates unique constraint",
        ),
    ] {
        let status = client.append(request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, words));
    }
    let appended = client.append(changed(|_| {})).await.unwrap().into_inner();
    assert_eq!(
        (appended.last_aggregate_nonce, appended.last_global_nonce),
        (3, 3)
    );
}

#[tokio::test]
async fn a_key_answers_a_repeated_request_and_refuses_another() {
    for conflict_first in [false, true] {
        let mut config = EventStoreV1ServerConfig::new();
        if conflict_first {
            config = config.with_defect(Defect::ConflictBeforeKey);
        }
        let server = config.start().await.unwrap();
        let mut client = bare(&server).await;
        let mut first = request(0, vec![foreign("a", 1)]);
        first.idempotency_key = "k".into();
        let answer = client.append(first.clone()).await.unwrap().into_inner();

        let again = client.append(first.clone()).await;
        match again {
            Ok(again) => assert!(!conflict_first && again.into_inner() == answer),
            Err(status) => assert!(conflict_first && status.code() == Code::Aborted),
        }
        let mut other = request(1, vec![foreign("b", 2)]);
        other.idempotency_key = "k".into();
        let status = client.append(other).await.unwrap_err();
        assert_eq!(status.code(), Code::AlreadyExists);
        assert_eq!(
            status.message(),
            "idempotency key 'k' already used with different payload"
        );
    }
}

#[tokio::test]
async fn pages_backwards_are_wrong_only_when_asked_for() {
    for (defect, next) in [(None, 5), (Some(Defect::WrongNextBackwards), 7)] {
        let mut config = EventStoreV1ServerConfig::new();
        if let Some(defect) = defect {
            config = config.with_defect(defect);
        }
        let server = config.start().await.unwrap();
        let mut client = bare(&server).await;
        let ten: Vec<_> = (1..=10).map(|n| foreign(&format!("e{n}"), n)).collect();
        client.append(request(0, ten)).await.unwrap();
        let page = ReadStreamRequest {
            tenant_id: "t1".into(),
            aggregate_id: "Order-1".into(),
            from_aggregate_nonce: 8,
            max_count: 3,
            forward: false,
        };
        let page = client.read_stream(page).await.unwrap().into_inner();
        let nonces: Vec<_> = page
            .events
            .iter()
            .map(|event| event.meta.as_ref().unwrap().aggregate_nonce)
            .collect();
        assert_eq!(nonces, [8, 7, 6]);
        assert_eq!(page.next_from_aggregate_nonce, next);
        let all = ReadAllRequest {
            tenant_id: "t1".into(),
            from_global_nonce: 3,
            max_count: 0,
            forward: true,
        };
        let all = client.read_all(all).await.unwrap().into_inner();
        assert_eq!((all.events.len(), all.is_end), (8, true));
    }
}

#[tokio::test]
async fn nothing_as_a_count_is_everything_or_nothing() {
    for (defect, length) in [(None, 2), (Some(Defect::ZeroReadsNothing), 0)] {
        let mut config = EventStoreV1ServerConfig::new();
        if let Some(defect) = defect {
            config = config.with_defect(defect);
        }
        let server = config.start().await.unwrap();
        let mut client = bare(&server).await;
        let two = vec![foreign("a", 1), foreign("b", 2)];
        client.append(request(0, two)).await.unwrap();
        let page = ReadStreamRequest {
            tenant_id: "t1".into(),
            aggregate_id: "Order-1".into(),
            forward: true,
            ..ReadStreamRequest::default()
        };
        let page = client.read_stream(page).await.unwrap().into_inner();
        assert_eq!((page.events.len(), page.is_end), (length, true));
    }
}

#[tokio::test]
async fn a_subscription_begins_there_and_shows_that_it_lives() {
    let config = EventStoreV1ServerConfig::new().with_keep_alive(Duration::from_millis(20));
    let server = config.start().await.unwrap();
    let mut client = bare(&server).await;
    let two = vec![foreign("a", 1), foreign("b", 2)];
    client.append(request(0, two)).await.unwrap();
    let mut messages = client
        .subscribe(SubscribeRequest {
            tenant_id: "t1".into(),
            aggregate_id_prefix: "Ord".into(),
            from_global_nonce: 2,
        })
        .await
        .unwrap()
        .into_inner();

    // One that shows life may come before it.
    let first = loop {
        if let Some(event) = messages.message().await.unwrap().unwrap().event {
            break event;
        }
    };
    assert_eq!(first.meta.unwrap().event_id, "b");
    for _ in 0..3 {
        let empty = messages.message().await.unwrap().unwrap();
        assert_eq!(empty.event, None);
    }
    server.stop().await;
    assert!(messages.message().await.is_err());
}
