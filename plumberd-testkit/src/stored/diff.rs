use similar::{ChangeTag, TextDiff};

/// The lines of both texts: `-` only in `expected`, `+` only in `actual`.
pub(crate) fn diff(expected: &str, actual: &str) -> String {
    let mut lines = String::new();
    for change in TextDiff::from_lines(expected, actual).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => "- ",
            ChangeTag::Insert => "+ ",
            ChangeTag::Equal => "  ",
        };
        let line = format!("{sign}{}", change.value().trim_end_matches('\n'));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// `text` with every line moved to the right, under a line that names it.
pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
