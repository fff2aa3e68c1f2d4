//! The projections of the server.

use super::{BACKEND, EventStoreDb, connection::Connection, failure::CallError, failure::Failure};
use crate::store::{
    EventStore, ServerProjectionError, ServerProjectionState, ServerProjectionStatus,
    ServerProjections,
};
use async_trait::async_trait;
use eventstore::{
    CreateProjectionOptions, DeleteProjectionOptions, GenericProjectionOptions, ProjectionClient,
    UpdateProjectionOptions,
};
use futures_util::TryStreamExt;

/// The projections that an EventStoreDB server runs.
///
/// [`EventStoreDb::projections`] gives them. A server with users lets
/// administrators and operators change them.
#[derive(Debug, Clone)]
pub struct Projections {
    store: EventStoreDb,
}

impl EventStoreDb {
    /// The projections that the server runs.
    pub fn projections(&self) -> Projections {
        Projections {
            store: self.clone(),
        }
    }
}

impl Projections {
    fn connection(&self) -> &Connection {
        &self.store.shared.connection
    }

    async fn call<F>(
        &self,
        name: &str,
        call: impl FnOnce(ProjectionClient) -> F + Clone + Send,
    ) -> Result<(), ServerProjectionError>
    where
        F: Future<Output = eventstore::Result<()>> + Send + 'static,
    {
        self.connection()
            .call(move |client| call(client.into()))
            .await
            .map_err(|error| projection_error(name, error))
    }
}

/// Options of a call, with the user of the connection.
macro_rules! authenticated {
    ($self:ident, $options:expr) => {
        match $self.connection().credentials() {
            Some(credentials) => $options.authenticated(credentials),
            None => $options,
        }
    };
}

#[async_trait]
impl ServerProjections for Projections {
    fn streams(&self) -> &dyn EventStore {
        &self.store
    }

    async fn create(&self, name: &str, query: &str) -> Result<(), ServerProjectionError> {
        // Without tracking: a projection that tracks remembers every stream it
        // writes to, only so that they can be deleted with it.
        let options = authenticated!(self, CreateProjectionOptions::default());
        let (own, query) = (name.to_owned(), query.to_owned());
        self.call(name, move |client| async move {
            client.create(own, query, &options).await
        })
        .await
    }

    async fn update(
        &self,
        name: &str,
        query: &str,
        emit: bool,
    ) -> Result<(), ServerProjectionError> {
        let options = authenticated!(self, UpdateProjectionOptions::default().emit(emit));
        let (own, query) = (name.to_owned(), query.to_owned());
        self.call(name, move |client| async move {
            client.update(own, query, &options).await
        })
        .await
    }

    async fn enable(&self, name: &str) -> Result<(), ServerProjectionError> {
        let options = authenticated!(self, GenericProjectionOptions::default());
        let own = name.to_owned();
        self.call(name, move |client| async move {
            client.enable(own, &options).await
        })
        .await
    }

    async fn disable(&self, name: &str) -> Result<(), ServerProjectionError> {
        let options = authenticated!(self, GenericProjectionOptions::default());
        let own = name.to_owned();
        self.call(name, move |client| async move {
            client.disable(own, &options).await
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<(), ServerProjectionError> {
        let options = authenticated!(
            self,
            DeleteProjectionOptions::default()
                .delete_state_stream(true)
                .delete_checkpoint_stream(true)
        );
        let own = name.to_owned();
        self.call(name, move |client| async move {
            client.delete(own, &options).await
        })
        .await
    }

    async fn status(
        &self,
        name: &str,
    ) -> Result<Option<ServerProjectionStatus>, ServerProjectionError> {
        let options = authenticated!(self, GenericProjectionOptions::default());
        // Asked for a name that is not there, servers before 24 answer with a
        // failure that has no code of its own: the list tells it in all.
        let listed: Vec<_> = self
            .connection()
            .call(move |client| async move {
                let client = ProjectionClient::from(client);
                client.list(&options).await?.try_collect().await
            })
            .await
            .map_err(|error| projection_error(name, error))?;
        let found = listed.into_iter().find(|status| status.name == name);
        Ok(found.map(|status| {
            let state = state(&status.status);
            let mut found = ServerProjectionStatus::new(status.name, state, status.status);
            found.reason = status.state_reason;
            found.progress = status.progress;
            found
        }))
    }
}

/// The states that a server names; what it adds to the name ("(Enabled)") says
/// what becomes of it after a restart.
fn state(text: &str) -> ServerProjectionState {
    match text.split([' ', '/']).next() {
        Some("Running") => ServerProjectionState::Running,
        Some("Stopped" | "Aborted" | "Completed") => ServerProjectionState::Stopped,
        Some("Faulted") => ServerProjectionState::Faulted,
        _ => ServerProjectionState::Changing,
    }
}

fn projection_error(name: &str, error: CallError) -> ServerProjectionError {
    let backend = BACKEND;
    let is_deadline = matches!(
        error,
        CallError::TimedOut(_) | CallError::Client(eventstore::Error::DeadlineExceeded)
    );
    match error.failure() {
        _ if is_deadline => ServerProjectionError::Deadline {
            backend,
            source: error.into(),
        },
        Failure::NotFound => ServerProjectionError::NotFound {
            name: name.to_owned(),
        },
        Failure::Exists => ServerProjectionError::Exists {
            name: name.to_owned(),
        },
        Failure::Denied => ServerProjectionError::Denied { backend },
        Failure::Unauthenticated | Failure::NoRuntime => error.into_store_error().into(),
        Failure::Unsupported => ServerProjectionError::Unsupported {
            backend,
            source: error.into(),
        },
        Failure::Lost | Failure::Exhausted => ServerProjectionError::Unavailable {
            backend,
            source: error.into(),
        },
        _ => ServerProjectionError::Backend {
            backend,
            source: error.into(),
        },
    }
}
