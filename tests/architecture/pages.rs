//! The README is short, every page begins with what it answers, and every link
//! leads somewhere: in the files as they stand, and between the modules that
//! include them.

use crate::{assert_kept, root, text};
use std::{fs, path::Path};

/// A reader sees in one sitting what plumberd is.
const README_LINES: usize = 150;

const PAGES: &str = "plumberd/src/docs";

/// Files that only files link to; a page of the documentation is in `PAGES`.
const FILES: [&str; 4] = [
    "README.md",
    "examples/README.md",
    "plumberd/CHANGELOG.md",
    "tests/promises.md",
];

/// The names of the pages, of modules and files alike.
fn pages() -> Vec<String> {
    modules(&text("plumberd/src/docs/mod.rs"))
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// The modules of `docs`, each with the links that are defined before its page.
fn modules(source: &str) -> Vec<(String, Vec<String>)> {
    let mut modules = Vec::new();
    let mut defined = Vec::new();
    for line in source.lines() {
        if let Some(definition) = line.strip_prefix("/// [") {
            defined.push(definition.to_owned());
        } else if let Some(name) = line.strip_prefix("pub mod ") {
            let name = name.trim_end_matches(" {}").to_owned();
            modules.push((name, std::mem::take(&mut defined)));
        }
    }
    modules
}

/// A text without blocks of code, line by line.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let lines = text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    });
    lines.collect()
}

/// A line without `code`.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Where the links of a text lead: those in place, and the definitions.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        let line = without_code(line);
        let defined = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]: "));
        targets.extend(defined.map(|(_, target)| target.to_owned()));
        let in_place = line.split("](").skip(1);
        targets.extend(in_place.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    targets
}

/// What a page's headings are called in a link.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        });
        kept.collect()
    };
    headings.map(slug).collect()
}

/// The links of a file that lead nowhere. Those to items (`crate::…`) are
/// rustdoc's to check; `read` gives a file, or nothing.
fn dead_links(path: &str, text: &str, read: impl Fn(&Path) -> Option<String>) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap();
    let is_dead = |target: &String| {
        if target.starts_with("https://") || target.contains("crate::") {
            return false;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let linked = match file {
            "" => Some(text.to_owned()),
            _ => read(&folder.join(file)),
        };
        linked.is_none_or(|text| !anchor.is_empty() && !anchors(&text).iter().any(|a| a == anchor))
    };
    let dead = targets(text).into_iter().filter(is_dead);
    dead.map(|target| format!("{path}: `{target}`")).collect()
}

fn read(path: &Path) -> Option<String> {
    let path = root().join(path);
    if path.is_dir() {
        return Some(String::new());
    }
    fs::read_to_string(path).ok()
}

/// What keeps a page from being read in both places: its links to other pages
/// are defined twice, here as files and before the page as modules.
fn defined_once(page: &str, text: &str, before: &[String], pages: &[String]) -> Vec<String> {
    let mut broken = Vec::new();
    for target in targets(text) {
        let Some(name) = target.strip_suffix(".md") else {
            continue;
        };
        let as_file = format!("[{name}]: {name}.md");
        let as_module = format!("{name}]: crate::docs::{name}");
        if !text.lines().any(|line| line == as_file) {
            broken.push(format!(
                "{page}: write `[…][{name}]`, and `{as_file}` at the end"
            ));
        } else if !before.contains(&as_module) {
            broken.push(format!(
                "{page}: write `/// [{as_module}` before it in mod.rs"
            ));
        }
    }
    for line in prose(text) {
        let labels = without_code(line);
        let labels = labels.split("][").skip(1);
        for label in labels.filter_map(|rest| Some(rest.split_once(']')?.0)) {
            let as_file = format!("[{label}]: {label}.md");
            if pages.iter().any(|page| page == label) && !text.contains(&as_file) {
                broken.push(format!("{page}: write `{as_file}` at the end"));
            }
        }
    }
    for definition in before {
        let name = definition.split(']').next().unwrap();
        if !text.contains(&format!("][{name}]")) {
            broken.push(format!("{page}: no link needs `/// [{definition}`"));
        }
    }
    broken
}

