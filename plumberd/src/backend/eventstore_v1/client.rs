use super::{
    error::NotConnected,
    proto::{
        AppendResponse, ReadAllRequest, ReadStreamRequest, SubscribeRequest, SubscribeResponse,
    },
    wire::{AppendRequest, ReadResponse},
};
use prost::Message;
use tonic::{
    Request, Response, Status, Streaming, client::Grpc, codec::ProstCodec,
    codegen::http::uri::PathAndQuery, transport::Channel,
};

/// A client for one call; the four calls of the protocol.
#[derive(Clone)]
pub(super) struct Client(Grpc<Channel>);

impl Client {
    /// On this connection, for answers of so many bytes at the most.
    pub(super) fn new(channel: Channel, largest: usize) -> Self {
        Self(Grpc::new(channel).max_decoding_message_size(largest))
    }

    pub(super) async fn append(
        self,
        request: Request<AppendRequest>,
    ) -> Result<Response<AppendResponse>, Status> {
        self.ask(request, "/eventstore.v1.EventStore/Append").await
    }

    pub(super) async fn read_stream(
        self,
        request: Request<ReadStreamRequest>,
    ) -> Result<Response<ReadResponse>, Status> {
        self.ask(request, "/eventstore.v1.EventStore/ReadStream")
            .await
    }

    pub(super) async fn read_all(
        self,
        request: Request<ReadAllRequest>,
    ) -> Result<Response<ReadResponse>, Status> {
        self.ask(request, "/eventstore.v1.EventStore/ReadAll").await
    }

    pub(super) async fn subscribe(
        mut self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Streaming<SubscribeResponse>>, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static("/eventstore.v1.EventStore/Subscribe");
        self.0
            .server_streaming(request, path, ProstCodec::default())
            .await
    }

    async fn ask<M, T>(
        mut self,
        request: Request<M>,
        path: &'static str,
    ) -> Result<Response<T>, Status>
    where
        M: Message + 'static,
        T: Message + Default + 'static,
    {
        self.ready().await?;
        let path = PathAndQuery::from_static(path);
        self.0.unary(request, path, ProstCodec::default()).await
    }

    async fn ready(&mut self) -> Result<(), Status> {
        let ready = self.0.ready().await;
        ready.map_err(|source| Status::from_error(Box::new(NotConnected::Ended { source })))
    }
}
