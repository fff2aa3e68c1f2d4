//! Golden files: written once, read for ever.

use crate::{
    assert_says,
    domain::{Counter, Form, Lossy, Misnamed, Second, Sound, counted},
    failure,
    forms::{Demanding, Dropped, Extended, Reinterpreted, Renamed, Retyped, Rewritten},
};
use plumberd::{Event, aggregate};
use plumberd_testkit::{
    golden,
    sample::{Account, AccountClosed, AccountCredited, AccountDebited, AccountOpened},
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A folder in which version 1 of a program has recorded its event.
fn recorded_by_version_1() -> TempDir {
    let folder = TempDir::new().unwrap();
    record::<Sound>(folder.path());
    folder
}

/// Runs with `UPDATE=1`.
fn record<F: Form>(folder: &Path) {
    golden::<Counter<F>>(folder)
        .events(counted::<F>(8))
        .update(true)
        .check();
}

/// Runs without.
fn check<F: Form>(folder: &Path) {
    golden::<Counter<F>>(folder)
        .events(counted::<F>(8))
        .update(false)
        .check();
}

fn check_fails<F: Form>(folder: &Path) -> String {
    let folder = folder.to_owned();
    failure(move || check::<F>(&folder))
}

fn record_fails<F: Form>(folder: &Path) -> String {
    let folder = folder.to_owned();
    failure(move || record::<F>(&folder))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("Counter")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn content(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("Counter").join(name)).unwrap()
}

#[test]
fn what_was_recorded_is_read_again() {
    let folder = recorded_by_version_1();

    assert_eq!(
        content(folder.path(), "Counted.1.json"),
        "{\n  \"type\": \"Counted\",\n  \"revision\": 1,\n  \
         \"contentType\": \"application/json\",\n  \"shape\": [\n    \"{\",\n    \
         \"  Amount: number\",\n    \"}\"\n  ],\n  \"data\": {\"Amount\":8}\n}\n"
    );
    check::<Sound>(folder.path());
    assert_eq!(names(folder.path()), ["Counted.1.json"]);
}

#[test]
fn an_event_without_a_file_fails_with_the_way_to_record_it() {
    let folder = TempDir::new().unwrap();

    let message = check_fails::<Sound>(folder.path());

    assert_says(
        &message,
        &[
            "golden files of `Counter`",
            "`Counted` has no golden file of revision 1; run the test with `UPDATE=1`",
        ],
    );
    assert!(!folder.path().join("Counter").exists());
}

#[test]
fn an_event_without_an_example_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();

    let message = failure(move || golden::<Counter<Sound>>(path).update(true).check());

    assert_says(
        &message,
        &["no example of it to record; add one to `.events(…)`"],
    );
}

#[test]
fn an_unannounced_change_of_shape_names_the_fields_and_the_way_out() {
    let folder = recorded_by_version_1();
    let before = content(folder.path(), "Counted.1.json");

    for message in [
        check_fails::<Retyped>(folder.path()),
        record_fails::<Retyped>(folder.path()),
    ] {
        assert_says(
            &message,
            &[
                "the shape of `Counted` changed without a new revision",
                "field `Amount` changed from number to text, field `Unit` was added (text)",
                "say `#[event(revision = 2)]` and write an upcaster from revision 1",
                "Counted.1.json",
            ],
        );
    }
    assert_eq!(content(folder.path(), "Counted.1.json"), before);
    assert_eq!(names(folder.path()), ["Counted.1.json"]);
}

#[test]
fn a_field_that_may_be_missing_is_recorded_beside_what_there_was() {
    let folder = recorded_by_version_1();
    let before = content(folder.path(), "Counted.1.json");

    let message = check_fails::<Extended>(folder.path());
    assert_says(
        &message,
        &[
            "field `Note` was added (text?); recorded events decode without it",
            "`UPDATE=1`",
        ],
    );

    record::<Extended>(folder.path());
    check::<Extended>(folder.path());
    assert_eq!(names(folder.path()), ["Counted.1.2.json", "Counted.1.json"]);
    assert_eq!(content(folder.path(), "Counted.1.json"), before);

    let back = check_fails::<Sound>(folder.path());
    assert_says(&back, &["field `Note` was removed (was text?)"]);
}

#[test]
fn a_field_that_old_events_lack_needs_a_revision() {
    let folder = recorded_by_version_1();

    let message = record_fails::<Demanding>(folder.path());

    assert_says(
        &message,
        &[
            "field `Unit` was added (text); say `#[event(revision = 2)]`",
            "Counted.1.json: cannot be read",
            "no `Unit`",
        ],
    );
    assert_eq!(names(folder.path()), ["Counted.1.json"]);
}

