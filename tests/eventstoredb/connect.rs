use crate::{
    faults::{EVER, try_append},
    scripted::{Answer, Script, Scripted, free, plain},
};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig, EventStoreDbError},
    connect,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    error::Error,
    fmt::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Status, metadata::MetadataMap};

/// An authority, and what it signed, as files.
pub(crate) struct Authority {
    folder: TempDir,
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = Self {
            certificate: params.self_signed(&key).unwrap(),
            folder: TempDir::new().unwrap(),
            key,
        };
        authority.file("ca.pem", &authority.certificate.pem());
        authority
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params
            .signed_by(&key, &self.certificate, &self.key)
            .unwrap();
        (certificate, key)
    }

    /// A certificate for `name` and its key.
    pub(crate) fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.sign(name);
        (
            self.file(&format!("{name}.pem"), &certificate.pem()),
            self.file(&format!("{name}.key"), &key.serialize_pem()),
        )
    }

    /// A server called `name`; it may ask its clients for certificates.
    pub(crate) fn server(&self, name: &str, asks: bool) -> ServerConfig {
        let (certificate, key) = self.sign(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

/// By this name, over TLS.
fn named(name: &str, server: &Scripted) -> EventStoreDbConfig {
    EventStoreDbConfig::new(name, server.address.port())
}

async fn failed(config: EventStoreDbConfig) -> EventStoreDbError {
    EventStoreDb::connect(config).await.map(|_| ()).unwrap_err()
}

/// The error and all its causes.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn a_server_that_answers_is_connected_to() {
    let script = Script::well();
    let server = Scripted::start(script.clone()).await;

    let store = EventStoreDb::connect(server.config()).await.unwrap();
    store.check().await.unwrap();

    assert_eq!((script.reads(), script.connections()), (2, 1));
}

#[tokio::test]
async fn the_first_connection_waits_for_no_discovery() {
    let server = Scripted::start(Script::well()).await;
    // The client crate waits so long, each time, when it is not told otherwise;
    // a busy machine is late now and then.
    let pause = Duration::from_millis(500);
    let guard = Instant::now();

    loop {
        let started = Instant::now();
        EventStoreDb::connect(server.config()).await.unwrap();
        if started.elapsed() < pause {
            break;
        }
        assert!(guard.elapsed() < EVER, "it waits each time");
    }
}

#[tokio::test]
async fn an_address_without_a_server_is_unreachable() {
    let address = free().await.local_addr().unwrap();

    let error = failed(plain(address)).await;

    assert!(
        matches!(error, EventStoreDbError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert!(told(&error).contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_name_without_an_address_is_unreachable() {
    let config = EventStoreDbConfig::new("nobody.invalid", 2113).with_tls(false);

    let error = failed(config).await;

    assert!(
        matches!(error, EventStoreDbError::Unreachable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_kind_of_server_is_told_apart() {
    let listener = free().await;
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let _ = client.read(&mut [0; 512]).await;
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });

    for tls in [false, true] {
        let authority = Authority::new();
        let config = plain(address).with_tls(tls);
        let config = if tls {
            config.with_ca_file(authority.ca_file())
        } else {
            config
        };
        let error = failed(config).await;
        assert!(
            matches!(
                error,
                EventStoreDbError::NotEventStoreDb { .. } | EventStoreDbError::Tls { .. }
            ),
            "tls={tls}: {error:?}"
        );
        assert!(!error.is_transient());
    }
    server.abort();
}

#[tokio::test]
async fn tls_works_with_the_authority_or_without_looking() {
    let authority = Authority::new();
    let server = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;
    let config = || named("localhost", &server);

    for config in [
        config().with_ca_file(authority.ca_file()),
        config().with_verify_certificate(false),
    ] {
        EventStoreDb::connect(config).await.unwrap();
    }
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;

    let error = failed(named("localhost", &server).with_ca_file(other.ca_file())).await;

    assert!(
        matches!(error, EventStoreDbError::Untrusted { .. }),
        "{error:?}"
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_apart() {
    let authority = Authority::new();
    let server = Scripted::start_tls(Script::well(), authority.server("db.example", false)).await;

    let error = failed(named("localhost", &server).with_ca_file(authority.ca_file())).await;

    assert!(
        matches!(error, EventStoreDbError::WrongName { .. }),
        "{error:?}"
    );
    assert!(told(&error).contains("db.example"), "{}", told(&error));
}

#[tokio::test]
async fn plain_text_to_a_server_with_tls_is_told_apart() {
    let authority = Authority::new();
    let server = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;

    let error = failed(server.config()).await;

    assert!(
        matches!(error, EventStoreDbError::TlsExpected { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn tls_to_a_server_without_is_told_apart() {
    let authority = Authority::new();
    let server = Scripted::start(Script::well()).await;

    let error = failed(named("localhost", &server).with_ca_file(authority.ca_file())).await;

    assert!(
        matches!(error, EventStoreDbError::TlsNotSpoken { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("`tls=false`"), "{error}");
}

#[tokio::test]
async fn a_server_may_ask_for_the_clients_certificate() {
    let authority = Authority::new();
    let server = Scripted::start_tls(Script::well(), authority.server("localhost", true)).await;
    let config = named("localhost", &server).with_ca_file(authority.ca_file());

    let error = failed(config.clone()).await;
    assert!(
        matches!(error, EventStoreDbError::UserCertificateRefused { .. }),
        "{error:?}"
    );

    let (certificate, key) = authority.files("client");
    EventStoreDb::connect(config.with_user_certificate(certificate, key))
        .await
        .unwrap();
}

/// Lets in one user only.
fn guarded(token: &'static str) -> Script {
    Script::new(
        move |headers: &MetadataMap| match headers.get("authorization") {
            Some(sent) if sent.to_str().unwrap() == token => Answer::NotFound,
            _ => Answer::Status(Status::unauthenticated("")),
        },
    )
}

#[tokio::test]
async fn a_wrong_password_is_its_own_error() {
    let server = Scripted::start(guarded("Basic YWRtaW46Y2hhbmdlaXQ=")).await;

    let error = failed(server.config().with_credentials("admin", "s3cret")).await;
    assert!(
        matches!(&error, EventStoreDbError::CredentialsRefused { user, .. } if user == "admin"),
        "{error:?}"
    );
    assert!(!format!("{error:?} {}", told(&error)).contains("s3cret"));

    let error = failed(server.config()).await;
    assert!(
        matches!(error, EventStoreDbError::CredentialsMissing { .. }),
        "{error:?}"
    );

    let config = server.config().with_credentials("admin", "changeit");
    EventStoreDb::connect(config).await.unwrap();
}

#[tokio::test]
async fn credentials_of_the_url_arrive_decoded() {
    // `a@b:p:/ %é`
    let server = Scripted::start(guarded("Basic YUBiOnA6LyAlw6k=")).await;

    let url = format!(
        "esdb://a%40b:p%3A%2F%20%25%C3%A9@{}?tls=false",
        server.address
    );
    let config = EventStoreDbConfig::from_url(&url).unwrap();

    EventStoreDb::connect(config).await.unwrap();
}

#[tokio::test]
async fn the_server_is_told_name_leader_and_deadline_of_the_settings() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let headers = seen.clone();
    let script = Script::new(move |metadata| {
        let text = |name| {
            metadata
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        headers
            .lock()
            .unwrap()
            .push((text("connection-name"), text("requires-leader")));
        Answer::NotFound
    });
    let server = Scripted::start(script.clone()).await;
    let url = |options: &str| format!("kurrentdb://{}?tls=false{options}", server.address);

    let mut stores = Vec::new();
    for options in [
        "&connectionName=a%2C%20%26%20b&defaultDeadline=600000",
        "&nodePreference=random&defaultDeadline=7200000",
    ] {
        let config = EventStoreDbConfig::from_url(&url(options)).unwrap();
        stores.push(EventStoreDb::connect(config).await.unwrap());
    }

    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        *seen.lock().unwrap(),
        [(text("a, & b"), text("true")), (None, None)]
    );
    // Calls that change something are told what is left of their time.
    for (store, deadline) in stores.iter().zip([600, 7_200]) {
        try_append(store, "Order-1").await.unwrap_err();
        let told = script.timeouts.lock().unwrap().pop().unwrap();
        let told = grpc_timeout(&told.expect("a time"));
        let limits = Duration::from_secs(deadline / 2)..=Duration::from_secs(deadline);
        assert!(limits.contains(&told), "{told:?} of {deadline} s");
    }
}

/// What a call's header says of its time: a number and a unit.
fn grpc_timeout(header: &str) -> Duration {
    let (number, unit) = header.split_at(header.len() - 1);
    let number = number.parse().unwrap();
    match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        unit => panic!("the unit {unit}"),
    }
}

#[tokio::test]
async fn an_error_of_the_server_is_told() {
    let server = Scripted::start(Script::new(|_| {
        Answer::Status(Status::invalid_argument("no such thing"))
    }))
    .await;

    let error = failed(server.config()).await;

    assert!(
        matches!(error, EventStoreDbError::Refused { .. }),
        "{error:?}"
    );
    assert!(told(&error).contains("no such thing"), "{}", told(&error));
}

#[tokio::test]
async fn a_wrong_url_and_a_server_that_is_away_are_different_errors_of_connect() {
    let address = free().await.local_addr().unwrap();

    for scheme in ["esdb", "ESDB+discover", "kurrentdb", "kurrentdb+discover"] {
        let error = connect(&format!("{scheme}://a:s3cret@{address}?tlls=false")).await;
        let error = error.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, plumberd::connect::ConnectError::InvalidUrl { .. }),
            "{error:?}"
        );
        assert!(told(&error).contains("did you mean `tls`"), "{error}");
    }
    let error = connect(&format!("esdb://a:s3cret@{address}?tls=false")).await;
    let error = error.map(|_| ()).unwrap_err();
    assert!(
        matches!(error, plumberd::connect::ConnectError::Open { .. }),
        "{error:?}"
    );
    assert!(!format!("{error:?} {}", told(&error)).contains("s3cret"));
}

/// Writes every field of every event and span down.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn no_log_has_the_password_in_it() {
    let log = Log::default();
    let _logged = plumberd_tests::subscriber::set(log.clone());
    let server = Scripted::start(guarded("Basic YWRtaW46Y2hhbmdlaXQ=")).await;

    for password in ["changeit", "s3cret"] {
        let config = server.config().with_credentials("admin", password);
        let discovering = config.clone().with_discovery(true);
        let _ = EventStoreDb::connect(config).await;
        let _ = EventStoreDb::connect(discovering).await;
    }

    let log = log.text();
    // The client crate logs; with HTTP/2's frames, where headers are encoded.
    assert!(log.contains("Successfully connected"), "{log}");
    for secret in ["changeit", "s3cret", "YWRtaW46"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
