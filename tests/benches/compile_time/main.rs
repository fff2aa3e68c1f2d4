//! What `#[derive(Event)]` costs a compiler, beside serde's two derives, and
//! `#[aggregate]` beside the events that it handles.
//!
//! ```text
//! cargo bench -p plumberd-tests --bench compile_time
//! ```
//!
//! Writes two crates below `target/`, each with the same 200 structs, and
//! compiles them in turns. "check" is the derives alone; "build" also makes
//! machine code that encodes every struct as JSON and decodes it. serde's
//! derives are generic and make none before they are used, so the build uses
//! them through `serde_json`, as an event store does. Then it checks aggregates of
//! 75, 150 and 300 handlers: what a handler costs must not grow with their number.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const STRUCTS: u32 = 200;
const HANDLERS: [u32; 3] = [75, 150, 300];

fn main() {
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(5);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_time");
    let serde = write_crate(&target, "derives_serde", SERDE, &serde_code());
    let plumberd = write_crate(&target, "derives_plumberd", PLUMBERD, &plumberd_code());

    println!("| {STRUCTS} structs of 4 fields | serde | plumberd | ratio |");
    println!("|---|---:|---:|---:|");
    for command in ["check", "build"] {
        // Dependencies first.
        compile(&serde, &target, command);
        compile(&plumberd, &target, command);
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            times.0.push(compile(&serde, &target, command));
            times.1.push(compile(&plumberd, &target, command));
        }
        let (serde, plumberd) = (median(times.0), median(times.1));
        println!(
            "| {command} | {:.2} s | {:.2} s | **{:.2}** |",
            serde.as_secs_f64(),
            plumberd.as_secs_f64(),
            plumberd.as_secs_f64() / serde.as_secs_f64()
        );
    }
    handlers(&target, rounds);
}

fn handlers(target: &Path, rounds: usize) {
    println!("\n| handlers | events alone | with the aggregate | a handler |");
    println!("|---:|---:|---:|---:|");
    for count in HANDLERS {
        let events = numbered_events(count);
        let with = format!("{events}{}", aggregate_code(count));
        let events = write_crate(target, "events_alone", PLUMBERD, &events);
        let with = write_crate(target, "events_and_aggregate", PLUMBERD, &with);
        compile(&events, target, "check");
        compile(&with, target, "check");
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            times.0.push(compile(&events, target, "check"));
            times.1.push(compile(&with, target, "check"));
        }
        let (events, with) = (median(times.0), median(times.1));
        println!(
            "| {count} | {:.2} s | {:.2} s | **{:.2} ms** |",
            events.as_secs_f64(),
            with.as_secs_f64(),
            with.saturating_sub(events).as_secs_f64() * 1e3 / f64::from(count)
        );
    }
}

const SERDE: &str = "serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n";

const PLUMBERD: &str = concat!(
    "plumberd = { path = \"",
    env!("CARGO_MANIFEST_DIR"),
    "/../plumberd\" }\n"
);

const FIELDS: &str =
    "{ pub owner: String, pub amount: i64, pub note: Option<String>, pub open: bool }";

fn serde_code() -> String {
    let mut code = String::new();
    for i in 0..STRUCTS {
        let _ = writeln!(
            code,
            "#[derive(serde::Serialize, serde::Deserialize)]\n\
             #[serde(rename_all = \"PascalCase\")]\n\
             pub struct Event{i} {FIELDS}\n\
             pub fn encode{i}(event: &Event{i}, out: &mut Vec<u8>) -> serde_json::Result<()> {{\n\
                 serde_json::to_writer(out, event)\n\
             }}\n\
             pub fn decode{i}(json: &[u8]) -> serde_json::Result<Event{i}> {{\n\
                 serde_json::from_slice(json)\n\
             }}"
        );
    }
    code
}

fn plumberd_code() -> String {
    numbered_events(STRUCTS)
}

fn aggregate_code(handlers: u32) -> String {
    let mut code =
        "#[derive(Default)]\npub struct Account(i64);\n#[plumberd::aggregate]\nimpl Account {\n"
            .to_owned();
    for i in 0..handlers {
        let _ = writeln!(
            code,
            "#[event_sourcing_handler]\n\
             fn on_event{i}(&mut self, event: &Event{i}) {{ self.0 += event.amount; }}"
        );
    }
    code.push_str("}\n");
    code
}

fn numbered_events(count: u32) -> String {
    let mut code = String::new();
    for i in 0..count {
        let _ = writeln!(
            code,
            "#[derive(plumberd::Event)]\npub struct Event{i} {FIELDS}"
        );
    }
    code
}

fn write_crate(target: &Path, name: &str, dependencies: &str, code: &str) -> PathBuf {
    let folder = target.join(name);
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependencies}\n[workspace]\n"
    );
    let write = |path: &str, text: &str| fs::write(folder.join(path), text).expect("written");
    write("Cargo.toml", &manifest);
    write("src/lib.rs", code);
    // The same versions as here.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("copied");
    folder
}

/// How long it takes to compile this crate alone.
fn compile(folder: &Path, target: &Path, command: &str) -> Duration {
    let source = folder.join("src/lib.rs");
    let code = fs::read(&source).expect("read");
    fs::write(&source, code).expect("touched");
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .status()
        .expect("cargo");
    assert!(status.success(), "{} does not compile", folder.display());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
