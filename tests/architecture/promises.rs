//! What `tests/promises.md` says: every line of the five systems has its row,
//! every test that a row names exists, and the README's table of features is
//! drawn from it.

use crate::{assert_kept, root, source, text};
use std::collections::BTreeSet;

/// How many lines each of the systems has.
const LINES: [usize; 5] = [44, 24, 26, 24, 27];

const STATES: [&str; 4] = ["there", "part", "coming", "not planned"];

/// Between these the README's table stands.
const BEGIN: &str = "<!-- drawn from tests/promises.md -->\n";
const END: &str = "<!-- end -->\n";

/// One line of a system.
#[derive(Debug, Clone)]
struct Row {
    line: String,
    area: String,
    what: String,
    state: String,
    /// What is to come, each by its topic, or why it is not.
    missing: String,
    tests: Vec<String>,
}

#[derive(Debug, Default)]
struct Promises {
    /// Each with what it is, in the order of the README.
    areas: Vec<(String, String)>,
    topics: Vec<(String, String)>,
    rows: Vec<Row>,
}

/// The cells of a row of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let cells = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(
        cells
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect(),
    )
}

fn read(text: &str) -> Promises {
    let mut promises = Promises::default();
    let mut chapter = "";
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            chapter = heading;
        }
        let Some(cells) = cells(line) else { continue };
        let is_head = cells[0].starts_with('-') || ["area", "topic", "line"].contains(&&*cells[0]);
        match &cells[..] {
            _ if is_head => {}
            [name, what] if chapter == "Areas" => promises.areas.push((name.clone(), what.clone())),
            [name, what] if chapter == "Topics" => {
                promises.topics.push((name.clone(), what.clone()));
            }
            [line, area, what, state, missing, tests] => promises.rows.push(Row {
                line: format!("{}.{line}", system(chapter)),
                area: area.clone(),
                what: what.clone(),
                state: state.clone(),
                missing: missing.clone(),
                tests: names(tests),
            }),
            _ => panic!("a row of other cells: {line}"),
        }
    }
    promises
}

/// `1` of `System 1: …`.
fn system(chapter: &str) -> &str {
    let number = chapter.strip_prefix("System ").unwrap_or_default();
    number.split(':').next().unwrap()
}

/// The tests that a cell names.
fn names(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The topics that a cell names: `messages: the outbox; web: metrics`.
fn topics(missing: &str) -> Vec<&str> {
    let parts = missing.split("; ").filter(|part| !part.is_empty());
    parts.map(|part| part.split(':').next().unwrap()).collect()
}

/// Every line has one row.
fn uncounted(promises: &Promises) -> Vec<String> {
    let wanted = LINES
        .iter()
        .enumerate()
        .flat_map(|(system, lines)| (1..=*lines).map(move |line| format!("{system}.{line}")));
    let mut broken = Vec::new();
    let mut known = BTreeSet::new();
    for line in wanted {
        let rows = promises.rows.iter().filter(|row| row.line == line).count();
        if rows != 1 {
            broken.push(format!("line {line} has {rows} rows"));
        }
        known.insert(line);
    }
    let others = promises
        .rows
        .iter()
        .filter(|row| !known.contains(&row.line));
    broken.extend(others.map(|row| format!("no system has a line {}", row.line)));
    broken
}

/// What a row may not say.
fn senseless(promises: &Promises, row: &Row) -> Option<String> {
    let is_topic = |topic: &str| promises.topics.iter().any(|(name, _)| name == topic);
    let named = topics(&row.missing);
    let reason = match row.state.as_str() {
        _ if !promises.areas.iter().any(|(name, _)| *name == row.area) => "its area is unknown",
        _ if row.what.is_empty() => "it promises nothing",
        state if !STATES.contains(&state) => "its state is unknown",
        "there" | "part" if row.tests.is_empty() => "no test shows it",
        "coming" | "not planned" if !row.tests.is_empty() => "what is not there has no test",
        "there" if !row.missing.is_empty() => "what is there lacks nothing",
        "part" | "coming" | "not planned" if row.missing.is_empty() => "what is missing, or why?",
        "part" | "coming"
            if !named
                .iter()
                .all(|topic| is_topic(topic) || *topic == "not planned") =>
        {
            "what is to come begins with its topic"
        }
        "coming" if !named.iter().any(|topic| is_topic(topic)) => "it comes with no topic",
        _ => return None,
    };
    Some(format!("line {}: {reason}", row.line))
}

/// The tests and rules of a file, by their names; those that are ignored, as
/// what another test runs in a process of its own, show nothing by themselves.
fn tests_of(code: &str) -> Vec<String> {
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in code.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            is_test = false;
        } else if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(['(', '<']).next().unwrap();
            let is_rule = rest.contains("<S: EventStore");
            if std::mem::take(&mut is_test) || is_rule {
                tests.push(name.to_owned());
            }
        } else if let Some((name, _)) = trial(line) {
            tests.push(name.to_owned());
        }
    }
    tests
}

