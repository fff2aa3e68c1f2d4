//! What the program takes in memory, whatever it is sent.

use super::{Program, command, start};
use bytes::{Buf, BufMut, Bytes};
use futures_util::stream;
use plumberd_testkit::esdb::proto::{
    self, StreamIdentifier,
    persistent_subscriptions::{
        AllOptions, CreateReq,
        all_options::{
            FilterOption, FilterOptions,
            filter_options::{Expression, Filter},
        },
        create_req::{self, options::StreamOption},
        persistent_subscriptions_client::PersistentSubscriptionsClient,
    },
    streams::{BatchAppendReq, batch_append_req},
};
use prost::Message;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use uuid::Uuid;

/// What the server reads as one message at the most.
const LARGEST: usize = 3 << 20;

/// Many times what it takes when no client is hostile, and a fraction of what one
/// message of 16 MiB took when that was allowed.
const BOUND: usize = 400 << 20;

/// Messages as they are on the wire.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

impl Program {
    /// The most memory it has had at once, in bytes.
    fn most_memory(&self) -> usize {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<usize>().unwrap() << 10
    }

    /// The first answer to these messages.
    async fn answer(&self, path: &'static str, messages: Vec<Bytes>) -> Result<Bytes, Status> {
        let mut grpc = Grpc::new(self.channel().await);
        grpc.ready().await.unwrap();
        let request = Request::new(stream::iter(messages));
        let path = path.parse().unwrap();
        let mut answers = grpc.streaming(request, path, Raw).await?.into_inner();
        answers
            .message()
            .await?
            .ok_or_else(|| Status::ok("no answer"))
    }
}

/// A chunk of an append whose events say nothing, two bytes each.
fn chunk(size: usize, is_final: bool) -> Bytes {
    let id = Uuid::from_u128(1).to_string();
    let options = batch_append_req::Options {
        stream_identifier: Some(StreamIdentifier {
            stream_name: "Order-1".into(),
        }),
        expected_stream_position: Some(batch_append_req::options::ExpectedStreamPosition::Any(())),
        deadline_option: None,
    };
    let mut bytes = BatchAppendReq {
        correlation_id: Some(proto::Uuid {
            value: Some(proto::uuid::Value::String(id)),
        }),
        options: Some(options),
        proposed_messages: Vec::new(),
        is_final,
    }
    .encode_to_vec();
    while bytes.len() + 2 <= size {
        bytes.extend([0x1a, 0]);
    }
    bytes.into()
}

/// An acknowledgement of ids that say nothing, two bytes each.
fn acknowledgement(size: usize) -> Bytes {
    let ids = [0x12, 0].repeat(size / 2 - 8);
    let mut bytes = vec![0x12];
    prost::encoding::encode_varint(ids.len() as u64, &mut bytes);
    bytes.extend(ids);
    bytes.into()
}

#[tokio::test]
async fn it_takes_bounded_memory_whatever_it_is_sent() {
    let append = "/event_store.client.streams.Streams/BatchAppend";
    let read = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read";
    let program = start(&mut command(&["--address", "127.0.0.1:0"]));
    let before = program.most_memory();
    for _ in 0..3 {
        let messages = vec![chunk(LARGEST, false), chunk(0, true)];
        program.answer(append, messages).await.unwrap();
        let refused = program.answer(append, vec![chunk(16 << 20, true)]).await;
        assert_eq!(refused.unwrap_err().code(), Code::OutOfRange);
        let refused = program.answer(read, vec![acknowledgement(LARGEST)]).await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }

    let expression = Expression {
        regex: String::new(),
        prefix: vec![String::new(); 1_000_000],
    };
    let filter = FilterOptions {
        filter: Some(Filter::StreamIdentifier(expression)),
        ..FilterOptions::default()
    };
    let options = create_req::Options {
        group_name: "g".to_owned(),
        stream_option: Some(StreamOption::All(AllOptions {
            all_option: None,
            filter_option: Some(FilterOption::Filter(filter)),
        })),
        ..create_req::Options::default()
    };
    let create = CreateReq {
        options: Some(options),
    };
    let mut groups = PersistentSubscriptionsClient::new(program.channel().await);
    let refused = groups.create(create).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");

    let after = program.most_memory();
    assert!(after < BOUND, "{before} bytes before, {after} after");
}
