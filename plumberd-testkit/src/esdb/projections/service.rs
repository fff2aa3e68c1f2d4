use super::registry::{Projections as Registry, Refused, Status as Found};
use crate::esdb::{
    proto::{
        Empty,
        projections::{
            CreateReq, CreateResp, DeleteReq, DeleteResp, DisableReq, DisableResp, EnableReq,
            EnableResp, ResetReq, ResetResp, ResultReq, ResultResp, StateReq, StateResp,
            StatisticsReq, StatisticsResp, UpdateReq, UpdateResp, create_req,
            projections_server::Projections, statistics_req, statistics_resp, update_req,
        },
    },
    status as refusals,
    undisturbed::undisturbed,
    users,
};
use futures_util::{StreamExt, stream, stream::BoxStream};
use prost_types::{Struct, Value, value::Kind};
use tonic::{Request, Response, Status};

/// The service of projections.
#[derive(Debug, Clone)]
pub(in crate::esdb) struct ProjectionsService {
    projections: Registry,
}

impl ProjectionsService {
    pub(in crate::esdb) const fn new(projections: Registry) -> Self {
        Self { projections }
    }

    async fn find(&self, name: &str) -> Result<Found, Status> {
        let mut all = self.projections.statuses().await.into_iter();
        all.find(|found| found.name == name)
            .ok_or_else(|| status(Refused::NotFound, name))
    }
}

/// An answer, or a refusal in the server's words.
fn status(refused: Refused, name: &str) -> Status {
    match refused {
        Refused::NotFound => Status::not_found(format!("Projection '{name}' not found")),
        Refused::Exists => Status::already_exists(format!("Projection '{name}' already exists")),
        Refused::System => refusals::access_denied(),
        Refused::Running => Status::failed_precondition(
            "Cannot delete a projection that hasn't been stopped or faulted.",
        ),
        Refused::Unknown => Status::unimplemented(
            "This server runs no JavaScript. It recognises the texts of micro-plumberd's join \
             projection (linkTo of event types into one stream) and lookup projection (linkTo of \
             a category by a property), exactly as micro-plumberd and plumberd write them.",
        ),
        Refused::Store(error) => refusals::of_store(&error),
    }
}

/// Makes that change of the projection to its end.
async fn change(
    name: String,
    change: impl Future<Output = Result<(), Refused>> + Send + 'static,
) -> Result<(), Status> {
    let changed = undisturbed(change).await?;
    changed.map_err(|refused| status(refused, &name))
}

fn missing() -> Status {
    Status::invalid_argument("The request has no options")
}

#[tonic::async_trait]
impl Projections for ProjectionsService {
    type StatisticsStream = BoxStream<'static, Result<StatisticsResp, Status>>;

    async fn create(&self, request: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let Some(create_req::options::Mode::Continuous(continuous)) = options.mode else {
            return Err(Status::unimplemented(
                "This server runs continuous projections only",
            ));
        };
        let (name, track) = (continuous.name, continuous.track_emitted_streams);
        if name.is_empty() {
            return Err(Status::invalid_argument("A projection needs a name"));
        }
        let projections = self.projections.clone();
        change(name.clone(), async move {
            projections.create(&name, &options.query, track).await
        })
        .await?;
        Ok(Response::new(CreateResp {}))
    }

    async fn update(&self, request: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        use update_req::options::EmitOption;

        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let emit = match options.emit_option {
            Some(EmitOption::EmitEnabled(emit)) => Some(emit),
            Some(EmitOption::NoEmitOptions(_)) | None => None,
        };
        let projections = self.projections.clone();
        change(options.name.clone(), async move {
            projections
                .update(&options.name, &options.query, emit)
                .await
        })
        .await?;
        Ok(Response::new(UpdateResp {}))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let projections = self.projections.clone();
        change(options.name.clone(), async move {
            projections
                .delete(&options.name, options.delete_emitted_streams)
                .await
        })
        .await?;
        Ok(Response::new(DeleteResp {}))
    }

    async fn statistics(
        &self,
        request: Request<StatisticsReq>,
    ) -> Result<Response<Self::StatisticsStream>, Status> {
        use statistics_req::options::Mode;

        let options = request.into_inner().options.ok_or_else(missing)?;
        let found = match options.mode.ok_or_else(missing)? {
            Mode::Name(name) => vec![self.find(&name).await?],
            Mode::All(_) | Mode::Continuous(_) => self.projections.statuses().await,
            Mode::Transient(_) | Mode::OneTime(_) => Vec::new(),
        };
        let answers = stream::iter(found).map(|found| Ok(statistics(found)));
        Ok(Response::new(answers.boxed()))
    }

    async fn disable(&self, request: Request<DisableReq>) -> Result<Response<DisableResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let projections = self.projections.clone();
        change(options.name.clone(), async move {
            projections.set_enabled(&options.name, false).await
        })
        .await?;
        Ok(Response::new(DisableResp {}))
    }

    async fn enable(&self, request: Request<EnableReq>) -> Result<Response<EnableResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let projections = self.projections.clone();
        change(options.name.clone(), async move {
            projections.set_enabled(&options.name, true).await
        })
        .await?;
        Ok(Response::new(EnableResp {}))
    }

    async fn reset(&self, request: Request<ResetReq>) -> Result<Response<ResetResp>, Status> {
        users::admin_or_operator(request.extensions())?;
        let options = request.into_inner().options.ok_or_else(missing)?;
        let projections = self.projections.clone();
        change(options.name.clone(), async move {
            projections.reset(&options.name).await
        })
        .await?;
        Ok(Response::new(ResetResp {}))
    }

    async fn state(&self, request: Request<StateReq>) -> Result<Response<StateResp>, Status> {
        let options = request.into_inner().options.ok_or_else(missing)?;
        self.find(&options.name).await?;
        Ok(Response::new(StateResp {
            state: Some(nothing()),
        }))
    }

    async fn result(&self, request: Request<ResultReq>) -> Result<Response<ResultResp>, Status> {
        let options = request.into_inner().options.ok_or_else(missing)?;
        self.find(&options.name).await?;
        Ok(Response::new(ResultResp {
            result: Some(nothing()),
        }))
    }

    async fn restart_subsystem(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        users::admin_or_operator(request.extensions())?;
        let projections = self.projections.clone();
        undisturbed(async move { projections.restart().await }).await?;
        Ok(Response::new(Empty {}))
    }
}

/// The state of a projection that keeps none: an object without members.
fn nothing() -> Value {
    Value {
        kind: Some(Kind::StructValue(Struct::default())),
    }
}

fn statistics(found: Found) -> StatisticsResp {
    let position = found
        .position
        .map(|position| format!("C:{position}/P:{position}"))
        .unwrap_or_default();
    StatisticsResp {
        details: Some(statistics_resp::Details {
            version: found.version,
            epoch: found.version,
            effective_name: found.name.clone(),
            status: found.state.to_owned(),
            state_reason: found.reason,
            name: found.name,
            mode: "Continuous".to_owned(),
            position: position.clone(),
            // It is not known how much there is for it.
            progress: -1.0,
            last_checkpoint: position,
            events_processed_after_restart: found.events,
            ..statistics_resp::Details::default()
        }),
    }
}
