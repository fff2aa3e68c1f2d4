//! The `eventstore.v1` backend, against the kit's server; and that server,
//! against a bare client.

mod ack;
mod answers;
mod connecting;
mod failures;
mod fake;
mod limits;
mod options;
mod pool;
mod reads;
mod records;
mod repeated;
mod runtimes;
mod signed;
mod silence;
mod subscriptions;
mod support;
mod tenants;
mod wire;