/// A title, and then a sentence that says what the page answers.
fn begins_with_its_answer(text: &str) -> bool {
    let mut lines = text.lines();
    let title = lines.next().is_some_and(|line| line.starts_with("# "));
    let empty = lines.next() == Some("");
    let sentence = lines.next().is_some_and(|line| {
        let first = line.chars().next();
        line.len() > 40 && first.is_some_and(char::is_alphabetic)
    });
    title && empty && sentence
}

#[test]
fn the_readme_is_short() {
    let lines = text("README.md").lines().count();
    assert!(
        lines <= README_LINES,
        "{lines} lines: give a chapter a page in {PAGES}"
    );
}

#[test]
fn every_link_between_files_leads_somewhere() {
    let mut broken = Vec::new();
    for file in FILES {
        broken.extend(dead_links(file, &text(file), read));
    }
    for page in pages() {
        let file = format!("{PAGES}/{page}.md");
        broken.extend(dead_links(&file, &text(&file), read));
    }
    assert_kept("links that lead nowhere", &broken);
}

#[test]
fn links_between_pages_lead_to_files_and_to_modules() {
    let pages = pages();
    let modules = modules(&text("plumberd/src/docs/mod.rs"));
    let broken: Vec<_> = modules
        .iter()
        .flat_map(|(page, before)| {
            let text = text(&format!("{PAGES}/{page}.md"));
            defined_once(page, &text, before, &pages)
        })
        .collect();
    assert_kept("links between pages", &broken);
}

#[test]
fn every_page_begins_with_what_it_answers_and_is_in_both_lists() {
    let mut broken = Vec::new();
    let (readme, index) = (text("README.md"), text("plumberd/src/docs/mod.rs"));
    for page in pages() {
        let file = format!("{PAGES}/{page}.md");
        if !begins_with_its_answer(&text(&file)) {
            broken.push(format!("{file}: a title and a sentence come first"));
        }
        if !readme.contains(&format!("({file})")) {
            broken.push(format!("{file}: the README does not list it"));
        }
        if !index.contains(&format!("[`{page}`]")) {
            broken.push(format!("{file}: the table in mod.rs does not list it"));
        }
    }
    assert_kept("pages", &broken);
}

#[test]
fn each_of_these_rules_can_fail() {
    let text = "# A title\n\nWhat there is: [b](b.md#c), `[x](x.md)`, [d][d], [it](crate::It).\n\
        ```\n[e](e.md)\n```\n[f](#a-title) [g](#nowhere)\n\n[d]: d.md\n";
    let read = |path: &Path| (path == Path::new("docs/b.md")).then(|| "## C\n".to_owned());
    assert_eq!(
        dead_links("docs/a.md", text, read),
        ["docs/a.md: `#nowhere`", "docs/a.md: `d.md`"]
    );
    assert!(begins_with_its_answer(text) && !begins_with_its_answer("# A title\n\n## Next\n"));

    let pages = ["b", "d"].map(str::to_owned);
    let before = ["d]: crate::docs::d", "z]: crate::docs::z"].map(str::to_owned);
    assert!(defined_once("a", "[d][d]\n\n[d]: d.md\n", &before[..1], &pages).is_empty());
    assert_eq!(
        defined_once("a", "[d][d]\n\n[d]: d.md\n", &[], &pages).len(),
        1
    );
    assert_eq!(defined_once("a", "[d][d]\n", &before[..1], &pages).len(), 1);
    assert_eq!(defined_once("a", "[d](d.md)\n", &[], &pages).len(), 1);
    assert_eq!(defined_once("a", "", &before[1..], &pages).len(), 1);
    assert_eq!(
        modules("/// [d]: crate::docs::d\n#[doc = include_str!(\"a.md\")]\npub mod a {}\n"),
        [("a".to_owned(), vec![before[0].clone()])]
    );
}
