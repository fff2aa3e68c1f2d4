//! The messages of EventStoreDB's protocol, generated from `proto/*.proto`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    missing_debug_implementations,
    reason = "generated code"
)]

pub mod google {
    pub mod rpc {
        include!("generated/google.rpc.rs");
    }
}

pub mod event_store {
    pub mod client {
        include!("generated/event_store.client.rs");

        pub mod gossip {
            include!("generated/event_store.client.gossip.rs");
        }
        pub mod monitoring {
            include!("generated/event_store.client.monitoring.rs");
        }
        pub mod persistent_subscriptions {
            include!("generated/event_store.client.persistent_subscriptions.rs");
        }
        pub mod projections {
            include!("generated/event_store.client.projections.rs");
        }
        pub mod server_features {
            include!("generated/event_store.client.server_features.rs");
        }
        pub mod streams {
            include!("generated/event_store.client.streams.rs");
        }
        pub mod users {
            include!("generated/event_store.client.users.rs");
        }
    }
}

pub use event_store::client::*;
