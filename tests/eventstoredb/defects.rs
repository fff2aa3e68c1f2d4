//! What goes wrong in the `eventstore` crate, and must not go wrong here.

use crate::{
    connect::Authority,
    faults::{SLACK, at_last, connect_at_last},
    scripted::{Answer, Script, Scripted, free, plain},
};
use plumberd::backend::eventstoredb::{EventStoreDb, EventStoreDbConfig, EventStoreDbError};
use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use tonic::Status;

/// In the form of a certificate, and none.
const RUBBISH: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/// Runs an ignored test of this program in a process of its own, where it may
/// spoil what is one in a process.
pub(crate) fn in_a_process(job: &str, environment: &[(&str, &Path)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([job, "--exact", "--ignored", "--nocapture"])
        .env_remove("SSL_CERT_DIR")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert!(!text.contains("panicked"), "{text}");
}

fn install_a_provider() -> bool {
    rustls::crypto::ring::default_provider()
        .install_default()
        .is_ok()
}

#[test]
fn a_provider_that_the_program_installed_is_an_error_and_no_panic() {
    in_a_process("defects::with_a_provider_of_the_program", &[]);
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn with_a_provider_of_the_program() {
    assert!(install_a_provider());

    for _ in 0..2 {
        let error = EventStoreDb::connect(EventStoreDbConfig::new("localhost", 1)).await;
        let error = error.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, EventStoreDbError::ProviderInstalled),
            "{error:?}"
        );
        assert!(!error.is_transient());
    }
}

