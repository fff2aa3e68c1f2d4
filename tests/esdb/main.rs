//! The in-process server, spoken to as clients do: with the messages of the
//! protocol, with the bare client crate, and with no manners at all.

mod auth;
mod faults;
mod hostile;
mod lifecycle;
mod persistent;
mod projections;
mod raw;
mod silence;
mod streams;
mod tls;
mod untaken;
mod watch;
