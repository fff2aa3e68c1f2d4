//! Pages about plumberd as a whole.
//!
//! | to know | read |
//! |---|---|
//! | the first steps, one by one | [`getting_started`] |
//! | which stores there are; SQLite's options; tenants | [`stores`] |
//! | how to copy a SQLite store and put it back; damage | [`backup`] |
//! | every option of EventStoreDB and KurrentDB; when it does not connect | [`eventstoredb`] |
//! | the gRPC store `eventstore.v1`, a tenant a call | [`eventstore_v1`] |
//! | micro-plumberd's names, states and models, on every store | [`micro_plumberd`] |
//! | commands between programs, with answers | [`command_bus`] |
//! | given/when/then, servers without Docker, the tests of plumberd | [`testing`] |
//! | what .NET, Python and gRPC clients see | [`neighbours`], [`wire_format`] |
//! | how fast each part is | [`speed`] |
//! | how plumberd is built; a store of your own | [`architecture`], [`writing_a_backend`] |
//!
//! The pages are read as files too, where a link to another page is a link to
//! its file. Of two definitions of a link the first counts, so the definitions
//! that stand before a page here make the same links lead to modules.

/// [wire_format]: crate::docs::wire_format
#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

/// [backup]: crate::docs::backup
/// [eventstore_v1]: crate::docs::eventstore_v1
/// [eventstoredb]: crate::docs::eventstoredb
/// [writing_a_backend]: crate::docs::writing_a_backend
#[doc = include_str!("stores.md")]
pub mod stores {}

#[doc = include_str!("backup.md")]
pub mod backup {}

/// [testing]: crate::docs::testing
#[doc = include_str!("eventstoredb.md")]
pub mod eventstoredb {}

#[doc = include_str!("eventstore_v1.md")]
pub mod eventstore_v1 {}

/// [command_bus]: crate::docs::command_bus
/// [wire_format]: crate::docs::wire_format
#[doc = include_str!("micro_plumberd.md")]
pub mod micro_plumberd {}

#[doc = include_str!("command_bus.md")]
pub mod command_bus {}

/// [writing_a_backend]: crate::docs::writing_a_backend
#[doc = include_str!("testing.md")]
pub mod testing {}

/// [eventstore_v1]: crate::docs::eventstore_v1
/// [micro_plumberd]: crate::docs::micro_plumberd
/// [wire_format]: crate::docs::wire_format
#[doc = include_str!("neighbours.md")]
pub mod neighbours {}

#[doc = include_str!("wire_format.md")]
pub mod wire_format {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("writing_a_backend.md")]
pub mod writing_a_backend {}
