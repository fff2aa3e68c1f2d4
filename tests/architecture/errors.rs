//! What every error that a user may meet has.

use crate::{
    assert_kept,
    source::{self, Source},
};

/// The crates whose errors a program meets.
const FOLDERS: [&str; 2] = ["plumberd/src", "plumberd-testkit/src"];

/// Errors of a made-up application.
const SAMPLES: &str = "plumberd-testkit/src/sample/";

/// Those of `sources` that `kind` cannot be asked of.
fn without_kind(sources: &[Source]) -> Vec<String> {
    let code: Vec<_> = sources
        .iter()
        .map(|source| (&source.path, source.code()))
        .collect();
    let all: String = code.iter().map(|(_, code)| code.as_str()).collect();
    code.iter()
        .filter(|(path, _)| !path.starts_with(SAMPLES))
        .flat_map(|(path, code)| {
            public_errors(code)
                .into_iter()
                .map(move |name| (path, name))
        })
        .filter(|(_, name)| !has_kind(&all, name))
        .map(|(path, name)| format!("{path}: `{name}` has no `kind`"))
        .collect()
}

/// The public types that are errors: by what they derive or implement, or by
/// their name.
fn public_errors(code: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for keyword in ["pub struct ", "pub enum "] {
        for (at, _) in code.match_indices(keyword) {
            let name = identifier(&code[at + keyword.len()..]);
            let attributes = &code[..at];
            let attributes = &attributes[attributes.rfind([';', '}']).map_or(0, |at| at + 1)..];
            let implements = || {
                code.match_indices("Error for ")
                    .any(|(at, prefix)| identifier(&code[at + prefix.len()..]) == name)
            };
            if name.ends_with("Error") || attributes.contains("thiserror::Error") || implements() {
                names.push(name);
            }
        }
    }
    names
}

/// Whether an `impl` block of that type has the method, or it is of one kind.
fn has_kind(code: &str, name: &str) -> bool {
    let blocks = code.split("\nimpl").skip(1).any(|block| {
        let block = &block[..block.find("\n}").unwrap_or(block.len())];
        let (head, body) = block.split_once('{').unwrap_or_default();
        let generic = head.starts_with('<').then(|| head.split_once("> "));
        let of = generic.flatten().map_or(head, |(_, of)| of).trim();
        !head.contains(" for ")
            && identifier(of) == name
            && body.contains("fn kind(&self) -> ErrorKind")
    });
    blocks
        || code.match_indices("always!(").any(|(at, prefix)| {
            let arguments = &code[at + prefix.len()..];
            let arguments = &arguments[..arguments.find(')').unwrap_or(0)];
            let types = arguments.split([':', ',']).skip(1);
            types.map(str::trim).any(|error| error == name)
        })
}

fn identifier(code: &str) -> &str {
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &code[..end.unwrap_or(code.len())]
}

#[test]
fn every_public_error_says_what_it_is_to_the_caller() {
    let sources: Vec<_> = FOLDERS
        .iter()
        .flat_map(|folder| source::below(folder))
        .collect();
    let found = sources
        .iter()
        .map(|source| public_errors(&source.code()).len());

    assert!(
        found.sum::<usize>() > 30,
        "the errors are looked for wrongly"
    );
    assert_kept("errors without a kind", &without_kind(&sources));
}

#[test]
fn an_error_without_a_kind_is_found() {
    let errors = "#[derive(Debug, thiserror::Error)]\n#[error(\"x\")]\npub enum Refused { A }\n\
        pub struct ParseError;\npub struct Odd;\nimpl std::error::Error for Odd {}\n\
        pub enum Generic<E> { A(E) }\nimpl<E> std::error::Error for Generic<E> {}\n\
        #[derive(Debug)]\npub struct NoProblem;\npub(crate) enum OwnError {}\n";
    let kinds = "\nimpl Refused {\n    pub fn kind(&self) -> ErrorKind {}\n}\n\
        \nimpl<E> Generic<E> {\n    pub const fn kind(&self) -> ErrorKind {}\n}\n\
        crate::error::always!(Invalid: ParseError, Odd);\n";
    let elsewhere = "\nimpl Refused {\n}\n\nimpl Kind for Odd {\n fn kind(&self) -> ErrorKind {}\n}\n\
        \nimpl Other {\n    pub fn kind(&self) -> ErrorKind {}\n}\nalways!(Invalid: Another);";
    let sources = |kinds| [Source::new("a.rs", errors), Source::new("b.rs", kinds)];

    let missing = without_kind(&sources(elsewhere));

    assert_eq!(without_kind(&sources(kinds)), [""; 0]);
    let names = ["ParseError", "Odd", "Refused", "Generic"];
    assert_eq!(
        missing,
        names.map(|name| format!("a.rs: `{name}` has no `kind`"))
    );
}
