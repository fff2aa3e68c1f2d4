use super::{
    EsdbServerConfig, StartError,
    auth::Users,
    faults::Faults,
    link::Link,
    monitoring::Figures,
    net::{Budget, Places, Watched},
    tls::Tls,
};
use futures_util::future::BoxFuture;
use plumberd::event::new_event_id;
use std::{
    convert::Infallible,
    mem,
    task::{Context, Poll},
};
use tonic::{
    body::BoxBody,
    codegen::{
        Service,
        http::{Request, Response},
    },
    server::NamedService,
};
use uuid::Uuid;

/// What stands before the services and outlives a stop of the server:
/// encryption, users, faults, figures.
#[derive(Debug, Clone)]
pub(super) struct Front {
    pub(super) instance: Uuid,
    pub(super) tls: Option<Tls>,
    pub(super) users: Users,
    pub(super) faults: Faults,
    pub(super) places: Places,
    pub(super) unfinished: Budget,
    pub(super) figures: Figures,
}

impl Front {
    pub(super) fn new(config: &EsdbServerConfig) -> Result<Self, StartError> {
        let tls = &config.tls;
        let identity = tls.identity.as_ref();
        let faults = Faults::new();
        Ok(Self {
            instance: new_event_id(),
            tls: identity
                .map(|identity| Tls::new(identity, tls.client_ca.as_deref()))
                .transpose()
                .map_err(|source| StartError::Tls { source })?,
            users: Users::new(&config.auth, config.clock.clone())
                .map_err(|source| StartError::Users { source })?,
            figures: Figures::new(config.clock.clone(), faults.clone()),
            faults,
            places: Places::new(config.max_connections),
            unfinished: Budget::default(),
        })
    }

    /// A service that only users may call, and that fails on cue.
    pub(super) fn guard<S>(&self, inner: S) -> Watched<Guarded<S>> {
        self.watch(inner, false)
    }

    /// A service that clients call before they are users: they look for a
    /// server with it.
    pub(super) fn open<S>(&self, inner: S) -> Watched<Guarded<S>> {
        self.watch(inner, true)
    }

    fn watch<S>(&self, inner: S, open: bool) -> Watched<Guarded<S>> {
        let front = self.clone();
        let guarded = Guarded { inner, front, open };
        Watched::new(guarded, self.unfinished.clone(), Link::seat)
    }
}

/// A service behind the front.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    front: Front,
    open: bool,
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<BoxBody>> for Guarded<S>
where
    S: Service<Request<BoxBody>, Response = Response<BoxBody>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<BoxBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<BoxBody>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<BoxBody>) -> Self::Future {
        // The one that said it is ready is the one to call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let (front, open) = (self.front.clone(), self.open);
        Box::pin(async move {
            front.figures.called(request.uri().path());
            front.faults.call_begins().await;
            if !open {
                match front.users.caller(request.headers()) {
                    Ok(caller) => request.extensions_mut().insert(caller),
                    Err(refusal) => return Ok(refusal.into_http()),
                };
                if let Some(status) = front.faults.scripted() {
                    return Ok(status.into_http());
                }
            }
            let answer = inner.call(request).await;
            front.faults.answer_begins().await;
            answer
        })
    }
}
