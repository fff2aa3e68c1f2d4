//! What no healthy server sends, from one of a few lines.

use super::{PATIENCE, next, stream};
use crate::scripted;
use futures_util::stream::{self, BoxStream, StreamExt};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, Source},
    event::new_event_id,
};
use plumberd_testkit::esdb::{
    Status,
    proto::{
        Empty, StreamIdentifier, Uuid as WireUuid,
        persistent_subscriptions::{
            CreateReq, CreateResp, DeleteReq, DeleteResp, GetInfoReq, GetInfoResp, ListReq,
            ListResp, ReadReq, ReadResp, ReplayParkedReq, ReplayParkedResp, UpdateReq, UpdateResp,
            persistent_subscriptions_server::{
                PersistentSubscriptions, PersistentSubscriptionsServer,
            },
            read_req::{self, nack::Action},
            read_resp::{Content, ReadEvent, SubscriptionConfirmation, read_event::RecordedEvent},
        },
        uuid::Value,
    },
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tonic::{Request, Response, Streaming};
use uuid::Uuid;

/// A server with one group, which sends the first consumer what it is given,
/// and the next one what comes after.
struct Script {
    sessions: [Vec<RecordedEvent>; 2],
    begun: AtomicUsize,
    /// Makes the first consumer's next message one without content.
    spoil: Arc<Notify>,
    answers: mpsc::UnboundedSender<read_req::Content>,
}

fn event(id: Uuid, stream: &str) -> RecordedEvent {
    let metadata = [("type", "Placed"), ("content-type", "application/json")];
    RecordedEvent {
        id: Some(wire(id)),
        stream_identifier: Some(StreamIdentifier {
            stream_name: stream.to_owned().into(),
        }),
        stream_revision: 0,
        prepare_position: 1,
        commit_position: 1,
        metadata: HashMap::from(metadata.map(|(key, value)| (key.into(), value.into()))),
        custom_metadata: "{}".into(),
        data: "{}".into(),
    }
}

fn wire(id: Uuid) -> WireUuid {
    WireUuid {
        value: Some(Value::String(id.to_string())),
    }
}

fn id_of(wire: &WireUuid) -> Uuid {
    match wire.value.clone().unwrap() {
        Value::String(text) => text.parse().unwrap(),
        Value::Structured(halves) => Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        ),
    }
}

#[tonic::async_trait]
impl PersistentSubscriptions for Script {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;

    async fn read(
        &self,
        request: Request<Streaming<ReadReq>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let session = self.begun.fetch_add(1, Ordering::SeqCst);
        let mut answered = request.into_inner();
        let answers = self.answers.clone();
        tokio::spawn(async move {
            while let Ok(Some(ReadReq { content })) = answered.message().await {
                let _ = answers.send(content.unwrap());
            }
        });
        let confirmation = Content::SubscriptionConfirmation(SubscriptionConfirmation {
            subscription_id: "s".to_owned(),
        });
        let events = self.sessions[session].clone().into_iter().map(|event| {
            Content::Event(ReadEvent {
                event: Some(event),
                link: None,
                position: None,
                count: None,
            })
        });
        let sent: Vec<Result<ReadResp, Status>> = std::iter::once(confirmation)
            .chain(events)
            .map(Some)
            .map(|content| ReadResp { content })
            .map(Ok)
            .collect();
        let spoil = Arc::clone(&self.spoil);
        let spoilt = stream::once(async move {
            spoil.notified().await;
            Ok(ReadResp { content: None })
        });
        Ok(Response::new(stream::iter(sent).chain(spoilt).boxed()))
    }

    async fn create(&self, _: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn update(&self, _: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn get_info(&self, _: Request<GetInfoReq>) -> Result<Response<GetInfoResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn replay_parked(
        &self,
        _: Request<ReplayParkedReq>,
    ) -> Result<Response<ReplayParkedResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn list(&self, _: Request<ListReq>) -> Result<Response<ListResp>, Status> {
        Err(Status::unimplemented("consumers only"))
    }

    async fn restart_subsystem(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("consumers only"))
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_parked_and_a_message_without_sense_begins_anew() {
    let [unreadable, first, second] = [new_event_id(), new_event_id(), new_event_id()];
    let (answers, mut answered) = mpsc::unbounded_channel();
    let spoil = Arc::new(Notify::new());
    let script = Script {
        sessions: [
            vec![event(unreadable, "a\u{1}b"), event(first, "Order-1")],
            vec![event(second, "Order-1")],
        ],
        begun: AtomicUsize::new(0),
        spoil: Arc::clone(&spoil),
        answers,
    };
    let listener = scripted::free().await;
    let config = scripted::plain(listener.local_addr().unwrap());
    let incoming = stream::unfold(listener, |listener| async move {
        let (tcp, _) = listener.accept().await.unwrap();
        Some((Ok::<_, std::io::Error>(tcp), listener))
    });
    let serving = tonic::transport::Server::builder()
        .add_service(PersistentSubscriptionsServer::new(script))
        .serve_with_incoming(incoming);
    let server = tokio::spawn(serving);
    let groups = EventStoreDb::lazy(config)
        .unwrap()
        .persistent_subscriptions();
    let source = Source::Stream(stream("1"));

    let mut consumer = groups.subscribe(&source, "g").await.unwrap();

    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.event.id, first);
    consumer.ack(&delivery).await.unwrap();
    let mut answer = async || timeout(PATIENCE, answered.recv()).await.unwrap().unwrap();
    assert!(matches!(answer().await, read_req::Content::Options(_)));
    let read_req::Content::Nack(nack) = answer().await else {
        panic!("no nack");
    };
    assert_eq!(nack.action(), Action::Park);
    assert!(nack.reason.contains("control"), "{}", nack.reason);
    assert_eq!(nack.ids.iter().map(id_of).collect::<Vec<_>>(), [unreadable]);
    let read_req::Content::Ack(ack) = answer().await else {
        panic!("no acknowledgement");
    };
    assert_eq!(ack.ids.iter().map(id_of).collect::<Vec<_>>(), [first]);

    spoil.notify_one();

    assert_eq!(next(&mut consumer).await.event.id, second);
    assert!(matches!(answer().await, read_req::Content::Options(_)));
    server.abort();
}
