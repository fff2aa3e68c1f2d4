use plumberd::codec::JsonObject;
use serde_json::value::RawValue;
use std::fmt::Write as _;

/// A JSON text, taken apart without losing digits or the order of keys.
///
/// Two objects are equal when they have the same keys with equal values.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Scalar(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Whether `1.50` is `1.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Only the same digits are the same number.
    AsWritten,
    /// Zeros after the last digit of a fraction mean nothing.
    ByValue,
}

impl Json {
    pub(crate) fn parse(json: &[u8], numbers: Numbers) -> Option<Self> {
        let raw: &RawValue = serde_json::from_slice(json).ok()?;
        Self::of(raw, numbers)
    }

    fn of(raw: &RawValue, numbers: Numbers) -> Option<Self> {
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'{' => Self::Object(
                JsonObject::parse(text.as_bytes())
                    .ok()?
                    .iter()
                    .map(|(key, value)| Some((key.to_owned(), Self::of(value, numbers)?)))
                    .collect::<Option<_>>()?,
            ),
            b'[' => Self::List(
                serde_json::from_str::<Vec<&RawValue>>(text)
                    .ok()?
                    .into_iter()
                    .map(|value| Self::of(value, numbers))
                    .collect::<Option<_>>()?,
            ),
            b'"' => {
                let value: String = serde_json::from_str(text).ok()?;
                Self::Scalar(serde_json::to_string(&value).ok()?)
            }
            _ if numbers == Numbers::ByValue => Self::Scalar(without_idle_zeros(text).to_owned()),
            _ => Self::Scalar(text.to_owned()),
        })
    }

    /// Without `key` of the outermost object, where it has this value.
    pub(crate) fn without(self, key: &str, value: &str) -> Self {
        match self {
            Self::Object(mut fields) => {
                fields.retain(|(name, field)| {
                    name != key || !matches!(field, Self::Scalar(text) if text == value)
                });
                Self::Object(fields)
            }
            other => other,
        }
    }

    /// A line a value, indented by two spaces a level.
    pub(crate) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth + 1);
        let close = "  ".repeat(depth);
        // Writing to a `String` cannot fail.
        match self {
            Self::Scalar(text) => out.push_str(text),
            Self::List(values) if values.is_empty() => out.push_str("[]"),
            Self::Object(fields) if fields.is_empty() => out.push_str("{}"),
            Self::List(values) => {
                out.push_str("[\n");
                for (index, value) in values.iter().enumerate() {
                    out.push_str(&indent);
                    value.write(out, depth + 1);
                    out.push_str(if index + 1 < values.len() {
                        ",\n"
                    } else {
                        "\n"
                    });
                }
                let _ = write!(out, "{close}]");
            }
            Self::Object(fields) => {
                out.push_str("{\n");
                for (index, (key, value)) in fields.iter().enumerate() {
                    let _ = write!(out, "{indent}{}: ", serde_json::Value::from(key.as_str()));
                    value.write(out, depth + 1);
                    out.push_str(if index + 1 < fields.len() {
                        ",\n"
                    } else {
                        "\n"
                    });
                }
                let _ = write!(out, "{close}}}");
            }
        }
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scalar(one), Self::Scalar(two)) => one == two,
            (Self::List(one), Self::List(two)) => one == two,
            (Self::Object(one), Self::Object(two)) => {
                one.len() == two.len()
                    && one.iter().all(|(key, value)| {
                        two.iter()
                            .any(|(name, other)| name == key && other == value)
                    })
            }
            _ => false,
        }
    }
}

fn without_idle_zeros(number: &str) -> &str {
    if number.contains('.') && !number.contains(['e', 'E']) {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}
