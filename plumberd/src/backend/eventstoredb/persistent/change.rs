//! Groups are made, changed and deleted.

use super::{PersistentError, PersistentSettings, PersistentSubscriptions, Source, error::Group};
use eventstore::{
    DeletePersistentSubscriptionOptions, Error, GetPersistentSubscriptionInfoOptions,
    PersistentSubscriptionInfo, PersistentSubscriptionOptions, PersistentSubscriptionToAllOptions,
    StreamPosition,
};

impl PersistentSubscriptions {
    /// Makes a group.
    ///
    /// The server keeps a group's place in a stream that is called after its
    /// source and its name: both together may have up to 987 bytes.
    ///
    /// # Errors
    ///
    /// [`PersistentError::InvalidSettings`] before anything is sent,
    /// [`PersistentError::AlreadyExists`], and what every call can. A server
    /// that refuses settings for reasons of its own answers as one that fails,
    /// so that the error is
    /// [`StoreError::Unavailable`](crate::store::StoreError::Unavailable) and
    /// transient: give up after some attempts.
    pub async fn create(
        &self,
        source: &Source,
        group: &str,
        settings: &PersistentSettings,
    ) -> Result<(), PersistentError> {
        let group = Group::new(source, group)?;
        group.check_new()?;
        let filter = settings.filter(source)?;
        let name = group.name.clone();
        let result = match source {
            Source::Stream(stream) => {
                let options = PersistentSubscriptionOptions::default();
                let options = authenticated!(self, options.settings(settings.of_stream()?));
                let stream = stream.to_string();
                self.call(move |client| async move {
                    let created = client.create_persistent_subscription(stream, name, &options);
                    created.await
                })
                .await
            }
            Source::All => {
                let mut options =
                    PersistentSubscriptionToAllOptions::default().settings(settings.of_all()?);
                if let Some(filter) = filter {
                    options = options.filter(filter);
                }
                let options = authenticated!(self, options);
                self.call(move |client| async move {
                    let created = client.create_persistent_subscription_to_all(name, &options);
                    created.await
                })
                .await
            }
        };
        result.map_err(|error| group.error(error))
    }

    /// Changes a group, and drops its consumers.
    ///
    /// Every setting is replaced, by its default when `settings` do not name
    /// it, but for two. The filter stays, and the settings must not name one.
    /// The start stays when the settings name none; it counts only as long as
    /// the group has no checkpoint. A group without one that starts at the end
    /// misses what was not acknowledged before the change.
    ///
    /// # Errors
    ///
    /// [`PersistentError::InvalidSettings`] before anything is sent,
    /// [`PersistentError::DoesNotExist`], and what every call can; a server
    /// may refuse settings as it does in [`PersistentSubscriptions::create`].
    pub async fn update(
        &self,
        source: &Source,
        group: &str,
        settings: &PersistentSettings,
    ) -> Result<(), PersistentError> {
        let group = Group::new(source, group)?;
        settings.check_update()?;
        let starts_anew = settings.names_start();
        let asking = authenticated!(self, GetPersistentSubscriptionInfoOptions::default());
        let name = group.name.clone();
        let result = match source {
            Source::Stream(stream) => {
                let options = authenticated!(self, PersistentSubscriptionOptions::default());
                let mut settings = settings.of_stream()?;
                let stream = stream.to_string();
                self.call(move |client| async move {
                    if !starts_anew {
                        let info = client
                            .get_persistent_subscription_info(stream.as_str(), &name, &asking)
                            .await?;
                        settings.start_from = start_of(info)?;
                    }
                    let options = options.settings(settings);
                    let updated = client.update_persistent_subscription(stream, name, &options);
                    updated.await
                })
                .await
            }
            Source::All => {
                let options = authenticated!(self, PersistentSubscriptionToAllOptions::default());
                let mut settings = settings.of_all()?;
                self.call(move |client| async move {
                    if !starts_anew {
                        let info = client
                            .get_persistent_subscription_info_to_all(&name, &asking)
                            .await?;
                        settings.start_from = start_of(info)?;
                    }
                    let options = options.settings(settings);
                    let updated = client.update_persistent_subscription_to_all(name, &options);
                    updated.await
                })
                .await
            }
        };
        result.map_err(|error| group.error(error))
    }

    /// Deletes a group with its place; its consumers end with
    /// [`PersistentError::DoesNotExist`] or [`PersistentError::Dropped`].
    ///
    /// # Errors
    ///
    /// [`PersistentError::DoesNotExist`], and what every call can.
    pub async fn delete(&self, source: &Source, group: &str) -> Result<(), PersistentError> {
        let group = Group::new(source, group)?;
        let options = authenticated!(self, DeletePersistentSubscriptionOptions::default());
        let Group { source, name } = group.clone();
        self.call(move |client| async move {
            match source {
                Source::Stream(stream) => {
                    let stream = stream.to_string();
                    client
                        .delete_persistent_subscription(stream, name, &options)
                        .await
                }
                Source::All => {
                    client
                        .delete_persistent_subscription_to_all(name, &options)
                        .await
                }
            }
        })
        .await
        .map_err(|error| group.error(error))
    }
}

/// Where a group began that has no checkpoint.
fn start_of<A>(info: PersistentSubscriptionInfo<A>) -> eventstore::Result<StreamPosition<A>> {
    let missing = || Error::InternalParsingError("the group does not say its start".to_owned());
    Ok(info.settings.ok_or_else(missing)?.start_from)
}
