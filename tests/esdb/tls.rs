//! Encryption: whom a server admits, and who cannot hold it up.

use crate::raw::{ask, bare};
use plumberd_testkit::esdb::{CertificateAuthority, EsdbServer, EsdbServerConfig, StartError};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{fs, io::Write, path::Path, sync::Arc};
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

async fn encrypted() -> EsdbServer {
    EsdbServerConfig::new().with_tls().start().await.unwrap()
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// A handshake of our own, to see what is agreed on.
async fn handshake(
    server: &EsdbServer,
    ca_pem: &str,
    host: &'static str,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(server.address()).await.unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from(host).unwrap(), stream)
        .await
}

#[tokio::test]
async fn the_client_crate_is_served_with_the_url_as_it_is() {
    let server = encrypted().await;
    assert!(server.url().contains("?tls=true&tlsCAFile=/"));
    ask(&bare(&server.url())).await.unwrap();
}

#[tokio::test]
async fn the_certificate_is_for_the_address_and_for_localhost_and_speaks_http_2() {
    let server = encrypted().await;
    let ca = server.ca_pem().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let stream = handshake(&server, ca, host, b"h2").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    }
    assert!(
        handshake(&server, ca, "elsewhere.example", b"h2")
            .await
            .is_err()
    );
    assert!(
        handshake(&server, ca, "localhost", b"http/1.1")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_goes_away() {
    let server = encrypted().await;
    let stranger = CertificateAuthority::new("stranger").unwrap().pem();
    assert!(
        handshake(&server, &stranger, "localhost", b"h2")
            .await
            .is_err()
    );
    ask(&bare(&server.url())).await.unwrap();
}

#[tokio::test]
async fn the_file_of_the_authority_lives_as_long_as_the_server() {
    let server = encrypted().await;
    let file = server.ca_file().unwrap().to_owned();
    assert_eq!(fs::read_to_string(&file).unwrap(), server.ca_pem().unwrap());

    server.restart().await.unwrap();
    assert!(file.exists());
    ask(&bare(&server.url())).await.unwrap();

    // Connections under way keep what they need, and not the file for ever.
    server.stop().await;
    drop(server);
    assert!(!Path::new(&file).exists());
}

#[tokio::test]
async fn a_certificate_can_be_brought() {
    let authority = CertificateAuthority::new("brought").unwrap();
    let issued = authority.issue_server(&["127.0.0.1"]).unwrap();
    let server = EsdbServerConfig::new()
        .with_certificate(issued.certificate_pem, issued.key_pem)
        .start()
        .await
        .unwrap();
    assert_eq!(server.ca_file(), None);

    let ca = file(&authority.pem());
    let url = format!("{}&tlsCAFile={}", server.url(), path(&ca));
    ask(&bare(&url)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_none_is_an_error_that_says_nothing_of_the_key() {
    let issued = CertificateAuthority::new("a")
        .unwrap()
        .issue_server(&["localhost"])
        .unwrap();
    for (certificate, key) in [
        ("", issued.key_pem.as_str()),
        (issued.certificate_pem.as_str(), "secret"),
    ] {
        let config = EsdbServerConfig::new().with_certificate(certificate, key);
        assert!(!format!("{config:?}{issued:?}").contains("secret"));
        let error = config.start().await.unwrap_err();
        assert!(matches!(error, StartError::Tls { .. }));
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_server_that_wants_client_certificates_admits_no_client_without() {
    let authority = CertificateAuthority::new("clients").unwrap();
    let server = EsdbServerConfig::new()
        .with_client_ca(authority.pem())
        .start()
        .await
        .unwrap();
    assert!(ask(&bare(&server.url())).await.is_err());

    let stranger = CertificateAuthority::new("strangers").unwrap();
    for (issuer, admitted) in [(&stranger, false), (&authority, true)] {
        let issued = issuer.issue_client("reader").unwrap();
        let (certificate, key) = (file(&issued.certificate_pem), file(&issued.key_pem));
        let (certificate, key) = (path(&certificate), path(&key));
        let url = server.url();
        let client = bare(&format!(
            "{url}&userCertFile={certificate}&userKeyFile={key}"
        ));
        assert_eq!(ask(&client).await.is_ok(), admitted);
    }
}

#[tokio::test]
async fn clients_that_connect_and_say_nothing_hold_up_no_other() {
    let server = encrypted().await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }
    ask(&bare(&server.url())).await.unwrap();
}

#[tokio::test]
async fn a_silent_client_is_left_when_its_time_is_over() {
    let server = encrypted().await;
    let silent = TcpStream::connect(server.address()).await.unwrap();
    while server.faults().connections() == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let mut buffer = [0];
    silent.readable().await.unwrap();
    assert_eq!(silent.try_read(&mut buffer).unwrap(), 0);
    assert_eq!(server.faults().connections(), 0);
}
