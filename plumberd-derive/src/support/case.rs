/// Whether two names are equal for who reads them without regard to case, as
/// System.Text.Json compares them: letter by letter, in upper case.
pub(crate) fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().map(upper).eq(b.chars().map(upper))
}

/// The letter in upper case, where that is one letter.
fn upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => letter,
    }
}
