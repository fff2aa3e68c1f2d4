/// The category that a module stands for: its last segment that is not
/// `events`, in PascalCase; `None`, as in .NET, when there is no other.
pub(super) fn category_of_module(module: &str) -> String {
    let segment = module
        .rsplit("::")
        .map(|segment| segment.trim_start_matches("r#"))
        .find(|segment| !segment.is_empty() && *segment != "events");
    let Some(segment) = segment else {
        return "None".to_owned();
    };
    let mut name = String::with_capacity(segment.len());
    for word in segment.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            name.extend(first.to_uppercase());
            name.push_str(letters.as_str());
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_a_category() {
        for (module, category) in [
            ("my_app::accounts::events", "Accounts"),
            ("my_app::task_lists", "TaskLists"),
            ("my_app", "MyApp"),
            ("events", "None"),
            ("", "None"),
            ("a::r#type::events", "Type"),
        ] {
            assert_eq!(category_of_module(module), category, "of {module}");
        }
    }
}
