//! Reads, subscriptions, appends, deletes.

use super::{
    engine::Engine,
    proto::streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp, streams_server::Streams,
    },
};
use futures_util::stream::BoxStream;
use tonic::{Request, Response, Status, Streaming};

/// The service of streams.
#[derive(Debug, Clone)]
pub(super) struct StreamsService {
    engine: Engine,
}

impl StreamsService {
    pub(super) const fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

#[tonic::async_trait]
impl Streams for StreamsService {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;
    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn read(&self, _: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        Err(Status::unimplemented("read"))
    }

    async fn append(
        &self,
        _: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        Err(Status::unimplemented("append"))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("delete"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("tombstone"))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented("batch append"))
    }
}
