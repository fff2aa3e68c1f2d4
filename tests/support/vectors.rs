//! `vectors.json`: what the neighbours themselves wrote.

use serde_json::Value;

/// The file, as the neighbours' vectors are handed out.
pub const FILE: &str = include_str!("../neighbours/vectors.json");

/// All of them, by what they are about.
///
/// # Panics
///
/// When the file is no JSON.
pub fn all() -> Value {
    serde_json::from_str(FILE).expect("vectors.json is JSON")
}

/// Those of this name; there is one at least.
///
/// # Panics
///
/// When there are none.
pub fn vectors(name: &str) -> Vec<Value> {
    let vectors = all()[name].as_array().cloned().unwrap_or_default();
    assert!(!vectors.is_empty(), "vectors.json has no `{name}`");
    vectors
}

/// The text under `key`.
///
/// # Panics
///
/// When there is none.
pub fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    let text = vector[key].as_str();
    text.unwrap_or_else(|| panic!("no text `{key}` in {vector}"))
}
