//! The multi-tenant `eventstore.v1` gRPC store.

#[doc(hidden)]
pub mod proto;
