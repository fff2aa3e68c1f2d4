//! `rename_all`: a rule for the names of fields or variants.

use super::{Attrs, Errors, pascal_case};
use syn::LitStr;

/// How names are made of those in Rust.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The rules by their names, which are serde's.
const RULES: &[(&str, RenameRule)] = &[
    ("lowercase", RenameRule::Lower),
    ("UPPERCASE", RenameRule::Upper),
    ("PascalCase", RenameRule::Pascal),
    ("camelCase", RenameRule::Camel),
    ("snake_case", RenameRule::Snake),
    ("SCREAMING_SNAKE_CASE", RenameRule::ScreamingSnake),
    ("kebab-case", RenameRule::Kebab),
    ("SCREAMING-KEBAB-CASE", RenameRule::ScreamingKebab),
];

impl RenameRule {
    /// Takes the rule that stands under `key`.
    pub(crate) fn take(attrs: &mut Attrs, key: &str, errors: &mut Errors) -> Option<Self> {
        let key = attrs.take(key)?;
        let names: Vec<_> = RULES
            .iter()
            .map(|(name, _)| format!("`\"{name}\"`"))
            .collect();
        let expected = format!("one of {}", names.join(", "));
        let text: LitStr = errors.ok(key.parse(&expected))?;
        let rule = RULES.iter().find(|(name, _)| text.value() == *name);
        if rule.is_none() {
            errors.at(&text, format!("`{}` takes {expected}", key.name));
        }
        rule.map(|(_, rule)| *rule)
    }

    /// The name of a field, which is declared in snake case.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_uppercase(),
            Self::Pascal => pascal_case(name),
            Self::Camel => lower_first(&pascal_case(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_uppercase().replace('_', "-"),
        }
    }

    /// The name of a variant, which is declared in Pascal case.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Pascal => name.to_owned(),
            Self::Camel => lower_first(name),
            Self::Snake => separated(name, '_'),
            Self::ScreamingSnake => separated(name, '_').to_uppercase(),
            Self::Kebab => separated(name, '-'),
            Self::ScreamingKebab => separated(name, '-').to_uppercase(),
        }
    }
}

/// With its first letter in lower case, behind any `_`.
fn lower_first(name: &str) -> String {
    let mut first = true;
    let mut lower = String::with_capacity(name.len());
    for letter in name.chars() {
        if first && letter != '_' {
            lower.extend(letter.to_lowercase());
            first = false;
        } else {
            lower.push(letter);
        }
    }
    lower
}

/// In lower case, with `separator` before each letter that was in upper case.
fn separated(name: &str, separator: char) -> String {
    let mut words = String::with_capacity(name.len());
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_uppercase() {
            words.push(separator);
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::RULES;

    /// As serde names them, but for letters behind digits.
    #[test]
    fn every_rule_names_fields_and_variants() {
        let fields = [
            "very_tasty",
            "VERY_TASTY",
            "VeryTasty",
            "veryTasty",
            "very_tasty",
            "VERY_TASTY",
            "very-tasty",
            "VERY-TASTY",
        ];
        let variants = [
            "verytasty",
            "VERYTASTY",
            "VeryTasty",
            "veryTasty",
            "very_tasty",
            "VERY_TASTY",
            "very-tasty",
            "VERY-TASTY",
        ];
        for (index, (name, rule)) in RULES.iter().enumerate() {
            assert_eq!(rule.field("very_tasty"), fields[index], "{name}");
            assert_eq!(rule.variant("VeryTasty"), variants[index], "{name}");
        }
    }
}
