//! What must hold of a SQLite file when a process that writes it is killed,
//! and when two processes write it. The other process is this very program.

#![cfg(feature = "sqlite")]

mod child;
mod killed;
mod repositories;
mod two_processes;
