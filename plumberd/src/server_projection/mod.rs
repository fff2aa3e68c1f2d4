//! The projections that micro-plumberd keeps on an EventStoreDB server.
//!
//! A server runs projections as JavaScript. micro-plumberd knows two: one that
//! joins events of some types in one stream ([`JoinProjection`]), and one that
//! sorts the events of a category by a property ([`LookupProjection`]). Both
//! sides of a mixed system must write the same text, since a hash of it says
//! whether the server has it already.
//!
//! [`EnsureProjections`] brings a server to have them.

mod ensure;
mod query;

pub use ensure::{EnsureError, EnsureProjections, Ensured};
pub use query::{InvalidProjection, JoinProjection, LookupProjection, ProjectionQuery, query_hash};
