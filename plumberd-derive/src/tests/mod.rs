//! Expansions that a reviewer can read: each test writes or compares one file
//! in `snapshots`. `UPDATE_EXPECT=1` writes them.

mod aggregate;
mod command;
mod event;
mod value;

use expect_test::ExpectFile;
use proc_macro2::TokenStream;

/// Compares `expansion`, formatted, with a snapshot.
fn check(expansion: TokenStream, snapshot: &ExpectFile) {
    let text = expansion.to_string();
    let formatted = match syn::parse2(expansion) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("not Rust: {error}\n{text}"),
    };
    assert!(!formatted.starts_with("not Rust"), "{formatted}");
    snapshot.assert_eq(&formatted);
}
