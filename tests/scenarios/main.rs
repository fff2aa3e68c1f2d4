//! What must hold when parts of plumberd meet.

mod follow;
mod memory;
mod mock;
