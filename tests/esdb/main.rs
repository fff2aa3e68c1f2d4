//! The server of the kit that speaks EventStoreDB's protocol, asked as clients
//! ask it.

mod streams;
