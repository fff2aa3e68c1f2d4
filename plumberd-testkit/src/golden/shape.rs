use std::fmt;

/// What is different between two shapes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Added {
        field: String,
        kind: String,
    },
    Removed {
        field: String,
        kind: String,
    },
    Retyped {
        field: String,
        was: String,
        is: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { field, kind } => write!(f, "field `{field}` was added ({kind})"),
            Self::Removed { field, kind } => write!(f, "field `{field}` was removed (was {kind})"),
            Self::Retyped { field, was, is } => {
                write!(f, "field `{field}` changed from {was} to {is}")
            }
        }
    }
}

/// What became of the fields of `recorded` in `current`, both the text of a
/// shape. The order of fields means nothing.
pub(super) fn changes(recorded: &str, current: &str) -> Vec<Change> {
    let (before, after) = (fields(recorded), fields(current));
    let kind_of = |fields: &[(String, String)], field: &str| {
        let mut found = fields.iter().filter(|(name, _)| name == field);
        found.next().map(|(_, kind)| kind.clone())
    };
    let gone = before.iter().filter_map(|(field, was)| {
        let field = field.clone();
        let was = was.clone();
        match kind_of(&after, &field) {
            None => Some(Change::Removed { field, kind: was }),
            Some(is) if is != was => Some(Change::Retyped { field, was, is }),
            Some(_) => None,
        }
    });
    let new = after
        .iter()
        .filter(|(field, _)| kind_of(&before, field).is_none())
        .map(|(field, kind)| Change::Added {
            field: field.clone(),
            kind: kind.clone(),
        });
    gone.chain(new).collect()
}

/// The fields, nested ones with their path, and what each is.
fn fields(shape: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut open: Vec<(String, String)> = Vec::new();
    for line in shape.lines().map(str::trim) {
        if let Some(tail) = line.strip_prefix('}') {
            let Some((path, head)) = open.pop() else {
                continue;
            };
            // A tuple goes on with its next object on the line that ends one.
            if let Some(next) = tail.strip_suffix('{') {
                open.push((path, format!("{head}{{…}}{next}")));
            } else {
                fields.push((path, format!("{head}{{…}}{tail}")));
            }
            continue;
        }
        let (name, kind) = line.split_once(": ").unwrap_or(("", line));
        let path = match open.last() {
            Some((parent, _)) if !parent.is_empty() => format!("{parent}.{name}"),
            _ => name.to_owned(),
        };
        match kind.strip_suffix('{') {
            Some(head) => open.push((path, head.to_owned())),
            None => fields.push((path, kind.to_owned())),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "{\n  A: text\n  B: [{\n    C: number\n    D: time?\n  }]?\n}";

    #[test]
    fn the_order_of_fields_means_nothing() {
        let turned = "{\n  B: [{\n    D: time?\n    C: number\n  }]?\n  A: text\n}";

        assert_eq!(changes(BEFORE, turned), []);
    }

    #[test]
    fn a_nested_change_is_named_by_its_path() {
        let after = "{\n  A: text\n  B: [{\n    C: text\n    E: bool\n  }]\n}";
        let changes: Vec<_> = changes(BEFORE, after)
            .iter()
            .map(ToString::to_string)
            .collect();

        assert_eq!(
            changes,
            [
                "field `B.C` changed from number to text",
                "field `B.D` was removed (was time?)",
                "field `B` changed from [{…}]? to [{…}]",
                "field `B.E` was added (bool)",
            ]
        );
    }
}
