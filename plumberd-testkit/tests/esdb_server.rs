//! The program `esdb-server`, run as a user runs it.

#[cfg(target_os = "linux")]
#[path = "esdb_server/memory.rs"]
mod memory;

use plumberd_testkit::esdb::proto::{
    Empty,
    server_features::server_features_client::ServerFeaturesClient,
    users::{DetailsReq, users_client::UsersClient},
};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tonic::{Code, Request, transport::Channel};

/// The program under way; killed when a test gives up.
struct Program {
    child: Child,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esdb-server"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(command: &mut Command) -> Program {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    Program {
        child,
        url: line.trim_end().to_owned(),
    }
}

impl Program {
    /// The status it ends with after that signal.
    fn ends_after(&mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(120) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not stop");
    }

    async fn channel(&self) -> Channel {
        let (_, rest) = self.url.split_once("esdb://").unwrap();
        let (address, _) = rest.split_once('?').unwrap();
        Channel::from_shared(format!("http://{address}"))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }
}

/// What it says on standard error, and the status it ends with.
fn refuses(arguments: &[&str]) -> (String, Option<i32>) {
    let output = command(arguments).output().unwrap();
    assert_eq!(output.stdout, b"");
    (
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

#[tokio::test]
async fn it_prints_its_url_and_answers_until_it_is_terminated() {
    let mut program = start(&mut command(&["--address", "127.0.0.1:0"]));
    assert!(
        program.url.starts_with("esdb://127.0.0.1:"),
        "{}",
        program.url
    );

    let mut features = ServerFeaturesClient::new(program.channel().await);
    let methods = features.get_supported_methods(Empty {}).await.unwrap();
    assert!(!methods.get_ref().methods.is_empty());

    assert_eq!(program.ends_after("-TERM"), Some(0));
    let mut rest = String::new();
    let mut errors = program.child.stderr.take().unwrap();
    errors.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn ctrl_c_stops_it() {
    let mut program = start(&mut command(&["--address", "127.0.0.1:0"]));
    assert_eq!(program.ends_after("-INT"), Some(0));
}

#[test]
fn its_authority_is_in_the_url_and_gone_with_it() {
    let mut program = start(&mut command(&["--address", "127.0.0.1:0", "--tls"]));
    let (_, rest) = program.url.split_once("tlsCAFile=").unwrap();
    let file = std::path::PathBuf::from(rest.split('&').next().unwrap());
    assert!(file.exists());

    assert_eq!(program.ends_after("-TERM"), Some(0));
    assert!(!file.exists());
}

#[tokio::test]
async fn a_password_comes_from_the_environment() {
    let program = start(
        command(&["--address", "127.0.0.1:0", "--user-from", "admin=ADMINS"])
            .env("ADMINS", "from-outside"),
    );
    let mut users = UsersClient::new(program.channel().await);

    let anonymous = users.details(DetailsReq::default()).await.unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    let mut request = Request::new(DetailsReq::default());
    // admin:from-outside
    let header = "Basic YWRtaW46ZnJvbS1vdXRzaWRl".parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    let mut all = users.details(request).await.unwrap().into_inner();
    assert!(all.message().await.unwrap().is_some());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_keeps_the_streams() {
    let folder = std::env::temp_dir().join(format!("esdb-server-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("events.db");
    let file = file.to_str().unwrap();
    let mut program = start(&mut command(&["--address", "127.0.0.1:0", "--file", file]));
    assert_eq!(program.ends_after("-TERM"), Some(0));
    assert!(std::fs::metadata(file).unwrap().len() > 0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn help_is_printed_and_nothing_started() {
    let output = command(&["--help"]).output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--address ADDRESS"));
}

#[test]
fn wrong_arguments_are_named_and_passwords_are_not() {
    for (arguments, message) in [
        (vec!["--port", "1"], "there is no such option"),
        (vec!["--address"], "--address wants a value"),
        (vec!["--address", "here"], "--address here: "),
        (vec!["--user", "secret"], "--user wants NAME:PASSWORD"),
        (vec!["--user", "admin:"], "a user has a name and a password"),
        (
            vec!["--user-from", "admin=NOT_SET_ANYWHERE"],
            "the variable with the password of `admin` is not set",
        ),
        // A user who takes one for the other.
        (
            vec!["--user-from", "admin=secret"],
            "the variable with the password of `admin` is not set",
        ),
        (vec!["-psecret"], "there is no such option"),
        (vec!["--usersecret"], "there is no such option"),
        (
            vec!["--user=admin:secret"],
            "the value of `--user` is an argument of its own",
        ),
        (
            vec!["--user:secret"],
            "the value of `--user` is an argument of its own",
        ),
        (vec!["--basic-auth", "secret"], "a value without an option"),
        (
            vec!["--user-from", "secret"],
            "--user-from wants NAME=VARIABLE",
        ),
        (vec!["--key", "/nowhere.pem"], "/nowhere.pem: "),
        (vec!["--max-append-size", "-1"], "--max-append-size -1: "),
    ] {
        let (error, status) = refuses(&arguments);
        assert!(error.contains(message), "{arguments:?}: {error}");
        assert!(!error.contains("secret"), "{error}");
        assert_eq!(status, Some(2), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_password_that_is_no_text_is_not_shown() {
    use std::os::unix::ffi::OsStrExt;

    let password = std::ffi::OsStr::from_bytes(b"secret\xff");
    let output = command(&["--user-from", "admin=ADMINS"])
        .env("ADMINS", password)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("the variable with the password of `admin` is not UTF-8"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_taken_address_is_an_error_with_its_cause() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (error, status) = refuses(&["--address", &address]);
    assert!(error.contains("cannot listen"), "{error}");
    assert!(error.contains("in use"), "{error}");
    assert_eq!(status, Some(1));
}
