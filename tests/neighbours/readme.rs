//! The README's code that is no program: taken from a file that is run, or what
//! a manifest needs.

use std::path::Path;

const README: &str = include_str!("../../README.md");

/// How a block begins, and where its lines stand.
const TAKEN: &[(&str, &str)] = &[
    (
        "// examples/tenants.rs",
        include_str!("../../examples/tenants.rs"),
    ),
    (
        "use plumberd_testkit::esdb::EsdbServer;",
        include_str!("readme_server.rs"),
    ),
];

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
fn what_the_readme_takes_from_an_example_stands_there() {
    let blocks = blocks(README);
    for (begin, source) in TAKEN {
        let source = lines(source);
        let taken = blocks.iter().filter(|(_, code)| code.starts_with(begin));
        let taken: Vec<_> = taken.flat_map(|(_, code)| lines(code)).collect();
        assert!(!taken.is_empty(), "the README takes nothing from {begin}");
        for line in taken {
            assert!(source.contains(&line), "{begin} has no line `{line}`");
        }
    }
}

/// A block of Rust is a program, which the documentation's tests run, or it is
/// taken from a file.
#[test]
fn every_block_of_rust_in_the_readme_is_compiled() {
    let mut programs = 0;
    for (kind, code) in blocks(README) {
        let is_taken = TAKEN.iter().any(|(begin, _)| code.starts_with(begin));
        match kind {
            "rust" if code.contains("fn main()") => programs += 1,
            "rust,ignore" if is_taken => {}
            "toml" | "sh" => {}
            _ => panic!("nothing compiles this block `{kind}`:\n{code}"),
        }
    }
    assert_eq!(programs, 3);
}

#[test]
fn the_readmes_manifests_name_crates_and_features_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut named = 0;
    for (_, toml) in blocks(README)
        .into_iter()
        .filter(|(kind, _)| *kind == "toml")
    {
        assert!(!toml.contains("plumberd\", version"), "in no registry");
        for line in toml.lines().filter(|line| line.contains("path = ")) {
            let path = line.split("\"../plumberd/").nth(1).unwrap();
            let (path, rest) = path.split_once('"').unwrap();
            let manifest = root.join(path).join("Cargo.toml");
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
    assert_eq!(named, 5, "the features are looked for wrongly");
}