#[test]
fn a_provider_that_comes_later_finds_one() {
    in_a_process("defects::with_a_provider_that_comes_later", &[]);
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn with_a_provider_that_comes_later() {
    let server = Scripted::start(Script::well()).await;

    let before = EventStoreDb::lazy(server.config()).unwrap();
    assert!(!install_a_provider());
    before.check().await.unwrap();
    EventStoreDb::connect(server.config()).await.unwrap();
}

#[test]
fn certificates_of_the_system_that_cannot_be_read_are_an_error_and_no_panic() {
    let authority = Authority::new();
    let nowhere = Path::new("/nonexistent/certificates.pem");
    let empty = authority.file("empty.pem", "");
    let rubbish = authority.file("rubbish.pem", RUBBISH);

    let job = "defects::without_certificates_of_the_system";
    for file in [nowhere, &empty] {
        in_a_process(job, &[("SSL_CERT_FILE", file)]);
    }
    let job = "defects::with_rubbish_for_certificates_of_the_system";
    in_a_process(job, &[("SSL_CERT_FILE", &rubbish)]);
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn with_rubbish_for_certificates_of_the_system() {
    for tls in [true, false] {
        let config = EventStoreDbConfig::new("localhost", 1).with_tls(tls);
        let error = EventStoreDb::lazy(config).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, EventStoreDbError::SystemCertificates { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn without_certificates_of_the_system() {
    let authority = Authority::new();
    let tls = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;
    let config = EventStoreDbConfig::new("localhost", tls.address.port());

    let error = EventStoreDb::lazy(config.clone()).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, EventStoreDbError::SystemCertificates { .. }),
        "{error:?}"
    );

    // Where they are not needed they do not matter.
    let own = config.clone().with_ca_file(authority.ca_file());
    EventStoreDb::connect(own).await.unwrap();
}

#[test]
fn certificates_of_the_system_do_not_matter_without_tls() {
    let nowhere = Path::new("/nonexistent/certificates.pem");
    in_a_process("defects::without_tls", &[("SSL_CERT_FILE", nowhere)]);
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn without_tls() {
    let authority = Authority::new();
    let plain = Scripted::start(Script::well()).await;
    let tls = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;

    EventStoreDb::connect(plain.config()).await.unwrap();
    let config = EventStoreDbConfig::new("localhost", tls.address.port());
    EventStoreDb::connect(config.with_verify_certificate(false))
        .await
        .unwrap();
}

#[tokio::test]
async fn certificate_files_that_cannot_be_used_are_errors_and_no_panics() {
    let authority = Authority::new();
    let config = EventStoreDbConfig::new("localhost", 1).with_ca_file(authority.ca_file());
    let (certificate, key) = authority.files("client");
    let (_, other_key) = authority.files("other");
    let nowhere = Path::new("/nonexistent");
    let rubbish = authority.file("rubbish.pem", RUBBISH);
    let torn = authority.file("torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let text = authority.file("text.pem", "hello");
    let user =
        |certificate: &Path, key: &Path| config.clone().with_user_certificate(certificate, key);

    for (config, wrong) in [
        (config.clone().with_ca_file(nowhere), "tlsCAFile"),
        (config.clone().with_ca_file(&rubbish), "tlsCAFile"),
        (config.clone().with_ca_file(&torn), "tlsCAFile"),
        (config.clone().with_ca_file(&text), "tlsCAFile"),
        (config.clone().with_ca_file(&key), "tlsCAFile"),
        (user(nowhere, &key), "userCertFile"),
        (user(&text, &key), "userCertFile"),
        (user(&certificate, &other_key), "userCertFile"),
        (user(&certificate, nowhere), "userKeyFile"),
        (user(&certificate, &text), "userKeyFile"),
    ] {
        let shown = format!("{config:?}");
        let error = EventStoreDb::lazy(config).map(|_| ()).unwrap_err();
        assert!(
            matches!(&error, EventStoreDbError::CertificateFile { option, .. } if *option == wrong),
            "{shown}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_certificate_file_that_goes_away_is_an_error_until_it_is_back() {
    let authority = Authority::new();
    let server = Scripted::start_tls(Script::well(), authority.server("localhost", false)).await;
    let config = EventStoreDbConfig::new("localhost", server.address.port());
    let store = EventStoreDb::lazy(config.with_ca_file(authority.ca_file())).unwrap();
    let kept = std::fs::read_to_string(authority.ca_file()).unwrap();

    std::fs::remove_file(authority.ca_file()).unwrap();
    let error = store.check().await.unwrap_err();
    assert!(
        matches!(error, EventStoreDbError::CertificateFile { .. }),
        "{error:?}"
    );

    authority.file("ca.pem", &kept);
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_server_that_starts_later_is_found() {
    let listener = free().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = EventStoreDb::lazy(plain(address)).unwrap();

    for _ in 0..2 {
        let error = store.check().await.unwrap_err();
        assert!(
            matches!(error, EventStoreDbError::Unreachable { .. }),
            "{error:?}"
        );
    }

    let listener = TcpListener::bind(address).await.unwrap();
    let _server = Scripted::listen(listener, Script::well(), None);
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_server_that_comes_back_is_found() {
    let server = Scripted::start(Script::well()).await;
    let address = server.address;
    let store = EventStoreDb::connect(server.config()).await.unwrap();

    server.stop().await;
    store.check().await.unwrap_err();

    let _server = Scripted::listen(
        TcpListener::bind(address).await.unwrap(),
        Script::well(),
        None,
    );
    store.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_the_same_time_share_the_new_client() {
    let listener = free().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = EventStoreDb::lazy(plain(address)).unwrap();
    store.check().await.unwrap_err();

    let script = Script::well();
    let listener = TcpListener::bind(address).await.unwrap();
    let _server = Scripted::listen(listener, script.clone(), None);
    let calls = (0..20).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.check().await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }

    assert_eq!((script.reads(), script.connections()), (20, 1));
}

#[tokio::test]
async fn one_discovery_attempt_is_one_and_not_none() {
    let script = Script::well();
    let server = Scripted::start(script.clone()).await;
    *script.leader.lock().unwrap() = Some(server.address);
    let config = || server.config().with_max_discover_attempts(1);

    EventStoreDb::connect(config()).await.unwrap();
    let quick = config().with_discovery_interval(Duration::from_millis(1));
    EventStoreDb::connect(quick.with_discovery(true))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_freezes_is_given_up_at_the_deadline_and_asked_anew() {
    let deadline = Duration::from_millis(400);
    let listener = free().await;
    let address = listener.local_addr().unwrap();
    let store = EventStoreDb::lazy(plain(address).with_deadline(deadline)).unwrap();

    // Two connections, of the call and of the search for the reason, that are
    // accepted and never answered.
    let started = Instant::now();
    let frozen = async {
        [
            listener.accept().await.unwrap(),
            listener.accept().await.unwrap(),
        ]
    };
    let (error, _held) = tokio::join!(store.check(), frozen);
    let error = error.unwrap_err();
    assert!(
        matches!(error, EventStoreDbError::TimedOut { .. }),
        "{error:?}"
    );
    assert!(
        started.elapsed() < deadline * 2 + SLACK,
        "{:?}",
        started.elapsed()
    );

    let _server = Scripted::listen(listener, Script::well(), None);
    at_last(async || store.check().await).await;
}

#[tokio::test]
async fn a_server_that_freezes_later_is_given_up_at_the_deadline() {
    let frozen = Arc::new(AtomicBool::new(false));
    let flag = frozen.clone();
    let server = Scripted::start(Script::new(move |_| {
        if flag.load(Ordering::SeqCst) {
            Answer::Never
        } else {
            Answer::NotFound
        }
    }))
    .await;
    let deadline = Duration::from_millis(400);
    let store = connect_at_last(&server.config().with_deadline(deadline)).await;

    frozen.store(true, Ordering::SeqCst);
    let started = Instant::now();
    let error = store.check().await.unwrap_err();
    assert!(
        matches!(error, EventStoreDbError::TimedOut { .. }),
        "{error:?}"
    );
    assert!(
        started.elapsed() < deadline * 2 + SLACK,
        "{:?}",
        started.elapsed()
    );

    frozen.store(false, Ordering::SeqCst);
    at_last(async || store.check().await).await;
}

#[tokio::test]
async fn a_panic_in_the_client_is_an_error_of_one_call() {
    let rubbish = Arc::new(AtomicBool::new(true));
    let flag = rubbish.clone();
    let server = Scripted::start(Script::new(move |_| {
        if flag.swap(false, Ordering::SeqCst) {
            Answer::Rubbish
        } else {
            Answer::NotFound
        }
    }))
    .await;
    let store = EventStoreDb::lazy(server.config()).unwrap();

    let error = store.check().await.unwrap_err();
    assert!(
        matches!(error, EventStoreDbError::Refused { .. }),
        "{error:?}"
    );
    store.check().await.unwrap();
}

fn not_leader(leader: SocketAddr) -> Script {
    Script::new(move |_| {
        let mut status = Status::not_found("Leader info available");
        let trailers = status.metadata_mut();
        trailers.insert("exception", "not-leader".parse().unwrap());
        trailers.insert(
            "leader-endpoint-host",
            leader.ip().to_string().parse().unwrap(),
        );
        trailers.insert(
            "leader-endpoint-port",
            leader.port().to_string().parse().unwrap(),
        );
        Answer::Status(status)
    })
}

#[tokio::test]
async fn a_call_to_another_node_is_made_again_to_the_leader() {
    let leader_script = Script::well();
    let leader = Scripted::start(leader_script.clone()).await;
    let follower_script = not_leader(leader.address);
    let follower = Scripted::start(follower_script.clone()).await;

    let store = EventStoreDb::connect(follower.config()).await.unwrap();
    assert_eq!((follower_script.reads(), leader_script.reads()), (1, 1));

    // From now on the leader is asked at once, until it is gone.
    store.check().await.unwrap();
    assert_eq!((follower_script.reads(), leader_script.reads()), (1, 2));
    leader.stop().await;
    store.check().await.unwrap_err();
    store.check().await.unwrap_err();
    assert_eq!(follower_script.reads(), 2);
}

#[tokio::test]
async fn nodes_that_name_each_other_as_the_leader_are_an_error() {
    let (first, second) = (free().await, free().await);
    let first_script = not_leader(second.local_addr().unwrap());
    let second_script = not_leader(first.local_addr().unwrap());
    let first = Scripted::listen(first, first_script.clone(), None);
    let _second = Scripted::listen(second, second_script.clone(), None);

    EventStoreDb::connect(first.config())
        .await
        .map(|_| ())
        .unwrap_err();

    assert_eq!((first_script.reads(), second_script.reads()), (1, 1));
}

#[tokio::test]
async fn a_cluster_whose_leader_goes_away_is_asked_for_the_next() {
    let (one, two) = (Script::well(), Script::well());
    let (first, second) = (
        Scripted::start(one.clone()).await,
        Scripted::start(two.clone()).await,
    );
    let lead = |leader| {
        for script in [&one, &two] {
            *script.leader.lock().unwrap() = Some(leader);
        }
    };
    lead(first.address);
    let config = first
        .config()
        .with_host(second.address.ip().to_string(), second.address.port())
        .with_discovery_interval(Duration::from_millis(1));
    let store = EventStoreDb::connect(config).await.unwrap();
    assert_eq!((one.reads(), two.reads()), (1, 0));

    lead(second.address);
    first.stop().await;
    // The first call finds out.
    let _ = store.check().await;
    store.check().await.unwrap();

    assert!(two.reads() > 0);
}
