//! What a file may be called, how long it may be, and what it may not say.

use crate::{assert_kept, root, source, source::Source, text};
use std::fs;

/// Where code is.
const FOLDERS: [&str; 5] = [
    "plumberd/src",
    "plumberd-derive/src",
    "plumberd-testkit/src",
    "examples",
    "tests",
];

/// The crates that run in a user's program.
const LIBRARIES: [&str; 2] = ["plumberd/src", "plumberd-derive/src"];

/// A reader should know where to look; a longer file wants to be two.
const LONGEST: usize = 400;

/// Files that are longer all the same, each to be split.
const LONGER: [&str; 1] = ["plumberd-testkit/src/mock/faulty.rs"];

/// Names of drawers.
const DRAWERS: [&str; 6] = ["common", "core", "helpers", "manager", "types", "utils"];

/// What lies at the top of the repository; dot files come on top.
const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "examples",
    "plumberd",
    "plumberd-derive",
    "plumberd-testkit",
    "tests",
];

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > LONGEST).then(|| format!("{}: {lines} lines", source.path))
}

fn drawer(source: &Source) -> Option<String> {
    let mut parts = source.path.trim_end_matches(".rs").split('/');
    let name = parts.find(|part| DRAWERS.contains(part))?;
    Some(format!("{}: `{name}` says nothing", source.path))
}

fn unfinished(source: &Source) -> Vec<String> {
    let code = source.runtime_code();
    let words = ["todo!", "unimplemented!", "dbg!"].iter();
    words
        .filter(|word| code.contains(**word))
        .map(|word| format!("{}: `{word}`", source.path))
        .collect()
}

fn panics(source: &Source) -> Vec<String> {
    let code = source.runtime_code();
    let words = [".unwrap()", ".expect(", "panic!("].iter();
    words
        .filter(|word| code.contains(**word))
        .map(|word| format!("{}: `{word}`", source.path))
        .collect()
}

/// What is at the top and should not be, leaving out what git ignores.
fn strangers<'a>(entries: &'a [String], ignored: &'a str) -> Vec<&'a String> {
    let matches = |pattern: &str, name: &str| match pattern.trim_matches('/').split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
        None => pattern.trim_matches('/') == name,
    };
    let is_fine = |name: &str| {
        name.starts_with('.')
            || TOP.contains(&name)
            || ignored.lines().any(|pattern| matches(pattern, name))
    };
    entries.iter().filter(|name| !is_fine(name)).collect()
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let sources = folders.iter().flat_map(|folder| source::below(folder));
    sources.filter(|source| !source.is_test()).collect()
}

#[test]
fn no_file_is_so_long_that_a_reader_gets_lost() {
    let sources = sources(&FOLDERS[..4]);
    let (known, others): (Vec<_>, Vec<_>) = sources
        .iter()
        .partition(|source| LONGER.contains(&source.path.as_str()));

    let broken: Vec<_> = others.into_iter().filter_map(too_long).collect();

    assert_kept("files over 400 lines", &broken);
    let known = known.into_iter().filter_map(too_long).count();
    assert_eq!(
        known,
        LONGER.len(),
        "a file of `LONGER` is not longer any more"
    );
}

#[test]
fn no_file_is_a_drawer() {
    let broken: Vec<_> = sources(&FOLDERS).iter().filter_map(drawer).collect();
    assert_kept("names", &broken);
}

#[test]
fn nothing_is_left_for_later() {
    let broken: Vec<_> = sources(&FOLDERS[..3]).iter().flat_map(unfinished).collect();
    assert_kept("unfinished code", &broken);
}

#[test]
fn libraries_do_not_panic() {
    let broken: Vec<_> = sources(&LIBRARIES).iter().flat_map(panics).collect();
    assert_kept("panics in library code", &broken);
}

#[test]
fn the_top_level_stays_as_it_is() {
    let entries: Vec<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let ignored = text(".gitignore");

    let strangers = strangers(&entries, &ignored);

    assert!(
        strangers.is_empty(),
        "at the top of the repository: {strangers:?}"
    );
}

#[test]
fn each_of_these_rules_can_fail() {
    let long = Source::new("a.rs", &"\n".repeat(LONGEST + 1));
    let bad = Source::new(
        "plumberd/src/utils/a.rs",
        "fn f() { todo!(); g().unwrap() }",
    );
    let tested = Source::new(
        "a.rs",
        "#[cfg(test)] mod t { fn f() { g().unwrap(); todo!() } }",
    );
    let entries = ["README.md", "x.db", "target", "docs"].map(str::to_owned);

    assert!(too_long(&long).is_some() && too_long(&bad).is_none());
    assert!(drawer(&bad).is_some() && drawer(&long).is_none());
    assert_eq!((unfinished(&bad).len(), unfinished(&tested).len()), (1, 0));
    assert_eq!((panics(&bad).len(), panics(&tested).len()), (1, 0));
    assert_eq!(strangers(&entries, "/target\n/*.db"), ["docs"]);
}
