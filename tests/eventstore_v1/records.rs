//! What is kept of an event, and what comes back.

use crate::support::{bare, connect, event, foreign, request, server, stream};
use plumberd::{
    MessageContext,
    backend::eventstore_v1::proto::{EventMetadata, ReadStreamRequest},
    clock::Clock,
    event::{NewEvent, RawMetadata, new_event_id},
    store::{EventStore, ReadOptions, StoreError},
    stream::ExpectedRevision::{Any, NoStream},
};
use plumberd_testkit::eventstore_v1::EventStoreV1ServerConfig;
use std::time::Duration;
use uuid::Uuid;

async fn on_the_wire(
    server: &plumberd_testkit::eventstore_v1::EventStoreV1Server,
) -> EventMetadata {
    let page = ReadStreamRequest {
        tenant_id: "t1".into(),
        aggregate_id: "Order-1".into(),
        from_aggregate_nonce: 1,
        max_count: 1,
        forward: true,
    };
    let page = bare(server).await.read_stream(page).await.unwrap();
    page.into_inner().events.remove(0).meta.unwrap()
}

#[tokio::test]
async fn other_clients_see_what_the_protocol_has_a_place_for() {
    let server = server().await;
    let store = connect(&server, "&actor=robot").await;
    let context = MessageContext::new()
        .with_correlation(Uuid::from_u128(7))
        .with_causation(Uuid::from_u128(8))
        .with_user("joe")
        .with_header("traceparent", "00-1")
        .unwrap();
    let placed = context.scope(async { event("com.myco.OrderPlaced") }).await;
    store
        .append(&stream("Order-1"), NoStream, vec![placed.clone()])
        .await
        .unwrap();

    let meta = on_the_wire(&server).await;

    assert_eq!(meta.event_id, placed.id().to_string());
    assert_eq!(
        (meta.aggregate_id.as_str(), meta.aggregate_type.as_str()),
        ("Order-1", "Order")
    );
    assert_eq!((meta.aggregate_nonce, meta.global_nonce), (1, 1));
    assert_eq!(meta.event_type, "com.myco.OrderPlaced");
    assert_eq!(
        (meta.event_version, meta.content_type.as_str()),
        (1, "application/json")
    );
    assert_eq!(meta.correlation_id, Uuid::from_u128(7).to_string());
    assert_eq!(meta.causation_id, Uuid::from_u128(8).to_string());
    assert_eq!(
        (meta.actor_id.as_str(), meta.tenant_id.as_str()),
        ("joe", "t1")
    );
    assert_eq!(meta.headers["traceparent"], "00-1");
    assert_eq!(
        meta.headers["plumberd-metadata"].as_bytes(),
        placed.metadata().as_bytes()
    );
    let created = placed
        .metadata()
        .parse()
        .unwrap()
        .created()
        .unwrap()
        .unwrap();
    assert_eq!(
        i64::try_from(meta.timestamp_unix_ms).unwrap(),
        created.timestamp_millis()
    );
    // The SHA-256 of `{"A":1}`.
    let hash: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&HASH[at..at + 2], 16).unwrap())
        .collect();
    assert_eq!(meta.payload_sha256, hash);
}

const HASH: &str = "52dddc1755a9b3acadf12eab7f2ac1eb564a55de3a33822fa369f59923dddefc";

#[tokio::test]
async fn an_event_without_a_user_has_the_configured_actor() {
    let server = server().await;
    let store = connect(&server, "&actor=robot").await;
    store
        .append(&stream("Order-1"), Any, vec![event("Placed")])
        .await
        .unwrap();
    assert_eq!(on_the_wire(&server).await.actor_id, "robot");
}

#[tokio::test]
async fn metadata_that_is_no_text_comes_back_byte_for_byte() {
    let server = server().await;
    let store = connect(&server, "").await;
    let raw = RawMetadata::new(vec![0, 0xff, 0x80].into());
    let odd = event("Placed").with_raw_metadata(raw.clone());
    store
        .append(&stream("Order-1"), Any, vec![odd])
        .await
        .unwrap();
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    assert_eq!(read.collect_all().await.unwrap()[0].metadata, raw);
}

