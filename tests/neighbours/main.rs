//! plumberd beside micro-plumberd (.NET) and py-micro-plumberd: names, ids,
//! states and the command bus.

mod bus;
mod convention;
mod defects;
mod domain;
#[cfg(feature = "eventstoredb")]
mod eventstoredb;
mod oracle;
mod python;
mod restart;
mod servers;
mod two_processes;
mod vectors;