/// `("name", name),`: a test of a program that has a list of its own.
fn trial(line: &str) -> Option<(&str, &str)> {
    let (name, function) = line.strip_prefix("(\"")?.split_once("\", ")?;
    (function.trim_end_matches("),") == name).then_some((name, function))
}

/// What the module of a file is called in a name.
fn module(path: &str, below: &str, prefix: &str) -> String {
    let path = path.strip_prefix(below).unwrap().trim_end_matches(".rs");
    let parts = path.split('/').filter(|part| !part.is_empty());
    let parts = parts.filter(|part| !["main", "mod", "lib"].contains(part));
    let parts = [prefix]
        .into_iter()
        .filter(|part| !part.is_empty())
        .chain(parts);
    parts.collect::<Vec<_>>().join("::")
}

/// Every test of the workspace, by program, modules and name.
fn all_tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for (folder, prefix) in [
        ("tests", ""),
        ("plumberd/src", "plumberd"),
        ("plumberd-derive/src", "plumberd_derive"),
        ("plumberd-testkit/src", "plumberd_testkit"),
        ("plumberd-testkit/src/conformance", "conformance"),
        ("plumberd-testkit/tests", "plumberd_testkit"),
    ] {
        for source in source::below(folder) {
            let module = module(&source.path, folder, prefix);
            if source.path.contains("/ui/") {
                tests.insert(module);
                continue;
            }
            let names = tests_of(&source.text).into_iter();
            tests.extend(names.map(|name| format!("{module}::{name}")));
        }
    }
    tests
}

fn unknown_tests(rows: &[Row], tests: &BTreeSet<String>) -> Vec<String> {
    let named = rows
        .iter()
        .flat_map(|row| row.tests.iter().map(move |test| (row, test)));
    let unknown = named.filter(|(_, test)| !tests.contains(*test));
    unknown
        .map(|(row, test)| format!("line {}: there is no test `{test}`", row.line))
        .collect()
}

/// A row of a table.
fn row(cells: [&str; 3]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The README's table.
fn drawn(promises: &Promises) -> String {
    let count = |rows: &[&Row], state: &str| rows.iter().filter(|row| row.state == state).count();
    let all: Vec<_> = promises.rows.iter().collect();
    let mut table = vec![format!(
        "Of {} lines of five systems {} are there, {} in part, {} to come and {} not planned; \
         [each, with the tests that show it](tests/promises.md).\n\n\
         | | what | lines |\n|---|---|---:|\n| **There** | | |\n",
        all.len(),
        count(&all, "there"),
        count(&all, "part"),
        count(&all, "coming"),
        count(&all, "not planned"),
    )];
    for (area, what) in &promises.areas {
        let rows: Vec<_> = all
            .iter()
            .copied()
            .filter(|row| row.area == *area)
            .collect();
        let (there, part) = (count(&rows, "there"), count(&rows, "part"));
        // What has only a part of its lines is told among what is coming.
        if there > 0 {
            let planned = rows.len() - count(&rows, "not planned");
            let part = if part > 0 {
                format!(" + {part} in part")
            } else {
                String::new()
            };
            let lines = format!("{there} of {planned}{part}");
            table.push(row([area, what, &lines]));
        }
    }
    table.push("| **Coming** | | |\n".to_owned());
    for (topic, what) in &promises.topics {
        let waiting = all
            .iter()
            .filter(|row| topics(&row.missing).contains(&&**topic))
            .count();
        table.push(row([topic, what, &waiting.to_string()]));
    }
    table.concat()
}

/// The README before its table, the table, and what comes after it.
fn around(readme: &str) -> (&str, &str, &str) {
    let (before, rest) = readme.split_once(BEGIN).expect("where the table begins");
    let (table, after) = rest.split_once(END).expect("where the table ends");
    (before, table, after)
}

#[test]
fn every_line_of_the_five_systems_has_its_row() {
    let promises = read(&text("tests/promises.md"));
    assert_kept("lines", &uncounted(&promises));
}

#[test]
fn every_row_says_what_there_is_and_what_is_missing() {
    let promises = read(&text("tests/promises.md"));
    let broken = promises
        .rows
        .iter()
        .filter_map(|row| senseless(&promises, row));
    assert_kept("rows", &broken.collect::<Vec<_>>());
}

#[test]
fn every_test_that_a_row_names_exists() {
    let promises = read(&text("tests/promises.md"));
    assert_kept("tests", &unknown_tests(&promises.rows, &all_tests()));
}

#[test]
fn the_readmes_features_are_those_of_the_promises() {
    let drawn = drawn(&read(&text("tests/promises.md")));
    let readme = text("README.md");
    let (before, table, after) = around(&readme);
    if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
        let new = format!("{before}{BEGIN}{drawn}{END}{after}");
        std::fs::write(root().join("README.md"), new).unwrap();
        return;
    }
    assert!(
        table == drawn,
        "the README's table of features is not what tests/promises.md says; draw it anew with\n  \
         UPDATE_EXPECT=1 cargo test -p plumberd-tests --test architecture promises\n\
         It should be:\n{drawn}"
    );
}

