//! TLS, client certificates, credentials and time-outs.

use crate::support::{chain, events, soon, stream};
use plumberd::{
    Store,
    connect::ConnectError,
    store::{EventStore, StoreError},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::eventstore_v1::{CertificateAuthority, EventStoreV1ServerConfig};
use std::{fs, path::PathBuf};

async fn writes(store: &Store) -> Result<(), StoreError> {
    let acme = store.tenant("acme").unwrap();
    let name = stream("Order-1");
    let append = acme.append(&name, Any, events(1));
    soon("the append", append).await.map(drop)
}

fn file(directory: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn a_server_is_trusted_by_its_authority() {
    let server = EventStoreV1ServerConfig::new()
        .with_tls()
        .start()
        .await
        .unwrap();
    let store = plumberd::connect(&server.url()).await.unwrap();
    writes(&store).await.unwrap();

    let files = tempfile::tempdir().unwrap();
    let other = CertificateAuthority::new("other").unwrap();
    let other = file(&files, "ca.pem", &other.pem());
    let port = server.address().port();
    let strange = format!(
        "eventstore+https://127.0.0.1:{port}?tls_ca={}",
        other.display()
    );
    let refused = plumberd::connect(&strange).await;
    assert!(
        matches!(refused, Err(ConnectError::Open { .. })),
        "{refused:?}"
    );
    let named = format!("{}&tls_server_name=elsewhere.example", server.url());
    let refused = plumberd::connect(&named).await;
    assert!(
        matches!(refused, Err(ConnectError::Open { .. })),
        "{refused:?}"
    );
    let plain = plumberd::connect(&format!("eventstore+http://127.0.0.1:{port}?retries=0")).await;
    if let Ok(store) = plain {
        assert!(
            writes(&store).await.is_err(),
            "a server over TLS answers in plain text"
        );
    }
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate() {
    let files = tempfile::tempdir().unwrap();
    let authority = CertificateAuthority::new("clients").unwrap();
    let server = EventStoreV1ServerConfig::new()
        .with_tls()
        .with_client_ca(authority.pem())
        .start()
        .await
        .unwrap();
    let with = |name: &str, authority: &CertificateAuthority| {
        let client = authority.issue_client(name).unwrap();
        let certificate = file(&files, &format!("{name}.pem"), &client.certificate_pem);
        let key = file(&files, &format!("{name}.key"), &client.key_pem);
        format!(
            "{}&retries=0&tls_cert={}&tls_key={}",
            server.url(),
            certificate.display(),
            key.display()
        )
    };

    let known = plumberd::connect(&with("known", &authority)).await.unwrap();
    writes(&known).await.unwrap();

    let strangers = CertificateAuthority::new("strangers").unwrap();
    for url in [
        format!("{}&retries=0", server.url()),
        with("stranger", &strangers),
    ] {
        // With TLS 1.3 a client learns of it with its first call.
        if let Ok(store) = plumberd::connect(&url).await {
            assert!(writes(&store).await.is_err(), "{url} was let in");
        }
    }
}

#[tokio::test]
async fn credentials_go_over_tls_and_otherwise_only_when_told() {
    let basic = "Basic am9lOnMzY3JldA==";
    let server = EventStoreV1ServerConfig::new()
        .with_tls()
        .with_authorization(basic)
        .start()
        .await
        .unwrap();
    let user = server.url().replacen("://", "://joe:s3cret@", 1);
    writes(&plumberd::connect(&user).await.unwrap())
        .await
        .unwrap();
    let wrong = server.url().replacen("://", "://joe:wrong@", 1);
    let error = writes(&plumberd::connect(&wrong).await.unwrap())
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Unauthenticated { .. }),
        "{error:?}"
    );
    assert!(!chain(&error).contains("wrong@"));

    let server = EventStoreV1ServerConfig::new()
        .with_authorization("Bearer s3cret")
        .start()
        .await
        .unwrap();
    let told = format!("{}?token=s3cret&plain_credentials=true", server.url());
    writes(&plumberd::connect(&told).await.unwrap())
        .await
        .unwrap();
    let anonymous = plumberd::connect(&server.url()).await.unwrap();
    assert!(writes(&anonymous).await.is_err());
}

#[tokio::test]
async fn making_a_connection_has_its_own_time() {
    // It takes connections in and says nothing, so TLS never comes about.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap();
    let url = format!("eventstore+https://{address}?connection_timeout=50ms&tls_ca=");
    let files = tempfile::tempdir().unwrap();
    let authority = CertificateAuthority::new("any").unwrap();
    let ca = file(&files, "ca.pem", &authority.pem());
    let opened = soon(
        "the answer",
        plumberd::connect(&format!("{url}{}", ca.display())),
    )
    .await;
    assert!(
        matches!(opened, Err(ConnectError::Open { .. })),
        "{opened:?}"
    );
}

#[tokio::test]
async fn files_that_are_of_no_use_are_named() {
    let files = tempfile::tempdir().unwrap();
    let empty = file(&files, "empty.pem", "");
    for path in [empty, files.path().join("missing.pem")] {
        let url = format!("eventstore+https://127.0.0.1:1?tls_ca={}", path.display());
        let error = plumberd::connect(&url).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(&path.display().to_string()), "{source}");
    }
}

#[tokio::test]
async fn a_peer_that_never_speaks_is_found_out_by_the_first_call() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap();
    let url = format!("eventstore+http://{address}?request_timeout=50ms&retries=0");
    let store = soon("the connection", plumberd::connect(&url))
        .await
        .unwrap();
    let error = writes(&store).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}
