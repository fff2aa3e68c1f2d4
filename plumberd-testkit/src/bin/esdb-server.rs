//! A server that speaks EventStoreDB's protocol, as a program of its own: for
//! clients in other languages. It prints its connection string in one line
//! when it is ready, and stops on SIGTERM and ctrl-c.

use plumberd::BoxError;
use plumberd_testkit::esdb::{EsdbServer, EsdbServerConfig};
use std::{
    env::VarError, ffi::OsString, fs, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode,
    str::FromStr,
};

const HELP: &str = "\
A server for tests that speaks EventStoreDB's protocol.

Usage: esdb-server [OPTION]...

  --address ADDRESS      listen there; port 0 takes a free one [127.0.0.1:2113]
  --file FILE            keep the streams in a SQLite file (in memory without;
                         needs a build with the feature `sqlite`)
  --tls                  encrypt, with a certificate of the server's own
  --certificate FILE     encrypt, with this certificate in PEM; needs --key
  --key FILE             its private key in PEM
  --client-ca FILE       admit only clients with a certificate of this authority
  --basic-auth           ask for users: `admin` and `ops`, password `changeit`
  --user-from NAME=VAR   one more user (or another password for `admin` or
                         `ops`), with the password in the environment variable
                         VAR; implies --basic-auth
  --user NAME:PASSWORD   the same; other users of the machine can read it
  --max-append-size N    the largest append in bytes [1048576]
  --help                 print this and exit

When it is ready it prints one line with its connection string, which names no
user. SIGTERM and ctrl-c stop it.
";

/// Those that take a value.
const OPTIONS: [&str; 8] = [
    "--address",
    "--file",
    "--certificate",
    "--key",
    "--client-ca",
    "--user-from",
    "--user",
    "--max-append-size",
];

#[tokio::main(flavor = "multi_thread")]
async fn main() -> ExitCode {
    let config = match parse(std::env::args_os().skip(1)) {
        Ok(Some(config)) => config,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("esdb-server: {error}\nesdb-server --help tells what there is");
            return ExitCode::from(2);
        }
    };
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("esdb-server: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: EsdbServerConfig) -> Result<(), BoxError> {
    // Before the line is printed: its reader may end the program at once.
    let stop = stop_signal()?;
    let server: EsdbServer = config.start().await?;
    println!("{}", server.url());
    std::io::stdout().flush()?;
    stop.await;
    server.stop().await;
    Ok(())
}

#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, BoxError> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same call on every system")]
fn stop_signal() -> Result<impl Future<Output = ()>, BoxError> {
    Ok(async {
        // Where it cannot be interrupted, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// What the arguments ask for; `None` when they ask for help.
fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<EsdbServerConfig>, BoxError> {
    let mut arguments = Arguments(arguments);
    let mut config = EsdbServerConfig::new().with_address(SocketAddr::from(([127, 0, 0, 1], 2113)));
    let (mut certificate, mut key) = (None, None);
    while let Some(option) = arguments.0.next() {
        let option = option.to_string_lossy().into_owned();
        config = match option.as_str() {
            "--help" | "-h" => return Ok(None),
            "--address" => config.with_address(arguments.parsed(&option)?),
            "--file" => with_file(config, arguments.path(&option)?)?,
            "--tls" => config.with_tls(),
            "--basic-auth" => config.with_basic_auth(),
            "--user" => {
                let user = arguments.text(&option)?;
                // Not shown: it may be a password without its name.
                let (name, password) = user.split_once(':').ok_or("--user wants NAME:PASSWORD")?;
                with_user(config, name, password)?
            }
            "--user-from" => {
                let user = arguments.text(&option)?;
                // Not shown: it may be a password.
                let (name, variable) = user
                    .split_once('=')
                    .ok_or("--user-from wants NAME=VARIABLE")?;
                let password = password_in(variable, name)?;
                with_user(config, name, &password)?
            }
            "--max-append-size" => {
                config.max_append_size = arguments.parsed(&option)?;
                config
            }
            "--client-ca" => config.with_client_ca(read(&arguments.path(&option)?)?),
            "--certificate" => {
                certificate = Some(read(&arguments.path(&option)?)?);
                config
            }
            "--key" => {
                key = Some(read(&arguments.path(&option)?)?);
                config
            }
            _ => return Err(unknown(&option)),
        };
    }
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(config.with_certificate(certificate, key))),
        (None, None) => Ok(Some(config)),
        _ => Err("--certificate and --key go together".into()),
    }
}

/// The password in that variable. No message shows either: a user who takes the
/// one for the other writes the password there.
fn password_in(variable: &str, user: &str) -> Result<String, BoxError> {
    std::env::var(variable).map_err(|error| {
        let what = match error {
            VarError::NotPresent => "is not set",
            VarError::NotUnicode(_) => "is not UTF-8",
        };
        format!("the variable with the password of `{user}` {what}").into()
    })
}

/// What is not shown is what may be a password: a value that is written beside
/// its option, or in its place. So only names that there are are shown.
fn unknown(argument: &str) -> BoxError {
    if !argument.starts_with('-') {
        return "there is a value without an option".into();
    }
    let glued = OPTIONS.iter().find(|name| {
        let value = argument.strip_prefix(**name);
        value.is_some_and(|value| value.starts_with(['=', ':', ' ']))
    });
    match glued {
        None => "there is no such option".into(),
        Some(name) => format!("the value of `{name}` is an argument of its own").into(),
    }
}

fn with_user(
    config: EsdbServerConfig,
    name: &str,
    password: &str,
) -> Result<EsdbServerConfig, BoxError> {
    if name.is_empty() || password.is_empty() {
        return Err("a user has a name and a password".into());
    }
    Ok(config.with_user(name, password))
}

#[cfg(feature = "sqlite")]
#[expect(clippy::unnecessary_wraps, reason = "the same call without SQLite")]
fn with_file(config: EsdbServerConfig, file: PathBuf) -> Result<EsdbServerConfig, BoxError> {
    Ok(config.with_file(file))
}

#[cfg(not(feature = "sqlite"))]
fn with_file(_: EsdbServerConfig, _: PathBuf) -> Result<EsdbServerConfig, BoxError> {
    Err("--file needs a build with the feature `sqlite`".into())
}

fn read(file: &PathBuf) -> Result<String, BoxError> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

struct Arguments<I>(I);

impl<I: Iterator<Item = OsString>> Arguments<I> {
    fn value(&mut self, option: &str) -> Result<OsString, BoxError> {
        let value = self.0.next();
        value.ok_or_else(|| format!("{option} wants a value").into())
    }

    fn path(&mut self, option: &str) -> Result<PathBuf, BoxError> {
        Ok(self.value(option)?.into())
    }

    fn text(&mut self, option: &str) -> Result<String, BoxError> {
        let value = self.value(option)?.into_string();
        value.map_err(|_| format!("the value of {option} is not UTF-8").into())
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, option: &str) -> Result<T, BoxError> {
        let text = self.text(option)?;
        text.parse()
            .map_err(|error| format!("{option} {text}: {error}").into())
    }
}
