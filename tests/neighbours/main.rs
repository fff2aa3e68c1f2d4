//! plumberd beside micro-plumberd (.NET) and py-micro-plumberd: names, ids,
//! states and the command bus.

mod aggregates;
mod bus;
mod command_ids;
mod convention;
mod defects;
mod domain;
#[cfg(feature = "eventstoredb")]
mod eventstoredb;
#[cfg(feature = "eventstoredb")]
mod model;
mod oracle;
mod pages;
mod pages_kit;
#[cfg(feature = "eventstoredb")]
mod pages_server;
mod python;
mod repeated;
mod restart;
mod sameness;
mod servers;
mod two_processes;
mod unknown;
mod vectors;
