//! Rust source as the rules need it: without comments, strings and tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One file of source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Below the repository, with `/`: `plumberd/src/store/mod.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The code that ends up in the library.
    pub(crate) fn code(&self) -> String {
        without_tests(&without_text(&self.text))
    }

    /// That code without what runs in the compiler only: the values of
    /// constants, `const fn`, and code that a macro emits.
    pub(crate) fn runtime_code(&self) -> String {
        let code = without_macro_output(&self.code());
        without_constants(&code)
    }

    /// A file of unit tests beside the code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// Every `.rs` file below a folder of the repository.
pub(crate) fn below(folder: &str) -> Vec<Source> {
    let root = super::root();
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    files.sort();
    assert!(!files.is_empty(), "no source below {folder}");
    let sources = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(&root).unwrap();
        Source::new(&path.to_string_lossy().replace('\\', "/"), &text)
    });
    sources.collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("target") || path.ends_with("generated") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Replaces comments and the insides of strings and characters by nothing.
fn without_text(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest, code.chars().last()) {
            length
        } else if first == '"' {
            string(rest)
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        if first == '"' || first == 'r' {
            code.push_str("\"\"");
        }
        rest = &rest[skipped..];
    }
    code
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string(rest: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|before| before.is_alphanumeric() && before != 'b' || before == '_') {
        return None;
    }
    let hashes = rest.strip_prefix('r')?;
    let body = hashes.trim_start_matches('#');
    let count = hashes.len() - body.len();
    let body = body.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    let start = rest.len() - body.len();
    Some(
        body.find(&end)
            .map_or(rest.len(), |at| start + at + end.len()),
    )
}

/// `'x'` and `'\n'`, not the lifetime `'x`.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    if let Some(escape) = body.strip_prefix('\\') {
        // The quotation mark may be what is escaped.
        let end = escape.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0;
        return Some(2 + end + 1);
    }
    let first = body.chars().next()?;
    body[first.len_utf8()..]
        .starts_with('\'')
        .then(|| 1 + first.len_utf8() + 1)
}

/// Cuts `#[cfg(test)]` items out.
fn without_tests(code: &str) -> String {
    cut(code, "#[cfg(test)]", item)
}

/// Cuts `const NAME: T = …;` and `const fn … { … }` out.
fn without_constants(code: &str) -> String {
    let code = cut(code, "const fn ", item);
    cut(&code, "const ", |rest| {
        let name =
            rest["const ".len()..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let end = statement(rest);
        // Not `<const N: usize>`, and not `*const T`.
        let is_item = name.starts_with(':') && rest[..end].contains(" = ");
        let is_parameter = rest
            .find(['>', '='])
            .is_some_and(|at| rest[at..].starts_with('>'));
        if is_item && !is_parameter { end } else { 0 }
    })
}

/// Cuts `quote!(…)` and `quote_spanned!(…)` out.
fn without_macro_output(code: &str) -> String {
    let arguments = |rest: &str| match rest.find(['(', '{', '[']) {
        Some(open) => open + brackets(&rest[open..]),
        None => rest.len(),
    };
    cut(&cut(code, "quote!", arguments), "quote_spanned!", arguments)
}

/// Leaves out every part that begins with `mark`; `length` says how long one is.
fn cut(code: &str, mark: &str, length: impl Fn(&str) -> usize) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(mark) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + length(&rest[at..]).max(mark.len())..];
    }
    kept + rest
}

/// The length of an item: to the end of its block, or to its semicolon.
fn item(code: &str) -> usize {
    let mut depth = 0;
    for (at, character) in code.char_indices() {
        match character {
            '{' if depth == 0 => return at + brackets(&code[at..]),
            ';' if depth == 0 => return at + 1,
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The length of a statement: to its semicolon.
fn statement(code: &str) -> usize {
    let mut at = 0;
    while let Some(next) = code[at..].find(['{', '(', '[', ';']) {
        at += next;
        if code[at..].starts_with(';') {
            return at + 1;
        }
        at += brackets(&code[at..]);
    }
    code.len()
}

/// The length of the bracketed part that `code` begins with.
fn brackets(code: &str) -> usize {
    let mut depth = 0;
    for (at, character) in code.char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn constants_and_macro_output_do_not_run() {
    let source = Source::new(
        "a.rs",
        "const A: N = n().unwrap(); const fn f(x: &[u8; 4]) -> ! { panic!() } fn g<const N: usize>() {\
         let p: *const u8 = h().unwrap(); quote! { todo!() }; quote_spanned!(s => { panic!() }) }",
    );

    let code = source.runtime_code();

    assert_eq!(code.matches("unwrap").count(), 1, "{code}");
    assert!(code.contains("h().unwrap()"), "{code}");
    assert!(
        !code.contains("panic!") && !code.contains("todo!"),
        "{code}"
    );
}

#[test]
fn comments_strings_and_tests_are_not_code() {
    let source = Source::new(
        "a.rs",
        r##"
        // crate::a
        /* crate::b */ let x = "crate::c \" crate::d"; let y = r#"crate::e " "#;
        let z = '"'; let l: &'static str = "{"; let q = '\'';
        #[cfg(test)] mod tests { use crate::f; fn g() {} }
        #[cfg(test)] mod others;
        use crate::h;"##,
    );

    let code = source.code();

    assert!(code.contains("crate::h"), "{code}");
    assert_eq!(code.matches("crate::").count(), 1, "{code}");
    assert!(code.contains("&'static str"), "{code}");
}
