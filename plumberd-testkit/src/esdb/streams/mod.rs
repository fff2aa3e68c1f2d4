//! Reads, subscriptions, appends, deletes.

mod append;
mod batch;
mod batch_answer;
mod delete;
mod read;
mod request;
mod subscribe;

use super::{
    engine::Engine,
    link::Link,
    proto::streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp, streams_server::Streams,
    },
    status,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
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

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let link = Link::of(request.extensions())?;
        let (wanted, mode) = request::parse(request.into_inner())?;
        let engine = self.engine.clone();
        let answers = match mode {
            request::Mode::Read(read) => read::read(engine, wanted, read),
            request::Mode::Subscribe(from) => {
                link.subscription(subscribe::subscribe(engine, wanted, from).await?)
            }
        };
        Ok(Response::new(self.until_stopped(answers)))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let link = Link::of(request.extensions())?;
        append::append(&self.engine, &link, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        delete::delete(&self.engine, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn tombstone(
        &self,
        request: Request<TombstoneReq>,
    ) -> Result<Response<TombstoneResp>, Status> {
        delete::tombstone(&self.engine, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let link = Link::of(request.extensions())?;
        let answers = batch::session(self.engine.clone(), link, request.into_inner());
        Ok(Response::new(self.until_stopped(answers)))
    }
}

impl StreamsService {
    /// The answers, up to the first error; an error of its own when the server
    /// stops. Nothing is read ahead of the client.
    fn until_stopped<T: Send + 'static>(
        &self,
        answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
    ) -> BoxStream<'static, Result<T, Status>> {
        let stopping = self.engine.stopping.clone();
        futures_util::stream::unfold(Some(Box::pin(answers)), move |answers| {
            let stopping = stopping.clone();
            async move {
                let mut answers = answers?;
                let answer = tokio::select! {
                    biased;
                    () = stopping.cancelled() => Some(Err(status::not_ready())),
                    answer = answers.next() => answer,
                }?;
                let rest = answer.is_ok().then_some(answers);
                Some((answer, rest))
            }
        })
        .boxed()
    }
}
