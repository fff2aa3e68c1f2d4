//! The code on the README and the pages that is no program: taken from a file
//! that is run, or what a manifest needs.

use std::path::{Path, PathBuf};

/// How a block begins, and where its lines stand.
const TAKEN: &[(&str, &str)] = &[
    (
        "// examples/tenants.rs",
        include_str!("../../examples/tenants.rs"),
    ),
    (
        "// tests/neighbours/pages_kit.rs",
        include_str!("pages_kit.rs"),
    ),
    (
        "use plumberd_testkit::esdb::EsdbServer;",
        include_str!("pages_server.rs"),
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The README and every page, each with its name.
fn pages() -> Vec<(String, String)> {
    let folder = root().join("plumberd/src/docs");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    assert!(files.len() > 10, "the pages are looked for wrongly");
    files.push(root().join("README.md"));
    let texts = files.into_iter().map(|file| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(file).unwrap())
    });
    texts.collect()
}

/// The lines of code, without comments at their ends and space around them.
fn lines(code: &str) -> Vec<&str> {
    code.lines()
        .map(|line| line.split("  //").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty() && !line.starts_with("// "))
        .collect()
}

/// The kind and the text of each block of code.
fn blocks(markdown: &str) -> Vec<(&str, &str)> {
    let parts = markdown.split("```").skip(1).step_by(2);
    parts.filter_map(|block| block.split_once('\n')).collect()
}

#[test]
fn what_a_page_takes_from_a_file_stands_there() {
    let pages = pages();
    let blocks: Vec<_> = pages.iter().flat_map(|(_, text)| blocks(text)).collect();
    for (begin, source) in TAKEN {
        let source = lines(source);
        let taken = blocks.iter().filter(|(_, code)| code.starts_with(begin));
        let taken: Vec<_> = taken.flat_map(|(_, code)| lines(code)).collect();
        assert!(!taken.is_empty(), "no page takes anything from {begin}");
        for line in taken {
            assert!(source.contains(&line), "{begin} has no line `{line}`");
        }
    }
}

/// Whether the documentation's tests compile a block, or it is taken from a
/// file, or it is no Rust.
fn is_covered(kind: &str, code: &str) -> bool {
    match kind {
        "rust,ignore" => TAKEN.iter().any(|(begin, _)| code.starts_with(begin)),
        "" | "rust" | "no_run" | "compile_fail" => true,
        _ => ["json", "sh", "text", "toml"].contains(&kind),
    }
}

#[test]
fn every_block_of_rust_on_a_page_is_compiled() {
    let mut programs = 0;
    for (page, text) in pages() {
        for (kind, code) in blocks(&text) {
            assert!(
                is_covered(kind, code),
                "{page}: nothing compiles this block `{kind}`:\n{code}"
            );
            programs += usize::from(matches!(kind, "" | "rust" | "no_run"));
        }
    }
    assert!(programs > 20, "{programs} programs");
}

/// The documentation's tests see a page that a module includes, and no other.
#[test]
fn every_page_is_part_of_the_documentation() {
    let modules = ["plumberd/src/docs/mod.rs", "plumberd/src/lib.rs"]
        .map(|file| std::fs::read_to_string(root().join(file)).unwrap());
    for (page, _) in pages() {
        let included = modules
            .iter()
            .any(|module| module.contains(&format!("{page}\")]")));
        assert!(included, "no module includes {page}");
    }
}

#[test]
fn manifests_on_the_pages_name_crates_and_features_that_are_there() {
    let mut named = 0;
    let pages = pages();
    let blocks = pages.iter().flat_map(|(_, text)| blocks(text));
    for (_, toml) in blocks.filter(|(kind, _)| *kind == "toml") {
        assert!(!toml.contains("plumberd\", version"), "in no registry");
        for line in toml.lines().filter(|line| line.contains("path = ")) {
            let path = line.split("\"../plumberd/").nth(1).unwrap();
            let (path, rest) = path.split_once('"').unwrap();
            let manifest = root().join(path).join("Cargo.toml");
            let manifest = std::fs::read_to_string(manifest).expect(line);
            let features = rest.split(['[', ']']).nth(1).unwrap_or_default();
            for feature in features
                .split(',')
                .map(|name| name.trim().trim_matches('"'))
            {
                let declared = format!("\n{feature} = [");
                assert!(manifest.contains(&declared), "{path} has no `{feature}`");
                named += 1;
            }
        }
    }
    assert!(named >= 6, "the features are looked for wrongly");
}
