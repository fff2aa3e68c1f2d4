//! The `eventstore.v1` store keeps what its servers let it keep; the rest is
//! declared, with the reason.

use plumberd::backend::eventstore_v1::{EventStoreV1, EventStoreV1Config};
use plumberd_testkit::eventstore_v1::{Defect, EventStoreV1Server, EventStoreV1ServerConfig};
use std::time::Duration;

/// A server that lives as long as the process: the suite's handles have no
/// place for it.
async fn server(config: EventStoreV1ServerConfig) -> &'static EventStoreV1Server {
    Box::leak(Box::new(config.start().await.unwrap()))
}

async fn store(server: &EventStoreV1Server, page_size: u32) -> EventStoreV1 {
    let config = EventStoreV1Config::new("127.0.0.1", server.address().port())
        .with_tenant("suite".parse().unwrap())
        .with_page_size(page_size);
    EventStoreV1::connect(config).await.unwrap()
}

plumberd_testkit::event_store_conformance!(
    async { store(server(EventStoreV1ServerConfig::new()).await, 3).await },
    clock: |clock| async {
        store(server(EventStoreV1ServerConfig::new().with_clock(clock)).await, 3).await
    },
    handles: async {
        let server = server(EventStoreV1ServerConfig::new()).await;
        (store(server, 100).await, store(server, 3).await)
    },
    without: [
        ids_across_streams: "a server looks at what is expected first, and one of them at no ids",
        truncation: "the server keeps no metadata of streams",
        max_age: "the server keeps no metadata of streams",
        soft_delete: "the server deletes nothing",
        fenced_deletes: "the server deletes nothing",
        tombstones: "the server deletes nothing",
        links: "the server has no links",
        microseconds: "the protocol counts milliseconds",
        every_tenant: "no call of the protocol reads every tenant",
        tenant_deletes: "the server deletes nothing",
        stream_deletions: "the server deletes nothing",
    ],
);

/// The same on a server with every defect that the known servers have.
mod defective {
    use super::{Defect, Duration, EventStoreV1ServerConfig, server, store};

    fn defective(config: EventStoreV1ServerConfig) -> EventStoreV1ServerConfig {
        config
            .with_defect(Defect::ConflictBeforeKey)
            .with_defect(Defect::WrongNextBackwards)
            .with_defect(Defect::ZeroReadsNothing)
            .with_defect(Defect::LateEnd)
            .with_defect(Defect::StatusDetail)
            .with_defect(Defect::SignedNumbers)
            .with_keep_alive(Duration::from_millis(50))
    }

    plumberd_testkit::event_store_conformance!(
        async { store(server(defective(EventStoreV1ServerConfig::new())).await, 7).await },
        clock: |clock| async {
            let config = defective(EventStoreV1ServerConfig::new().with_clock(clock));
            store(server(config).await, 7).await
        },
        without: [
            ids_across_streams: "a server looks at what is expected first, and one of them at no ids",
            truncation: "the server keeps no metadata of streams",
            max_age: "the server keeps no metadata of streams",
            soft_delete: "the server deletes nothing",
            fenced_deletes: "the server deletes nothing",
            tombstones: "the server deletes nothing",
            links: "the server has no links",
            microseconds: "the protocol counts milliseconds",
            every_tenant: "no call of the protocol reads every tenant",
        tenant_deletes: "the server deletes nothing",
        stream_deletions: "the server deletes nothing",
        ],
    );
}
