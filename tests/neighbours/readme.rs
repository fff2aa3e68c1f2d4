//! The README's code that is taken from an example.

const README: &str = include_str!("../../README.md");

const EXAMPLES: &[(&str, &str)] = &[(
    "// examples/tenants.rs",
    include_str!("../../examples/tenants.rs"),
)];

/// The lines of code, without comments at their ends and space around them.
fn lines(code: &str) -> Vec<&str> {
    code.lines()
        .map(|line| line.split("  //").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn what_the_readme_takes_from_an_example_stands_there() {
    for (from, example) in EXAMPLES {
        let example = lines(example);
        let blocks = README.split("```rust,ignore\n").skip(1);
        let taken: Vec<_> = blocks
            .filter_map(|block| block.strip_prefix(from)?.split("```").next())
            .collect();
        assert!(!taken.is_empty(), "the README takes nothing {from}");
        for line in taken.into_iter().flat_map(lines) {
            assert!(example.contains(&line), "{from} has no line `{line}`");
        }
    }
}
