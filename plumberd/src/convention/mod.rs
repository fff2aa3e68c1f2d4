//! Names and forms that micro-plumberd uses.

pub mod projection;
