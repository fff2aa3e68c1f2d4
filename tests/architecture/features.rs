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

/// How many packages a default build has at the most, plumberd among them.
const MOST_PACKAGES: usize = 45;

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

/// The packages of a tree, each release of one by itself.
fn packages(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .map(|line| line.strip_suffix(" (*)").unwrap_or(line))
        .filter(|line| !line.is_empty() && !line.starts_with('['))
        .collect()
}

fn heavy(tree: &str) -> Vec<String> {
    let packages: BTreeSet<_> = packages(tree)
        .into_iter()
        .filter_map(|package| package.split(' ').next())
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

/// Features that are no backend, with their places below `plumberd/src`.
const ELSEWHERE: [(&str, &str); 5] = [
    ("avro", "codec/avro"),
    ("axum", "axum"),
    ("metrics", "telemetry/metrics"),
    ("otel", "telemetry/otel"),
    ("protobuf", "codec/protobuf"),
];

/// Features that only choose how another one is built.
const BUILDS: [(&str, &str); 1] = [("kafka-tls", "kafka")];

/// Where the code of a feature is: a folder, or a file.
fn place(feature: &str) -> String {
    let built = BUILDS.iter().find(|(name, _)| *name == feature);
    let feature = built.map_or(feature, |(_, built)| built);
    let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == feature);
    let backend = || format!("backend/{}", feature.replace('-', "_"));
    elsewhere.map_or_else(backend, |(_, place)| (*place).to_owned())
}

/// Features whose code is not where their names say.
fn without_folder(features: &[String], is_there: impl Fn(&str) -> bool) -> Vec<String> {
    features
        .iter()
        .filter(|name| !["default", "full"].contains(&name.as_str()))
        .map(|name| (name, place(name)))
        .filter(|(_, place)| !is_there(place))
        .map(|(name, place)| format!("the feature `{name}` has no plumberd/src/{place}"))
        .collect()
}

#[test]
fn the_default_features_open_no_socket_and_need_no_c() {
    assert_kept("default features", &heavy(&tree(&[])));
}

#[test]
fn the_default_build_has_few_packages() {
    let tree = tree(&[]);
    let packages = packages(&tree);

    let releases_of_syn = packages.iter().filter(|name| name.starts_with("syn "));
    assert_eq!(releases_of_syn.count(), 1, "{packages:#?}");
    assert!(
        packages.len() <= MOST_PACKAGES,
        "{} packages: {packages:#?}",
        packages.len()
    );
}

#[test]
fn a_package_more_would_be_counted() {
    let tree = "a v1.0.0\nb v1.0.0 (proc-macro)\na v1.0.0 (*)\na v2.0.0\n[build-dependencies]\n";

    assert_eq!(packages(tree).len(), 3);
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
    let source = root().join("plumberd/src");
    let is_there =
        |place: &str| source.join(place).is_dir() || source.join(format!("{place}.rs")).is_file();
    let features = declared(&text("plumberd/Cargo.toml"));

    assert!(features.contains(&"sqlite".to_owned()), "{features:?}");
    assert_kept("features", &without_folder(&features, is_there));
}

#[test]
fn a_feature_without_folder_would_be_seen() {
    let features = declared("[features]\ndefault = []\nwith-x = []\n[dependencies]\ny = 1\n");

    assert_eq!(features, ["default", "with-x"]);
    assert_eq!(
        without_folder(&features, |_| false),
        ["the feature `with-x` has no plumberd/src/backend/with_x"]
    );
    let all = ["sqlite", "avro", "axum", "kafka-tls", "otel"].map(str::to_owned);
    let places = [
        "backend/sqlite",
        "codec/avro",
        "axum",
        "backend/kafka",
        "telemetry/otel",
    ];
    assert!(without_folder(&all, |place| places.contains(&place)).is_empty());
}
