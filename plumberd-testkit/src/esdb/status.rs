//! Refusals exactly as an EventStoreDB server words them: clients compare
//! messages and read trailers.
