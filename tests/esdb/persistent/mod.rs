//! Groups of consumers, spoken to with the messages of the protocol.

mod admission;
mod changes;
mod delivery;
mod hostile;
mod peer;
mod refusals;
