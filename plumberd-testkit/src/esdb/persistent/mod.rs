//! Persistent subscriptions: groups of consumers that share the events of a
//! stream, or of everything, and whose position the server keeps.

mod definition;
mod filter;
mod group;
mod item;
mod kept;
mod refusal;
mod registry;
mod request;
mod session;
mod settings;
mod source;
mod target;
mod wire;

use super::{
    auth,
    engine::Engine,
    link::Link,
    proto::{
        Empty,
        persistent_subscriptions::{
            CreateReq, CreateResp, DeleteReq, DeleteResp, GetInfoReq, GetInfoResp, ListReq,
            ListResp, ReadReq, ReadResp, ReplayParkedReq, ReplayParkedResp, UpdateReq, UpdateResp,
            persistent_subscriptions_server::PersistentSubscriptions,
        },
    },
    status,
    undisturbed::undisturbed,
    users,
};
use definition::Definition;
use futures_util::stream::BoxStream;
use group::Command;
use registry::Registry;
use session::Caller;
use tonic::{Request, Response, Status, Streaming};

/// The service of persistent subscriptions.
#[derive(Debug, Clone)]
pub(super) struct PersistentService {
    registry: Registry,
}

impl PersistentService {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            registry: Registry::new(engine),
        }
    }

    /// With the place where it begins.
    async fn placed(&self, mut definition: Definition) -> Result<Definition, Status> {
        let source = definition.source();
        definition.begin = source
            .begin(self.registry.engine(), definition.start)
            .await
            .map_err(|error| status::of_store(&error))?;
        Ok(definition)
    }
}

#[tonic::async_trait]
impl PersistentSubscriptions for PersistentService {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;

    async fn create(&self, request: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let definition = self.placed(request::create(request.into_inner())?).await?;
        undisturbed(self.registry.clone().create(definition)).await??;
        Ok(Response::new(CreateResp {}))
    }

    async fn update(&self, request: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let definition = self.placed(request::update(request.into_inner())?).await?;
        undisturbed(self.registry.clone().update(definition)).await??;
        Ok(Response::new(UpdateResp {}))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let key = request::delete(request.into_inner())?;
        undisturbed(self.registry.clone().delete(key)).await??;
        Ok(Response::new(DeleteResp {}))
    }

    async fn read(
        &self,
        request: Request<Streaming<ReadReq>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let link = Link::of(request.extensions())?;
        let connection_name = request.metadata().get("connection-name");
        let caller = Caller {
            address: link.peer(),
            user: request
                .extensions()
                .get::<auth::Caller>()
                .and_then(|caller| caller.login.clone())
                .unwrap_or_default(),
            connection_name: connection_name
                .and_then(|name| name.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        };
        let outbound = session::open(&self.registry, caller, request.into_inner()).await?;
        Ok(Response::new(link.subscription(outbound)))
    }

    async fn get_info(
        &self,
        request: Request<GetInfoReq>,
    ) -> Result<Response<GetInfoResp>, Status> {
        let key = request::get_info(request.into_inner())?;
        let (info, _) = self.registry.ask(&key, Command::Info).await?;
        Ok(Response::new(GetInfoResp {
            subscription_info: Some(info),
        }))
    }

    async fn replay_parked(
        &self,
        request: Request<ReplayParkedReq>,
    ) -> Result<Response<ReplayParkedResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let (key, stop_at) = request::replay(request.into_inner())?;
        let replay = |answer| Command::Replay(stop_at, answer);
        self.registry.ask(&key, replay).await?;
        Ok(Response::new(ReplayParkedResp {}))
    }

    async fn list(&self, request: Request<ListReq>) -> Result<Response<ListResp>, Status> {
        let source = request::list(request.into_inner())?;
        let subscriptions = self.registry.infos(source.as_ref()).await?;
        if subscriptions.is_empty() {
            return Err(Status::not_found("Subscription not found"));
        }
        Ok(Response::new(ListResp { subscriptions }))
    }

    async fn restart_subsystem(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        users::admin_or_operator(request.extensions())?;
        undisturbed(self.registry.clone().restart()).await??;
        Ok(Response::new(Empty {}))
    }
}
