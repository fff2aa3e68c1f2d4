//! The `eventstore.v1` backend, against the kit's server; and that server,
//! against a bare client.

mod ack;
mod connecting;
mod limits;
mod options;
mod records;
mod repeated;
mod subscriptions;
mod support;
mod tenants;
mod wire;
