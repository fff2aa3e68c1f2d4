//! The EventStoreDB store keeps the contract, against the server of the kit on
//! each of its engines, in plain text and over TLS.
//!
//! Every rule has a server of its own: the crate cannot filter a backward read,
//! so one that all share would be read through again and again. They run on one
//! runtime, as those of the rules end with them.

use plumberd::backend::eventstoredb::{EventStoreDb, EventStoreDbConfig};
use plumberd_testkit::esdb::{
    CertificateAuthority, EsdbServer, EsdbServerConfig, IssuedCertificate,
};
use std::{path::PathBuf, sync::LazyLock};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// Starts a server for the rest of the process. A rule's own runtime must not
/// block, so another thread does.
fn start(config: EsdbServerConfig) -> &'static EsdbServer {
    let server = std::thread::spawn(move || RUNTIME.block_on(config.start()).unwrap());
    Box::leak(Box::new(server.join().unwrap()))
}

async fn connect(server: &EsdbServer) -> EventStoreDb {
    let mut url = server.url();
    if url.contains("tls=true") {
        url = format!("{url}&tlsCAFile={}", IDENTITY.ca_file.display());
    }
    let config = EventStoreDbConfig::from_url(&url).unwrap();
    EventStoreDb::connect(config).await.unwrap()
}

/// Declares a suite for servers of this configuration.
macro_rules! suite {
    ($module:ident: $config:expr) => {
        mod $module {
            use super::{connect, start};

            plumberd_testkit::event_store_conformance!(
                async { connect(start($config)).await },
                clock: |clock| async move { connect(start($config.with_clock(clock))).await },
                handles: async {
                    let server = start($config);
                    (connect(server).await, connect(server).await)
                },
                without: [
                    tenants: "EventStoreDB has none",
                    every_tenant: "EventStoreDB has none",
                    tenant_deletes: "EventStoreDB has none",
                    ids_across_streams: "EventStoreDB takes an id once in each stream",
                    fenced_deletes: "EventStoreDB takes the last revision of a deleted stream for its head",
                    stream_deletions: "a subscription of a stream does not follow its metadata",
                ],
            );
        }
    };
}

suite!(memory: super::EsdbServerConfig::new());
suite!(tls: super::encrypted());
// With both at once the file is shown to be none of the encryption's business.
#[cfg(feature = "sqlite")]
suite!(sqlite_tls: super::encrypted().with_file(super::file()));

/// What all servers show, and the file with their authority: one for all, as
/// they outlive their tests, and none would remove its own.
struct Identity {
    server: IssuedCertificate,
    ca_file: PathBuf,
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let authority = CertificateAuthority::new("conformance").unwrap();
    let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("eventstoredb-conformance.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    Identity {
        server: authority.issue_server(&["127.0.0.1"]).unwrap(),
        ca_file,
    }
});

fn encrypted() -> EsdbServerConfig {
    let IssuedCertificate {
        certificate_pem,
        key_pem,
        ..
    } = &IDENTITY.server;
    EsdbServerConfig::new().with_certificate(certificate_pem, key_pem)
}

/// Files that are left are swept away by the next run.
#[cfg(feature = "sqlite")]
fn file() -> PathBuf {
    static FILES: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("eventstoredb-conformance");
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    });
    FILES.join(format!("{}.db", plumberd::event::new_event_id()))
}
