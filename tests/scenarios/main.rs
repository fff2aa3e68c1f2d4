//! What must hold when parts of plumberd meet.

mod follow;
