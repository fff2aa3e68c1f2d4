//! Persistent subscriptions: the server keeps a group's place, and shares the
//! events among the group's consumers.

/// Options of a call, with the user of the connection.
macro_rules! authenticated {
    ($self:ident, $options:expr) => {
        match $self.store.shared.connection.credentials() {
            Some(credentials) => $options.authenticated(credentials),
            None => $options,
        }
    };
}

mod change;
mod error;
mod info;
mod replay;
mod settings;
mod subscription;
mod worker;

pub use error::PersistentError;
pub use info::{GroupPlace, PersistentInfo};
pub use settings::{ConsumerStrategy, GroupFilter, GroupStart, PersistentSettings};
pub use subscription::{Delivery, Nack, PersistentSubscription};

use super::{
    EventStoreDb,
    failure::{CallError, Failure},
};
use crate::stream::StreamName;
use error::{Group, invalid};
use eventstore::{
    Client, GetPersistentSubscriptionInfoOptions, ListPersistentSubscriptionsOptions,
};
use std::fmt;

/// What a group reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// One stream; also one of the system, such as `$ce-Order`.
    Stream(StreamName),
    /// Everything, in the global order.
    All,
}

impl From<StreamName> for Source {
    fn from(stream: StreamName) -> Self {
        Self::Stream(stream)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::All => f.write_str("everything"),
        }
    }
}

/// The groups that an EventStoreDB server keeps.
///
/// [`EventStoreDb::persistent_subscriptions`] gives them. Cheap to clone. A
/// server with users lets administrators and operators change groups. Every
/// call takes at most the deadline of the settings.
///
/// A change that fails as unavailable may have been made: a repeated `create`
/// that answers [`PersistentError::AlreadyExists`] may mean the first.
///
/// # Examples
///
/// ```no_run
/// use plumberd::backend::eventstoredb::{
///     EventStoreDb, EventStoreDbConfig, GroupStart, Nack, PersistentSettings, Source,
/// };
/// use plumberd::stream::StreamName;
///
/// # async fn run() -> Result<(), plumberd::BoxError> {
/// let config = EventStoreDbConfig::from_url("esdb://localhost:2113?tls=false")?;
/// let groups = EventStoreDb::connect(config).await?.persistent_subscriptions();
/// let orders = Source::Stream(StreamName::new("Order", "7")?);
/// let settings = PersistentSettings::new().with_start(GroupStart::Start);
/// groups.create(&orders, "mailer", &settings).await?;
///
/// let mut mailer = groups.subscribe(&orders, "mailer").await?;
/// loop {
///     let delivery = mailer.next().await?;
///     if delivery.event.data.is_empty() {
///         mailer.nack(&delivery, Nack::Park, "it has no data").await?;
///     } else {
///         mailer.ack(&delivery).await?;
///     }
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PersistentSubscriptions {
    store: EventStoreDb,
}

impl EventStoreDb {
    /// The groups that the server keeps.
    pub fn persistent_subscriptions(&self) -> PersistentSubscriptions {
        PersistentSubscriptions {
            store: self.clone(),
        }
    }
}

impl PersistentSubscriptions {
    /// How a group is.
    ///
    /// # Errors
    ///
    /// [`PersistentError::DoesNotExist`], and what every call can.
    pub async fn info(
        &self,
        source: &Source,
        group: &str,
    ) -> Result<PersistentInfo, PersistentError> {
        let group = Group::new(source, group)?;
        let options = authenticated!(self, GetPersistentSubscriptionInfoOptions::default());
        let Group { source, name } = group.clone();
        let info = self.call(move |client| async move {
            Ok(match source {
                Source::Stream(stream) => {
                    let stream = stream.to_string();
                    let info = client.get_persistent_subscription_info(stream, name, &options);
                    PersistentInfo::of_crate(info.await?)
                }
                Source::All => {
                    let info = client.get_persistent_subscription_info_to_all(name, &options);
                    PersistentInfo::of_crate(info.await?)
                }
            })
        });
        let info = info.await.map_err(|error| group.error(error))?;
        info.ok_or_else(|| group.error(CallError::Client(eventstore::Error::ResourceNotFound)))
    }

    /// How the groups are that the server keeps, in no order; nothing when
    /// there is none. Those on a stream whose name plumberd cannot have are left
    /// out: one of more than 1024 bytes, or with control characters.
    ///
    /// # Errors
    ///
    /// What every call can: [`PersistentError::Store`].
    pub async fn list(&self) -> Result<Vec<PersistentInfo>, PersistentError> {
        let options = authenticated!(self, ListPersistentSubscriptionsOptions::default());
        let listed = self.call(move |client| async move {
            client.list_all_persistent_subscriptions(&options).await
        });
        match listed.await {
            Ok(infos) => Ok(infos
                .into_iter()
                .filter_map(PersistentInfo::of_crate)
                .collect()),
            Err(error) if error.failure() == Failure::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into_store_error().into()),
        }
    }

    /// Becomes a consumer of a group, which the server sends up to ten events
    /// before it waits for answers.
    ///
    /// Tries again until the deadline while the server is not there.
    ///
    /// # Errors
    ///
    /// [`PersistentError::DoesNotExist`], [`PersistentError::Full`], and what
    /// every call can.
    ///
    /// # Cancel safety
    ///
    /// Nothing is left behind when the future is dropped.
    pub async fn subscribe(
        &self,
        source: &Source,
        group: &str,
    ) -> Result<PersistentSubscription, PersistentError> {
        self.subscribe_with_buffer(source, group, 10).await
    }

    /// As [`PersistentSubscriptions::subscribe`], with up to `buffer` events
    /// without an answer: from 1 to 2³¹ − 1. Their time to answer
    /// runs while they wait here.
    ///
    /// # Errors
    ///
    /// As there, and [`PersistentError::InvalidSettings`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is left behind when the future is dropped.
    pub async fn subscribe_with_buffer(
        &self,
        source: &Source,
        group: &str,
        buffer: u32,
    ) -> Result<PersistentSubscription, PersistentError> {
        let group = Group::new(source, group)?;
        if buffer == 0 || i32::try_from(buffer).is_err() {
            return Err(invalid("buffer", "it must be from 1 to 2147483647"));
        }
        PersistentSubscription::begin(&self.store.shared, group, buffer).await
    }

    async fn call<T, F>(
        &self,
        call: impl FnOnce(Client) -> F + Clone + Send,
    ) -> Result<T, CallError>
    where
        F: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.shared.connection.call(call).await
    }
}
