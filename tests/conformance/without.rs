//! What a backend that promises as little as may be is shown: every rule about
//! what it lacks, ignored with the reason.

use plumberd::backend::memory::Memory;

plumberd_testkit::event_store_conformance!(
    async { Memory::new() },
    without: [
        limits: "to show the reason",
        ids_across_streams: "to show the reason",
        global_order: "to show the reason",
        subscriptions: "to show the reason",
        truncation: "to show the reason",
        max_age: "to show the reason",
        soft_delete: "to show the reason",
        fenced_deletes: "to show the reason",
        tombstones: "to show the reason",
        links: "to show the reason",
        find_event: "to show the reason",
        microseconds: "to show the reason",
        tenants: "to show the reason",
        every_tenant: "to show the reason",
        tenant_deletes: "to show the reason",
        stream_deletions: "to show the reason",
    ],
);