#[tokio::test]
async fn events_of_other_clients_have_the_metadata_of_their_fields() {
    let server = server().await;
    let mut sent = foreign("01J9ZQ4F3V8M2K7T6B5N4C3D2E", 1);
    let meta = sent.meta.as_mut().unwrap();
    meta.correlation_id = "c1".into();
    meta.actor_id = "ann".into();
    meta.event_version = 3;
    meta.timestamp_unix_ms = 1_750_000_000_123;
    meta.headers.insert("x-request-id".into(), "r1".into());
    meta.headers.insert("UserId".into(), "mallory".into());
    bare(&server)
        .await
        .append(request(0, vec![sent]))
        .await
        .unwrap();

    let store = connect(&server, "").await;
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let event = read.collect_all().await.unwrap().remove(0);

    assert_eq!(
        event.metadata.as_bytes(),
        "{\"Created\":\"2025-06-15T15:06:40.1230000+00:00\",\"$correlationId\":\"c1\",\
         \"UserId\":\"ann\",\"Revision\":3,\"$eventId\":\"01J9ZQ4F3V8M2K7T6B5N4C3D2E\",\
         \"x-request-id\":\"r1\"}"
            .as_bytes()
    );
    assert_eq!(event.shape_revision, 3);
    assert_eq!(event.content_type.as_str(), "application/octet-stream");
    assert_eq!(event.id.get_version_num(), 5);
    assert_eq!(event.tenant.unwrap().as_str(), "t1");
    assert!(
        store
            .find_event(&stream("Order-1"), event.id)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn data_that_is_not_what_was_hashed_is_corrupt() {
    let server = server().await;
    let mut sent = foreign("a", 1);
    sent.meta.as_mut().unwrap().payload_sha256 = vec![7; 32].into();
    bare(&server)
        .await
        .append(request(0, vec![sent]))
        .await
        .unwrap();

    let store = connect(&server, "").await;
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let error = read.collect_all().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let mut all = store.read_all(ReadOptions::forwards(), plumberd::store::Filter::new());
    assert!(matches!(
        all.next_event().await,
        Err(StoreError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn times_are_the_servers_in_milliseconds() {
    let start = chrono::DateTime::from_timestamp(1_750_000_000, 123_456_000).unwrap();
    let (clock, hand) = Clock::manual(start);
    let server = EventStoreV1ServerConfig::new()
        .with_clock(clock)
        .start()
        .await
        .unwrap();
    let store = connect(&server, "").await;
    let name = stream("Order-1");
    store
        .append(&name, Any, vec![event("Placed")])
        .await
        .unwrap();
    hand.advance(Duration::from_millis(1_500));
    store
        .append(&name, Any, vec![event("Placed")])
        .await
        .unwrap();

    let read = store
        .read_stream(&name, ReadOptions::forwards())
        .collect_all()
        .await
        .unwrap();

    let times: Vec<_> = read
        .iter()
        .map(|event| event.recorded_at.timestamp_millis())
        .collect();
    assert_eq!(times, [1_750_000_000_123, 1_750_000_001_623]);
}

#[tokio::test]
async fn an_empty_event_is_one() {
    let server = server().await;
    let store = connect(&server, "").await;
    let empty = NewEvent::new(new_event_id(), "Nothing".parse().unwrap(), "");
    store
        .append(&stream("Order-1"), Any, vec![empty])
        .await
        .unwrap();
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    assert!(read.collect_all().await.unwrap()[0].data.is_empty());
}

#[tokio::test]
async fn what_only_another_client_says_of_an_event_is_kept() {
    let server = server().await;
    let mut sent = foreign("order-1-placed", 1);
    let meta = sent.meta.as_mut().unwrap();
    meta.content_schema = "urn:order:placed".into();
    meta.aggregate_type = "PurchaseOrder".into();
    meta.headers
        .insert("$contentSchema".into(), "urn:forged".into());
    let mut batch = request(0, vec![sent]);
    batch.aggregate_type = "PurchaseOrder".into();
    bare(&server).await.append(batch).await.unwrap();

    let store = connect(&server, "").await;
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let event = read.collect_all().await.unwrap().remove(0);
    let metadata = event.metadata.parse().unwrap();
    for (key, value) in [
        ("$contentSchema", "urn:order:placed"),
        ("$eventId", "order-1-placed"),
        ("$aggregateType", "PurchaseOrder"),
    ] {
        assert_eq!(metadata.json().get_str(key).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn the_schema_of_the_content_is_sent() {
    let server = server().await;
    let store = connect(&server, "").await;
    let json = "{\"$contentSchema\":\"urn:order:placed\",\"$eventId\":\"x\"}";
    let placed = event("Placed").with_raw_metadata(RawMetadata::new(json.into()));
    store
        .append(&stream("Order-1"), Any, vec![placed])
        .await
        .unwrap();
    let meta = on_the_wire(&server).await;
    assert_eq!(meta.content_schema, "urn:order:placed");
    assert!(!meta.headers.contains_key("$contentSchema"), "{meta:?}");
    assert!(!meta.headers.contains_key("$eventId"), "{meta:?}");
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let read = read.collect_all().await.unwrap().remove(0);
    assert_eq!(read.metadata.as_bytes(), json);
}

#[tokio::test]
async fn no_text_that_is_sent_has_a_character_that_databases_refuse() {
    let server = server().await;
    let store = connect(&server, "").await;
    for (number, json) in [
        "a\0b",
        "{\"Note\":\"a\\u0000b\",\"UserId\":\"\\u0000\",\"$correlationId\":\"\\u0000\"}",
        "{\"No\\u0000te\":\"a\"}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = stream(&format!("Order-{number}"));
        let noted = event("Noted").with_raw_metadata(RawMetadata::new(json.into()));
        store.append(&name, Any, vec![noted]).await.unwrap();
        let page = ReadStreamRequest {
            tenant_id: "t1".into(),
            aggregate_id: name.as_str().into(),
            from_aggregate_nonce: 1,
            max_count: 1,
            forward: true,
        };
        let page = bare(&server).await.read_stream(page).await.unwrap();
        let meta = page.into_inner().events.remove(0).meta.unwrap();
        let headers = meta.headers.iter().flat_map(|(key, value)| [key, value]);
        for text in headers.chain([&meta.actor_id, &meta.correlation_id]) {
            assert!(!text.contains('\0'), "{json:?}: {text:?}");
        }
        let read = store.read_stream(&name, ReadOptions::forwards());
        let read = read.collect_all().await.unwrap().remove(0);
        assert_eq!(read.metadata.as_bytes(), json);
    }
}
