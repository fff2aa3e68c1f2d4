//! What the features pull in: the default opens no socket and needs no C.

use crate::{assert_kept, root, text};
use std::{collections::BTreeSet, process::Command};

/// What a default build must not have: sockets, TLS, C libraries.
const HEAVY: [&str; 14] = [
    "aws-lc-sys",
    "cc",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "socket2",
    "tonic",
];

/// `cargo tree` of plumberd, one package a line.
fn tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "plumberd", "--prefix", "none"])
        .args(["--edges", "normal,build"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree failed: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn heavy(tree: &str) -> Vec<String> {
    let packages: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let heavy = HEAVY.iter().filter(|name| packages.contains(*name));
    heavy
        .map(|name| format!("`{name}` is in the build"))
        .collect()
}

/// The features that `Cargo.toml` declares.
fn declared(manifest: &str) -> Vec<String> {
    let lines = manifest
        .lines()
        .skip_while(|line| *line != "[features]")
        .skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| !name.starts_with('#'))
        .collect()
}

/// Features that no folder of `backend` explains.
fn without_folder(features: &[String], folders: &[String]) -> Vec<String> {
    features
        .iter()
        .filter(|name| {
            !["default", "full"].contains(&name.as_str())
                && !folders.contains(&name.replace('-', "_"))
        })
        .map(|name| format!("the feature `{name}` is no folder of plumberd/src/backend"))
        .collect()
}

#[test]
fn the_default_features_open_no_socket_and_need_no_c() {
    assert_kept("default features", &heavy(&tree(&[])));
}

#[test]
fn a_heavy_dependency_would_be_seen() {
    let found = heavy(&tree(&["--features", "sqlite"])).join("\n");

    assert!(
        found.contains("`rusqlite`") && found.contains("`libsqlite3-sys`"),
        "{found}"
    );
    assert_eq!(
        heavy("serde v1.0.0\nring v0.17.0 (*)\n"),
        ["`ring` is in the build"]
    );
}

#[test]
fn every_feature_is_a_folder() {
    let folders = std::fs::read_dir(root().join("plumberd/src/backend"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect::<Vec<_>>();
    let features = declared(&text("plumberd/Cargo.toml"));

    assert!(features.contains(&"sqlite".to_owned()), "{features:?}");
    assert_kept("features", &without_folder(&features, &folders));
}

#[test]
fn a_feature_without_folder_would_be_seen() {
    let features = declared("[features]\ndefault = []\nwith-x = []\n[dependencies]\ny = 1\n");

    assert_eq!(features, ["default", "with-x"]);
    assert_eq!(without_folder(&features, &["sqlite".to_owned()]).len(), 1);
}
