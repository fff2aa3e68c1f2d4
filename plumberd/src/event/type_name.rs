use std::any::type_name;

/// The name of a type as micro-plumberd shows it: without modules, with its
/// type arguments.
///
/// For names that are shown, and those of commands, read models and groups. What
/// is stored for ever is named by `#[derive(Event)]`.
///
/// # Examples
///
/// ```
/// use plumberd::micro_plumberd::friendly_name;
///
/// assert_eq!(friendly_name::<String>(), "String");
/// assert_eq!(friendly_name::<Result<String, Vec<u8>>>(), "Result<String, Vec<u8>>");
/// ```
pub fn friendly_name<T: ?Sized>() -> String {
    without_modules(type_name::<T>())
}

fn without_modules(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    let mut begins = 0;
    let mut letters = path.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == ':' && path[at..].starts_with("::") {
            letters.next();
            name.truncate(begins);
            continue;
        }
        name.push(letter);
        if !(letter.is_alphanumeric() || letter == '_') {
            begins = name.len();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_modules_and_keeps_its_arguments() {
        for (path, name) in [
            ("bank::accounts::Opened", "Opened"),
            ("Opened", "Opened"),
            (
                "a::CommandEnqueued<b::c::CreateFoo>",
                "CommandEnqueued<CreateFoo>",
            ),
            ("a::Two<b::X, c::d::Y<e::Z>>", "Two<X, Y<Z>>"),
            ("&a::B", "&B"),
            ("(a::B, c::D)", "(B, D)"),
        ] {
            assert_eq!(without_modules(path), name, "of {path}");
        }
    }
}
