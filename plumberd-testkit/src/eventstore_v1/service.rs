use super::{
    append,
    connection::Link,
    engine::Engine,
    faults::{AppendFault, on_cue},
    proto::{
        AppendRequest, AppendResponse, ReadAllRequest, ReadAllResponse, ReadStreamRequest,
        ReadStreamResponse, SubscribeRequest, event_store_server::EventStore,
    },
    read::{self, Messages},
};
use tonic::{Request, Response, Status, async_trait};

/// The protocol's four calls.
#[derive(Debug)]
pub(super) struct Service {
    engine: Engine,
}

impl Service {
    pub(super) const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Whether the client may call; it is kept waiting when that is asked for.
    async fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        if let Some(wanted) = &self.engine.kept.config.authorization {
            let sent = request.metadata().get("authorization");
            if sent.is_none_or(|sent| sent.as_bytes() != wanted.as_bytes()) {
                return Err(Status::unauthenticated("who are you?"));
            }
        }
        if self.engine.kept.faults.silences_call() {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[async_trait]
impl EventStore for Service {
    type SubscribeStream = Messages;

    async fn append(
        &self,
        request: Request<AppendRequest>,
    ) -> Result<Response<AppendResponse>, Status> {
        self.admit(&request).await?;
        let link = request.extensions().get::<Link>().cloned();
        let fault = self.engine.kept.faults.next_append();
        if let Some(AppendFault::Refuse(code)) = fault {
            return Err(on_cue(code));
        }
        let engine = self.engine.clone();
        // What was begun is carried out, also when the client goes.
        let appended =
            tokio::spawn(async move { append::append(&engine, request.into_inner()).await });
        let response = appended
            .await
            .map_err(|error| Status::internal(error.to_string()))??;
        if let Some(AppendFault::AnswerAfterCommit(code)) = fault {
            return Err(on_cue(code));
        }
        let cut = fault == Some(AppendFault::CutAfterCommit);
        if let Some(link) = link
            && (cut || self.engine.kept.faults.cuts_append())
        {
            link.cut();
            std::future::pending::<()>().await;
        }
        Ok(Response::new(response))
    }

    async fn read_stream(
        &self,
        request: Request<ReadStreamRequest>,
    ) -> Result<Response<ReadStreamResponse>, Status> {
        self.admit(&request).await?;
        self.engine.kept.faults.check_read()?;
        let response = read::read_stream(&self.engine, request.into_inner()).await?;
        Ok(Response::new(response))
    }

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Messages>, Status> {
        self.admit(&request).await?;
        let messages = read::subscribe(&self.engine, request.into_inner()).await?;
        Ok(Response::new(messages))
    }

    async fn read_all(
        &self,
        request: Request<ReadAllRequest>,
    ) -> Result<Response<ReadAllResponse>, Status> {
        self.admit(&request).await?;
        self.engine.kept.faults.check_read()?;
        let response = read::read_all(&self.engine, request.into_inner()).await?;
        Ok(Response::new(response))
    }
}
