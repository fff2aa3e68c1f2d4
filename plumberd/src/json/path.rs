//! Where in JSON something is that cannot be read: `Lines[3].Price`.

use super::excerpt::{brief, excerpt};
use serde::de::Error;
use std::fmt::{self, Write as _};

/// What leads from a value to a part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// The value of this key.
    Key(&'a str),
    /// The value at this place of a list, from 0.
    Index(usize),
}

impl fmt::Display for Step<'_> {
    /// As it stands behind another step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-' | '@');
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) if !key.is_empty() && key.chars().all(plain) => {
                write!(f, ".{}", excerpt(key))
            }
            Self::Key(key) => write!(f, "[{:?}]", excerpt(key)),
        }
    }
}

/// Stands before and behind the path in the message of an error, while the
/// error is on its way out. No width, and in no path.
const MARK: char = '\u{2060}';

/// `error`, of the part that `step` leads to. The path is built while the error
/// is on its way out, so that it costs nothing where there is none.
#[cold]
#[inline(never)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "for `map_err`; another error takes its place"
)]
pub(crate) fn at<E: Error>(step: Step<'_>, error: E) -> E {
    let message = error.to_string();
    match message.strip_prefix(MARK) {
        Some(inner) => E::custom(format_args!("{MARK}{step}{inner}")),
        None => E::custom(format_args!("{MARK}{step}{MARK} {}", brief(&message))),
    }
}

/// The message of an error from reading `json`, and the path to what it is
/// about; of an outermost value there is none.
pub(super) fn explain(error: &serde_json::Error, json: &[u8]) -> (Option<String>, String) {
    let message = error.to_string();
    let (known, message) = match message.strip_prefix(MARK).and_then(|m| m.split_once(MARK)) {
        Some((path, message)) => (path, message.trim_start().to_owned()),
        None => ("", brief(&message).into_owned()),
    };
    // What was read by other code than ours is found by its place in the text.
    let seen = locate(json, error.line(), error.column(), &message);
    let goes_on = seen
        .strip_prefix(known)
        .is_some_and(|more| more.is_empty() || more.starts_with(['.', '[']));
    let path = shortened(if goes_on { &seen } else { known });
    (path, message)
}

/// A path without the dot that it begins with, and without its middle when it
/// is long.
fn shortened(path: &str) -> Option<String> {
    const ENDS: usize = 100;
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    let (begin, end) = (
        path.char_indices().nth(ENDS),
        path.char_indices().nth_back(ENDS - 1),
    );
    Some(match (begin, end) {
        (Some((begin, _)), Some((end, _))) if begin < end => {
            format!("{}…{}", &path[..begin], &path[end..])
        }
        _ => path.to_owned(),
    })
}

/// A level that is open.
enum Level<'a> {
    /// An object, with the key whose value was begun last.
    Object(Option<&'a [u8]>),
    /// A list, with the place of the value that was begun last.
    List(usize),
}

/// The path to the value that would come behind `written`, the beginning of a
/// compact JSON; of an outermost value there is none.
pub(super) fn of_next(written: &[u8]) -> Option<String> {
    let (levels, _) = open_levels(written);
    shortened(&path_of(&levels))
}

/// The path to the value that ends, or begins, at a line and column.
fn locate(json: &[u8], line: usize, column: usize, message: &str) -> String {
    let Some(read) = before(json, line, column) else {
        return String::new();
    };
    let (mut levels, announced) = open_levels(read);
    // The end of a value that was refused after it was read is passed by up to
    // the next one.
    let of_next =
        message.starts_with("invalid type: map") || message.starts_with("invalid type: sequence");
    if announced
        && !of_next
        && let Some(Level::List(index)) = levels.last_mut()
    {
        *index -= 1;
    }
    path_of(&levels)
}

/// The levels that are open behind `json`, and whether a value of a list is
/// announced there, and not begun.
fn open_levels(json: &[u8]) -> (Vec<Level<'_>>, bool) {
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut rest = json;
    let mut announced = false;
    while let Some((byte, after)) = rest.split_first() {
        announced = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => announced,
            b',' => true,
            _ => false,
        };
        rest = match byte {
            b'"' => {
                let (text, behind) = text(after);
                if let Some(Level::Object(key @ None)) = levels.last_mut() {
                    *key = Some(text);
                }
                behind
            }
            _ => after,
        };
        match byte {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::List(0)),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Object(key)) => *key = None,
                Some(Level::List(index)) => *index += 1,
                None => {}
            },
            _ => {}
        }
    }
    (levels, announced)
}

fn path_of(levels: &[Level<'_>]) -> String {
    let mut path = String::new();
    for level in levels {
        // Writing to a `String` cannot fail.
        let _ = match level {
            Level::Object(None) => Ok(()),
            Level::Object(Some(key)) => write!(path, "{}", Step::Key(&unescaped(key))),
            Level::List(index) => write!(path, "{}", Step::Index(*index)),
        };
    }
    path
}

/// What stands before a line and column, as `serde_json` counts them.
fn before(json: &[u8], line: usize, column: usize) -> Option<&[u8]> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(newline) => memchr::memchr_iter(b'\n', json).nth(newline)? + 1,
    };
    (line > 0).then(|| json.get(..start + column).unwrap_or(json))
}

/// The text that begins with `rest`, still escaped, and what stands behind it.
fn text(rest: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
        at += found;
        if rest[at] == b'"' {
            return (&rest[..at], &rest[at + 1..]);
        }
        at += 2;
    }
    (rest, &[])
}

fn unescaped(key: &[u8]) -> String {
    let quoted = [b"\"", key, b"\""].concat();
    serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(key).into_owned())
}