/// Two areas, one topic, and a row that is right.
#[cfg(test)]
const SMALL: &str = "## Areas\n\n| area | what it is |\n|---|---|\n| a | A things |\n| b | B things |\n\n\
    ## Topics\n\n| topic | what it brings |\n|---|---|\n| t | T |\n\n\
    ## System 0: one\n\n| line | area | what | state | to come, or why not | shown by |\n|---:|---|---|---|---|---|\n\
    | 1 | a | It | there | | `m::f`, `m::g` |\n";

#[test]
fn each_of_these_rules_can_fail() {
    let with = |row: &str| read(&format!("{SMALL}{row}\n"));
    let fails = |row: &str| {
        let promises = with(row);
        senseless(&promises, promises.rows.last().unwrap())
    };
    for fine in [
        "| 2 | b | It | part | t: more | `m::f` |",
        "| 2 | b | It | part | not planned: why | `m::f` |",
        "| 2 | b | It | coming | t: all; not planned: a bit | |",
        "| 2 | b | It | not planned | why | |",
    ] {
        assert_eq!(fails(fine), None, "{fine}");
    }
    for wrong in [
        "| 2 | c | It | there | | `m::f` |",
        "| 2 | b | | there | | `m::f` |",
        "| 2 | b | It | done | | `m::f` |",
        "| 2 | b | It | there | | |",
        "| 2 | b | It | there | t: more | `m::f` |",
        "| 2 | b | It | part | | `m::f` |",
        "| 2 | b | It | part | t: more | |",
        "| 2 | b | It | coming | u | |",
        "| 2 | b | It | coming | not planned: why | |",
        "| 2 | b | It | coming | t | `m::f` |",
        "| 2 | b | It | not planned | | |",
    ] {
        assert!(fails(wrong).is_some(), "{wrong}");
    }

    let twice = uncounted(&with("| 1 | a | It | there | | `m::f` |"));
    assert!(twice.contains(&"line 0.1 has 2 rows".to_owned()));
    assert!(twice.contains(&"line 4.27 has 0 rows".to_owned()));
    let strange = uncounted(&with("| 45 | a | It | there | | `m::f` |"));
    assert!(strange.contains(&"no system has a line 0.45".to_owned()));

    let known = BTreeSet::from(["m::f".to_owned()]);
    let rows = read(SMALL).rows;
    assert_eq!(
        unknown_tests(&rows, &known),
        ["line 0.1: there is no test `m::g`"]
    );
}

#[test]
fn tests_are_found_by_their_attributes_lists_and_rules() {
    let code = "#[test]\nfn a() {}\n#[tokio::test(flavor = \"x\")]\nasync fn b() {}\nfn helper() {}\n\
        #[test]\n#[ignore = \"run by a\"]\nfn child() {}\n    (\"c\", c),\n\
        pub async fn rule<S: EventStore>(store: S) {}\n#[test]\n#[cfg(unix)]\nfn d() {}\n";

    assert_eq!(tests_of(code), ["a", "b", "c", "rule", "d"]);
    assert_eq!(module("tests/x/main.rs", "tests", ""), "x");
    assert_eq!(
        module("plumberd/src/a/mod.rs", "plumberd/src", "plumberd"),
        "plumberd::a"
    );
    let all = all_tests();
    assert!(all.len() > 1_000, "{} tests", all.len());
}

#[test]
fn the_readmes_table_tells_what_is_there_and_what_is_coming() {
    let more = "| 2 | a | It | part | t: more | `m::f` |\n| 3 | a | It | not planned | why | |\n\
        | 4 | b | It | coming | t | |";

    let drawn = drawn(&read(&format!("{SMALL}{more}\n")));

    let (_, rows) = drawn.split_once("|---|---|---:|\n").unwrap();
    assert_eq!(
        rows,
        "| **There** | | |\n| a | A things | 1 of 2 + 1 in part |\n| **Coming** | | |\n| t | T | 2 |\n"
    );
    assert!(drawn.starts_with("Of 4 lines of five systems 1 are there, 1 in part, 1 to come"));
}
