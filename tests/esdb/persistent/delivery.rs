//! What consumers get.

use super::peer::*;
use crate::streams::wire::{Read, any, in_time, proposed, uuid_text};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::{
    EsdbServerConfig,
    proto::{
        Empty,
        persistent_subscriptions::{
            CreateReq, ReadReq, Settings, create_req,
            persistent_subscriptions_client::PersistentSubscriptionsClient,
            read_req::{
                Content,
                nack::Action,
                options::{UuidOption, uuid_option},
            },
        },
        streams::{append_req, read_resp},
    },
};
use plumberd_tests::TempFolder;
use std::{collections::BTreeSet, time::Duration};
use tonic::{Request, metadata::MetadataValue, transport::Channel};

#[tokio::test]
async fn an_id_that_another_stream_has_too_and_its_metadata_come_as_they_were_written() -> TestResult
{
    let mut peer = Peer::start().await?;
    let id = new_event_id();
    for stream in ["Order-1", "Order-2"] {
        let event = append_req::ProposedMessage {
            id: Some(uuid_text(id)),
            custom_metadata: Bytes::from(format!("{{\"of\":\"{stream}\"}}")),
            ..proposed("A")
        };
        peer.streams.append(stream, any(), vec![event]).await?;
    }
    peer.create(Source::Stream("Order-2"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-2", "g", 10).await?;
    let delivered = consumer.next().await?.event.unwrap();
    let read = peer.streams.events(Read::stream("Order-2")).await?;
    let read: &read_resp::ReadEvent = &read[0];
    let read = read.event.clone().unwrap();
    assert_eq!(delivered.id, Some(uuid_text(id)));
    assert_eq!(delivered.id, read.id);
    assert_eq!(
        delivered.custom_metadata,
        Bytes::from("{\"of\":\"Order-2\"}")
    );
    assert_eq!(delivered.custom_metadata, read.custom_metadata);
    assert_eq!(delivered.metadata, read.metadata);
    assert_eq!(delivered.data, read.data);
    // And it is acknowledged by the id it came with.
    consumer.ack_id(uuid_text(id)).await;
    peer.info_when("Order-2", "g", |info| info.total_in_flight_messages == 0)
        .await?;
    Ok(())
}

#[tokio::test]
async fn two_events_of_one_id_from_two_streams_are_both_delivered() -> TestResult {
    let mut peer = Peer::start().await?;
    let id = uuid_text(new_event_id());
    for stream in ["Order-1", "Order-2"] {
        let event = append_req::ProposedMessage {
            id: Some(id.clone()),
            ..proposed("A")
        };
        peer.streams.append(stream, any(), vec![event]).await?;
    }
    let orders = Source::All(Some(filter("", &["Order-"])));
    peer.create(orders, "g", settings()).await?;
    let mut consumer = peer.consume("$all", "g", 10).await?;
    let mut streams = BTreeSet::new();
    for _ in 0..2 {
        let event = consumer.take().await?.event.unwrap();
        assert_eq!(event.id, Some(id.clone()));
        streams.insert(event.stream_identifier.unwrap().stream_name);
    }
    assert_eq!(streams.len(), 2);
    Ok(())
}

#[tokio::test]
async fn ids_come_in_the_form_that_was_asked_for_and_are_taken_in_either() -> TestResult {
    let mut peer = Peer::start().await?;
    let ids = [new_event_id(), new_event_id()];
    for id in ids {
        let event = append_req::ProposedMessage {
            id: Some(uuid_text(id)),
            ..proposed("A")
        };
        peer.streams.append("Order-1", any(), vec![event]).await?;
    }
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut structured = options("Order-1", "g", 10);
    structured.uuid_option = Some(UuidOption {
        content: Some(uuid_option::Content::Structured(Empty {})),
    });
    let mut consumer = peer.consume_as(Request::new(()), structured).await?;
    for expected in ids {
        let event = consumer.next().await?.event.unwrap();
        assert_eq!(event.id, Some(halves(expected)));
    }
    consumer.ack_id(halves(ids[0])).await;
    consumer.ack_id(uuid_text(ids[1])).await;
    peer.info_when("Order-1", "g", |info| info.total_in_flight_messages == 0)
        .await?;
    Ok(())
}

#[tokio::test]
async fn old_clients_name_the_stream_and_the_revision_elsewhere() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 3).await?;
    for (group, revision) in [("from-two", 2), ("from-end", u64::MAX)] {
        let options = create_req::Options {
            stream_identifier: Some(crate::streams::wire::identifier("Order-1")),
            group_name: group.to_owned(),
            settings: Some(Settings {
                revision,
                ..settings()
            }),
            stream_option: None,
        };
        let request = CreateReq {
            options: Some(options),
        };
        peer.groups.create(request).await?;
    }
    peer.write("Order-1", 1).await?;
    let mut consumer = peer.consume("Order-1", "from-two", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 2);
    let mut consumer = peer.consume("Order-1", "from-end", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 3);
    Ok(())
}

