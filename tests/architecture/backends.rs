//! The same role has the same file name in every backend that keeps events.

use crate::{assert_kept, source, source::Source};
use std::collections::{BTreeMap, BTreeSet};

const BACKENDS: &str = "plumberd/src/backend/";

/// Files, or folders, that every store has.
const NEEDED: [&str; 5] = ["driver", "follow", "mod", "read", "store"];

/// Roles that a backend may have, with what the same is not to be called.
const ROLES: [(&str, &[&str]); 9] = [
    ("append", &["write", "writer", "writing"]),
    ("config", &["configuration", "options"]),
    ("connection", &["connecting", "transport"]),
    ("convert", &["conversion", "mapping"]),
    ("error", &["errors"]),
    ("find", &["look", "lookup", "search"]),
    ("follow", &["subscribe", "subscription", "subscriptions"]),
    ("read", &["reader", "readers"]),
    ("url", &["uri"]),
];

/// What stands at the top of each backend's folder, without `.rs`.
fn names(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut backends: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for source in sources {
        let path = source.path.strip_prefix(BACKENDS);
        let Some((backend, file)) = path.and_then(|path| path.split_once('/')) else {
            continue;
        };
        let name = file.split('/').next().unwrap().trim_end_matches(".rs");
        backends.entry(backend).or_default().insert(name);
    }
    backends
}

fn misnamed(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for (backend, names) in names(sources) {
        for (role, others) in ROLES {
            let others = others.iter().filter(|other| names.contains(**other));
            broken.extend(others.map(|other| format!("{backend}/{other}: call it `{role}`")));
        }
        // A folder without a store serves other ports.
        if names.contains("store") {
            let missing = NEEDED.iter().filter(|name| !names.contains(**name));
            broken.extend(missing.map(|name| format!("{backend} has no `{name}`")));
        }
    }
    broken
}

#[test]
fn the_same_role_has_the_same_name_in_every_backend() {
    let sources = source::below(BACKENDS.trim_end_matches('/'));

    assert!(names(&sources).len() >= 4, "the backends were not found");
    assert_kept("names in backends", &misnamed(&sources));
}

#[test]
fn another_name_and_a_missing_file_are_found() {
    let of = |files: &[&str]| {
        let sources = files
            .iter()
            .map(|file| Source::new(&format!("{BACKENDS}{file}"), ""));
        misnamed(&sources.collect::<Vec<_>>())
    };
    let whole = [
        "a/driver.rs",
        "a/follow/mod.rs",
        "a/mod.rs",
        "a/read/mod.rs",
        "a/store.rs",
    ];

    assert_eq!(of(&whole), [""; 0]);
    assert_eq!(of(&whole[1..]), ["a has no `driver`"]);
    assert_eq!(
        of(&["b/bus.rs", "b/conversion.rs"]),
        ["b/conversion: call it `convert`"]
    );
}
