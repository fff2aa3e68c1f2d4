//! Pages about plumberd as a whole.

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("wire_format.md")]
pub mod wire_format {}

#[doc = include_str!("writing_a_backend.md")]
pub mod writing_a_backend {}

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("backup.md")]
pub mod backup {}

#[doc = include_str!("eventstoredb.md")]
pub mod eventstoredb {}

#[doc = include_str!("micro_plumberd.md")]
pub mod micro_plumberd {}

#[doc = include_str!("eventstore_v1.md")]
pub mod eventstore_v1 {}