#[tokio::test]
async fn parked_events_are_replayed_up_to_where_it_is_asked() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 4).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    for _ in 0..4 {
        let event = consumer.next().await?;
        consumer.nack(&event, Action::Park).await;
    }
    peer.info_when("Order-1", "g", |info| info.parked_message_count == 4)
        .await?;
    peer.replay("Order-1", "g", Some(2)).await?;
    for expected in [0, 1] {
        let event = consumer.take().await?;
        assert_eq!(event.event.unwrap().stream_revision, expected);
    }
    peer.info_when("Order-1", "g", |info| info.parked_message_count == 2)
        .await?;
    peer.replay("Order-1", "g", None).await?;
    for expected in [2, 3] {
        let event = consumer.take().await?;
        assert_eq!(event.event.unwrap().stream_revision, expected);
    }
    peer.info_when("Order-1", "g", |info| info.parked_message_count == 0)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_event_that_is_sent_again_too_often_is_parked() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 2).await?;
    let few = Settings {
        max_retry_count: 2,
        ..settings()
    };
    peer.create(Source::Stream("Order-1"), "g", few).await?;
    let mut consumer = peer.consume("Order-1", "g", 1).await?;
    for expected in 0..=2 {
        let event = consumer.next().await?;
        assert_eq!((revision(&event), retries(&event)), (0, expected));
        consumer.nack(&event, Action::Retry).await;
    }
    assert_eq!(revision(&consumer.take().await?), 1);
    peer.info_when("Order-1", "g", |info| info.parked_message_count == 1)
        .await?;
    Ok(())
}

#[tokio::test]
async fn events_that_time_out_are_parked_in_their_order() -> TestResult {
    use plumberd_testkit::esdb::proto::persistent_subscriptions::settings::MessageTimeout;

    let mut peer = Peer::start().await?;
    peer.write("Order-1", 16).await?;
    let hasty = Settings {
        max_retry_count: 0,
        message_timeout: Some(MessageTimeout::MessageTimeoutMs(1)),
        ..settings()
    };
    peer.create(Source::Stream("Order-1"), "g", hasty).await?;
    let consumer = peer.consume("Order-1", "g", 16).await?;
    peer.info_when("Order-1", "g", |info| info.parked_message_count == 16)
        .await?;
    drop(consumer);
    let parked = Read::stream("$persistentsubscription-Order-1::g-parked");
    let parked = peer.streams.events(parked).await?;
    let places: Vec<_> = parked
        .into_iter()
        .map(|link| link.event.unwrap().data)
        .collect();
    let expected: Vec<_> = (0..16).map(|no| format!("{no}@Order-1")).collect();
    assert_eq!(places, expected);
    Ok(())
}

#[tokio::test]
async fn what_comes_from_a_link_is_the_event_and_the_link() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 1).await?;
    let resolving = Settings {
        resolve_links: true,
        ..settings()
    };
    peer.create(Source::Stream("$ce-Order"), "g", resolving)
        .await?;
    let mut consumer = peer.consume("$ce-Order", "g", 10).await?;
    let event = consumer.take().await?;
    let (event, link) = (event.event.unwrap(), event.link.unwrap());
    assert_eq!(event.stream_identifier.unwrap().stream_name, "Order-1");
    assert_eq!(link.data, "0@Order-1");
    // It was acknowledged by the id of the link.
    peer.info_when("$ce-Order", "g", |info| info.total_in_flight_messages == 0)
        .await?;
    Ok(())
}

/// Asks to be a consumer, and is gone after that time, with its connection.
async fn come_and_go(address: std::net::SocketAddr, after: Duration) {
    // A runtime of its own: what it has open ends with it, at once.
    let elsewhere = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let opening = elsewhere.spawn(async move {
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let mut groups = PersistentSubscriptionsClient::new(channel.connect().await.unwrap());
        let first = ReadReq {
            content: Some(Content::Options(options("Order-1", "g", 10))),
        };
        let waiting = stream::once(async { first }).chain(stream::pending());
        let _ = groups.read(waiting).await;
    });
    let _ = tokio::time::timeout(after, opening).await;
    elsewhere.shutdown_background();
}

#[tokio::test]
async fn consumers_that_give_up_while_they_are_let_in_do_not_stall_the_group() -> TestResult {
    let folder = TempFolder::new();
    let config = EsdbServerConfig::new().with_file(folder.path().join("streams.db"));
    let mut peer = Peer::with(config).await?;
    let busy = Settings {
        max_checkpoint_count: 1,
        ..settings()
    };
    peer.write("Order-1", 600).await?;
    peer.create(Source::Stream("Order-1"), "g", busy).await?;
    let address = peer.server().address();
    // A group that is at work lets them in a little later.
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    let coming_and_going = tokio::spawn(async move {
        for round in 0..150 {
            come_and_go(address, Duration::from_micros(1_500 + round * 20)).await;
        }
    });
    let mut seen = BTreeSet::new();
    while seen.len() < 600 {
        seen.insert(revision(&consumer.take().await?));
    }
    coming_and_going.await?;
    peer.info_when("Order-1", "g", |info| info.connections.len() == 1)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_info_names_who_is_connected_and_from_where() -> TestResult {
    let config = EsdbServerConfig::new().with_basic_auth();
    let mut peer = Peer::with(config).await?;
    let admin = |message| crate::raw::by("admin", "changeit", message);
    let created = create(Source::Stream("Order-1"), "g", settings());
    let (headers, extensions, ()) = admin(()).into_parts();
    let created = Request::from_parts(headers, extensions, created);
    peer.groups.create(created).await?;
    let mut by = crate::raw::by("ops", "changeit", ());
    by.metadata_mut()
        .insert("connection-name", MetadataValue::from_static("worker 7"));
    let consumer = peer.consume_as(by, options("Order-1", "g", 10)).await?;
    let (headers, extensions, ()) = admin(()).into_parts();
    let asked = Request::from_parts(headers, extensions, get_info("Order-1", "g"));
    let info = in_time(peer.groups.get_info(asked)).await?.into_inner();
    let [connection] = info
        .subscription_info
        .unwrap()
        .connections
        .try_into()
        .unwrap();
    assert_eq!(connection.username, "ops");
    assert_eq!(connection.connection_name, "worker 7");
    let from: std::net::SocketAddr = connection.from.parse()?;
    assert!(from.ip().is_loopback() && from != peer.server().address());
    drop(consumer);
    Ok(())
}