/// Replaces the recorded event with one of the first revision of [`Second`].
fn with_old_payload(folder: &TempDir) {
    let path = folder.path().join("Counter/Counted.1.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("Amount", "Old")).unwrap();
}

#[test]
fn an_old_revision_goes_through_its_upcasters_for_ever() {
    let folder = recorded_by_version_1();
    with_old_payload(&folder);
    let before = content(folder.path(), "Counted.1.json");

    let message = check_fails::<Second>(folder.path());
    assert_says(
        &message,
        &[
            "`Counted` has no golden file of revision 2; run the test with `UPDATE=1`",
            "what upcasters make of it in revision 2 is not recorded",
        ],
    );

    record::<Second>(folder.path());
    check::<Second>(folder.path());
    assert_eq!(
        names(folder.path()),
        ["Counted.1.json", "Counted.1.to-2.json", "Counted.2.json"]
    );
    assert_eq!(
        content(folder.path(), "Counted.1.to-2.json"),
        "{\"Amount\":8}\n"
    );
    assert_eq!(content(folder.path(), "Counted.1.json"), before);
}

#[test]
fn an_upcaster_that_changes_its_mind_is_caught() {
    let folder = recorded_by_version_1();
    with_old_payload(&folder);
    record::<Second>(folder.path());

    let message = record_fails::<Reinterpreted>(folder.path());

    assert_says(
        &message,
        &[
            "upcasters make something else of it (+)",
            "-   \"Amount\": 8",
            "+   \"Amount\": 800",
        ],
    );
}

#[test]
fn an_old_revision_without_upcaster_is_caught() {
    let folder = recorded_by_version_1();

    let message = record_fails::<Dropped>(folder.path());

    assert_says(
        &message,
        &[
            "Counted.1.json: cannot be read",
            "upcasters lead on only from 2",
        ],
    );
}

#[test]
fn another_form_of_the_same_shape_is_caught() {
    let folder = recorded_by_version_1();

    let message = record_fails::<Rewritten>(folder.path());

    assert_says(
        &message,
        &[
            "written in another form than it was recorded",
            "+   \"Extra\": true",
        ],
    );
}

#[test]
fn a_form_that_is_not_stable_or_not_readable_is_caught() {
    let folder = recorded_by_version_1();

    let lossy = record_fails::<Lossy>(folder.path());
    assert_says(
        &lossy,
        &["Counted.1.json: `Counted` does not survive its stored form"],
    );

    let other = TempDir::new().unwrap();
    record::<Misnamed>(other.path());
    let misnamed = check_fails::<Misnamed>(other.path());
    assert_says(
        &misnamed,
        &["Counted.1.json: cannot be read", "no `Amount`"],
    );
}

#[test]
fn a_stored_name_that_is_gone_is_caught() {
    let folder = recorded_by_version_1();

    let message = record_fails::<Renamed>(folder.path());

    assert_says(
        &message,
        &[
            "Counted.1.json: `Counted` was stored and has no handler in `Counter` any more",
            "#[event(alias = \"Counted\")]",
        ],
    );
    assert_eq!(
        names(folder.path()),
        ["Counted.1.json", "com.myco%2FTallied.1.json"]
    );
}

#[test]
fn a_file_that_is_not_golden_is_named() {
    let folder = recorded_by_version_1();
    let path = folder.path().join("Counter/Counted.7.json");
    fs::copy(folder.path().join("Counter/Counted.1.json"), &path).unwrap();
    let misplaced = check_fails::<Sound>(folder.path());
    assert_says(
        &misplaced,
        &["Counted.7.json", "its name does not say what is in it"],
    );

    fs::write(&path, "{").unwrap();
    let broken = check_fails::<Sound>(folder.path());
    assert_says(&broken, &["Counted.7.json is not a golden file"]);
}

#[test]
fn a_second_example_of_a_name_is_refused() {
    let message = failure(|| {
        let _ = golden::<Counter<Sound>>("unused").events([counted(1), counted(2)]);
    });

    assert_eq!(message, "two examples of `Counted`");
}

#[derive(Event, Debug)]
struct Started;

#[derive(Event, Debug)]
struct Ended;

/// Cannot end before it has started.
#[derive(Debug, Default)]
struct Strict {
    started: bool,
}

#[aggregate]
impl Strict {
    #[event_sourcing_handler]
    fn on_started(&mut self, _: &Started) {
        self.started = true;
    }

    #[event_sourcing_handler]
    fn on_ended(&mut self, _: &Ended) {
        assert!(self.started, "ended before it started");
    }
}

#[test]
fn files_are_applied_after_the_examples_before_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    let in_order = golden::<Strict>(&path).events((Started, Ended));
    in_order.update(true).check();
    golden::<Strict>(&path)
        .events((Started, Ended))
        .update(false)
        .check();

    let message = failure(move || {
        golden::<Strict>(&path)
            .events((Ended, Started))
            .update(false)
            .check();
    });

    assert_says(&message, &["Ended.1.json: its handler panicked"]);
}

#[test]
fn what_the_sample_account_ever_stored_can_be_read() {
    golden::<Account>("kit/golden")
        .events((
            AccountOpened {
                owner: "Joe".into(),
            },
            AccountCredited {
                amount: 40,
                balance: 40,
            },
            AccountDebited {
                amount: 40,
                balance: 0,
            },
            AccountClosed,
        ))
        .check();
}
