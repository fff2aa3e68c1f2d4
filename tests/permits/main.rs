//! The example `permits` as a user runs it: a process, a file, its output.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};
use tempfile::TempDir;

const HEADER: &str = "case:concept:name,concept:name,time:timestamp,org:resource\n";

/// The program, built as this test was: in the debug profile, with the
/// features that the whole workspace has.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--example", "permits"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the example does not build: {error}"
    );
    let messages = String::from_utf8(output.stdout).unwrap();
    let program = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_program =
            message["target"]["name"] == "permits" && message["target"]["kind"][0] == "example";
        message["executable"]
            .as_str()
            .filter(|_| is_program)
            .map(PathBuf::from)
    });
    program.expect("an executable")
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder for the store, in which the program runs.
struct Run(TempDir);

impl Run {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.path().join(name), content).unwrap();
        self
    }

    fn permits(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&*PROGRAM);
        command.args(arguments).current_dir(self.0.path());
        command.output().unwrap()
    }

    /// Standard output of a run that must succeed.
    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.permits(arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a run that must fail with exit code 1.
    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.permits(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[track_caller]
fn assert_says(output: &str, text: &str) {
    assert!(output.contains(text), "`{text}` is not in:\n{output}");
}

#[test]
fn without_arguments_it_stores_a_log_of_its_own_and_the_second_run_adds_nothing() {
    let run = Run::new();

    let first = run.succeeds(&[]);
    let second = run.succeeds(&[]);

    assert_says(&first, "40 stored, 0 were there already, 0 skipped");
    assert_says(&second, "0 stored, 40 were there already, 0 skipped");
    for output in [first, second] {
        assert_says(&output, "      6  Application received\n");
        assert_says(&output, "longest case: permit-2 with 12 events");
        let last = output.lines().last().unwrap();
        assert!(
            last.starts_with("40 events, 6 cases, 14 activities in "),
            "{last}"
        );
        assert!(last.ends_with(" s"), "{last}");
    }
    assert!(run.0.path().join("permits.db").exists());
}

#[test]
fn the_large_log_comes_out_with_its_numbers_twice() {
    let log = root().join("../shared/data/permit-log.csv");
    if !log.exists() {
        eprintln!("skipped: the large log is not here: {}", log.display());
        return;
    }
    let run = Run::new();
    let arguments = [log.to_str().unwrap(), "--store", "sqlite://permits.db"];

    let first = run.succeeds(&arguments);
    let second = run.succeeds(&arguments);

    assert_says(&first, "8577 stored, 0 were there already");
    assert_says(&second, "0 stored, 8577 were there already");
    for output in [first, second] {
        assert_says(&output, "    1434  Confirmation of receipt\n");
        assert_says(&output, " with 25 events\n");
        assert_says(&output, "\n8577 events, 1434 cases, 27 activities in ");
    }
}

#[test]
fn a_malformed_row_stops_the_run_before_anything_is_stored() {
    let run = Run::new();
    let log = format!(
        "{HEADER}c1,Start,2024-01-01 10:00:00+00:00,Ann\n\
         c1,Next,noon,Ann\n\
         c2,Start,2024-01-01 10:00:00Z\n"
    );
    run.file("log.csv", log);

    let error = run.fails(&["log.csv"]);

    assert_says(&error, "line 3: `noon` is not a time");
    assert_says(&error, "line 4: 3 fields, the header has 4");
    assert_says(&error, "2 rows cannot be stored, so nothing was");
    assert!(
        !run.0.path().join("permits.db").exists(),
        "a store was made"
    );
}

#[test]
fn a_malformed_row_is_skipped_when_that_is_asked_for() {
    let run = Run::new();
    let mut log = HEADER.as_bytes().to_vec();
    log.extend(b"c1,Start,2024-01-01 10:00:00+00:00,\xff\n");
    log.extend(b",Start,2024-01-01 10:00:00+00:00,Ann\n");
    log.extend(b"c1,Start,2024-01-01 10:00:00+00:00,\n");
    run.file("log.csv", log);

    let output = run.permits(&["log.csv", "--on-error", "skip"]);

    let (out, error) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_says(&error, "line 2: the field `org:resource` is not UTF-8");
    assert_says(&error, "line 3: the field `case:concept:name` is empty");
    assert_says(&out, "1 stored, 0 were there already, 2 skipped");
    assert_says(&out, "\n1 events, 1 cases, 1 activities in ");
}

#[test]
fn a_case_whose_time_runs_backwards_refuses_the_row() {
    let run = Run::new();
    let log = format!(
        "{HEADER}c1,Start,2024-01-01 10:00:00+00:00,Ann\n\
         c1,Next,2024-01-01 10:59:59+01:00,Ann\n\
         c1,Last,2024-01-01 11:00:00+01:00,Ann\n"
    );
    run.file("log.csv", log);

    let error = run.fails(&["log.csv"]);
    let skipped = run.succeeds(&["log.csv", "--on-error", "skip"]);

    assert_says(&error, "line 3: `c1` refuses `Next`: time runs backwards");
    assert_says(&skipped, "2 stored, 0 were there already, 1 skipped");
}

#[test]
fn a_log_that_the_stored_events_contradict_stops_and_says_how_far_it_came() {
    let run = Run::new();
    run.file(
        "new.csv",
        format!("{HEADER}c1,Start,2024-01-02 10:00:00Z,Ann\n"),
    );
    run.file(
        "old.csv",
        format!("{HEADER}c1,Earlier,2024-01-01 10:00:00Z,Ann\n"),
    );
    run.succeeds(&["new.csv"]);

    let error = run.fails(&["old.csv"]);

    assert_says(
        &error,
        "line 2: `c1` refuses `Earlier`: time runs backwards",
    );
    assert_says(&error, "0 stored, 0 were there already, 1 skipped");
}

#[test]
fn rows_that_say_the_same_are_events_of_their_own_and_known_in_another_file() {
    let run = Run::new();
    let row = "c1,Start,2024-01-01 10:00:00Z,Ann\n";
    run.file("two.csv", format!("{HEADER}{row}{row}"));
    // The same rows in another order of columns, with the time written otherwise.
    let header = "org:resource,time:timestamp,concept:name,case:concept:name\n";
    let other = "Ann,2024-01-01T11:00:00.000+01:00,Start,c1\n";
    run.file("three.csv", format!("{header}{other}{other}{other}"));

    let first = run.succeeds(&["two.csv"]);
    let second = run.succeeds(&["three.csv"]);

    assert_says(&first, "2 stored, 0 were there already");
    assert_says(&second, "1 stored, 2 were there already");
}

#[test]
fn what_is_no_event_log_is_refused_with_a_reason() {
    let run = Run::new();
    run.file("other.csv", "id,name\n1,2\n");

    assert_says(
        &run.fails(&["other.csv"]),
        "no column `case:concept:name`, `concept:name`",
    );
    assert_says(&run.fails(&["other.csv"]), "found `id`, `name`");
    assert_says(&run.fails(&["missing.csv"]), "cannot read `missing.csv`");
    assert_says(
        &run.fails(&["--store", "mongo://x"]),
        "no store has the scheme `mongo:`",
    );
}

#[test]
fn wrong_arguments_exit_with_2_and_help_explains_them() {
    let run = Run::new();

    let wrong = run.permits(&["--on-error", "maybe"]);
    let help = run.succeeds(&["--help"]);

    assert_eq!(wrong.status.code(), Some(2));
    for option in ["--store", "--on-error", "--concurrency", "Exit code"] {
        assert_says(&help, option);
    }
}

#[test]
fn a_store_in_memory_needs_no_file() {
    let run = Run::new();

    let output = run.succeeds(&["--store", "memory:"]);

    assert_says(&output, "40 events, 6 cases, 14 activities");
    assert_eq!(fs::read_dir(run.0.path()).unwrap().count(), 0);
}
