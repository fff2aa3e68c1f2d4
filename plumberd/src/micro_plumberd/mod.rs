//! What things are called, as micro-plumberd (.NET) calls them, and what can
//! be done when only the conventions say where.
//!
//! | thing | by default |
//! |---|---|
//! | stream of an aggregate | `{Category}-{id}`; the category is that of `#[aggregate(category = …)]`, else the type's name |
//! | snapshots of an aggregate | `{Category}Snapshot-{id}`, event `{Category}SnapShotted` |
//! | stream of a state | `{State}-{id}`, or `#[event(output_stream = …)]` in place of the state's name |
//! | event of a state | `{State}SnapShotted` |
//! | stream of an event without an aggregate | `#[event(output_stream = …)]`, else its module's last segment that is not `events`, in PascalCase: `bank::accounts::events` is `Accounts` |
//! | id of a state's event | the state's id (a UUID, or [`guid_from_text`] of it) with the version over it: [`state_event_id`] |
//! | output stream, group of a model or handler | its name |
//!
//! [`Conventions`] is where to replace one; [`Plumber`] uses them, and so do
//! [its repositories](Plumber::repository) and [its models](Model). Which one
//! rules which call is on [the page about micro-plumberd](crate::docs::micro_plumberd).

mod aggregates;
mod error;
mod guid;
mod model;
mod names;
mod of_type;
mod plumber;
mod state;

pub use error::StateError;
pub use guid::{guid_from_text, guid_of, state_event_id};
pub use model::Model;
pub use plumber::Plumber;
pub use state::StateOf;

pub use crate::event::type_name::friendly_name;

use crate::{
    event::{EventInfo, Metadata, new_event_id},
    stream::{InvalidStreamName, StreamName},
};
use std::fmt;
use uuid::Uuid;

/// How a [`Plumber`] names things.
///
/// Every method has micro-plumberd's answer as its default, so a convention of
/// your own is one method.
///
/// # Examples
///
/// ```
/// use plumberd::{micro_plumberd::{Conventions, Plumber}, event::EventInfo};
///
/// #[derive(Debug)]
/// struct OneCategory;
///
/// impl Conventions for OneCategory {
///     fn category(&self, _: &EventInfo) -> String {
///         "Everything".into()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = plumberd::connect("memory:").await?;
/// let plumber = Plumber::new(store).with_conventions(OneCategory);
/// # Ok(())
/// # }
/// ```
pub trait Conventions: fmt::Debug + Send + Sync + 'static {
    /// The category of a state or an aggregate: its output stream, else its
    /// name. An aggregate's name is its category as `#[aggregate]` says it.
    fn category(&self, of: &EventInfo) -> String {
        of.output_stream.unwrap_or(of.name).to_owned()
    }

    /// The stream of `id` in `category`; the category itself without an id.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamName`] when they make none.
    fn stream(&self, category: &str, id: Option<&str>) -> Result<StreamName, InvalidStreamName> {
        match id {
            Some(id) => StreamName::new(category, id),
            None => StreamName::raw(category),
        }
    }

    /// The category that an event is written to which belongs to no aggregate.
    fn event_category(&self, event: &EventInfo) -> String {
        event.output_stream.map_or_else(
            || names::category_of_module(event.module),
            ToOwned::to_owned,
        )
    }

    /// The name an event is stored under.
    fn event_name(&self, event: &EventInfo) -> String {
        event.name.to_owned()
    }

    /// The name that a state, or a snapshot of an aggregate, is stored under.
    fn snapshot_name(&self, of: &EventInfo) -> String {
        format!("{}SnapShotted", of.name)
    }

    /// The stream with the snapshots of an aggregate that lives in `stream`;
    /// `None` when it can have none. By default `{Category}Snapshot-{id}`, with
    /// the id in the stream's name.
    fn snapshot_stream(&self, aggregate: &EventInfo, stream: &StreamName) -> Option<StreamName> {
        let category = format!("{}Snapshot", self.category(aggregate));
        self.stream(&category, Some(stream.id()?)).ok()
    }

    /// The id of an event that [`Plumber`] appends, from the one it carries
    /// itself. Those of an aggregate's events follow from its commands.
    fn event_id(&self, own: Option<Uuid>) -> Uuid {
        own.filter(|id| !id.is_nil()).unwrap_or_else(new_event_id)
    }

    /// The id of the event that holds the state `id` as it follows `version`.
    ///
    /// Without a version it is a new one, where .NET takes the state's own id:
    /// a store that knows event ids would drop the second such state.
    fn state_event_id(&self, id: &str, version: Option<i64>) -> Uuid {
        version.map_or_else(new_event_id, |version| {
            guid::state_event_id(guid_of(id), version)
        })
    }

    /// Adds to the metadata of an event or a state what the context does not
    /// say. What is there already stands in `metadata`.
    fn enrich(&self, event: &EventInfo, metadata: &mut Metadata) {
        let _ = (event, metadata);
    }

    /// The stream that a read model or handler of this name follows.
    fn output_stream(&self, model: &str) -> String {
        model.to_owned()
    }

    /// The consumer group of a read model or handler of this name.
    fn group_name(&self, model: &str) -> String {
        model.to_owned()
    }

    /// The stream in which a store may index the events of one type: `$et-…`
    /// on EventStoreDB.
    fn type_stream(&self, event_name: &str) -> Option<StreamName> {
        StreamName::raw(format!("$et-{event_name}")).ok()
    }
}

/// micro-plumberd's conventions, unchanged.
#[derive(Debug, Clone, Copy, Default)]
pub struct DotNet;

impl Conventions for DotNet {}
