//! The options of a store's URL: what follows its `?`.

use std::time::Duration;

/// Where a list of options cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDecoded;

/// The pairs of a query, in order: the name as it is written, and the value
/// before it is [`decoded`]; `None` where there is no `=`.
pub fn pairs(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| match pair.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (pair, None),
    })
}

/// Decodes `%20` and the like.
///
/// # Errors
///
/// [`NotDecoded`] when a `%` is not followed by two hexadecimal digits, or the
/// result is not UTF-8.
pub fn decoded(text: &str) -> Result<String, NotDecoded> {
    let mut parts = text.split('%');
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.as_bytes().split_at_checked(2).ok_or(NotDecoded)?;
        let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NotDecoded);
        let byte = digit(digits[0])? * 16 + digit(digits[1])?;
        bytes.push(u8::try_from(byte).map_err(|_| NotDecoded)?);
        bytes.extend_from_slice(rest);
    }
    String::from_utf8(bytes).map_err(|_| NotDecoded)
}

/// Reads a duration such as `5s` or `250ms`.
pub fn duration(value: &str) -> Option<Duration> {
    if let Some(millis) = value.strip_suffix("ms") {
        return millis.parse().ok().map(Duration::from_millis);
    }
    let seconds = value.strip_suffix('s')?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The option that `name` was most likely to be, whatever the case: the nearest
/// of `known` that is at most `most` letters away.
pub fn nearest(name: &str, known: &[&'static str], most: usize) -> Option<&'static str> {
    /// A longer name is no slip, and would cost time.
    const LONGEST: usize = 40;

    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::levenshtein(&name, &known.to_ascii_lowercase());
    known
        .iter()
        .map(|known| (distance(known), *known))
        .min()
        .filter(|(distance, known)| *distance <= most && *distance < known.len())
        .map(|(_, known)| known)
}

/// ``, did you mean `x`?``, or nothing.
pub fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |known| format!(", did you mean `{known}`?"))
}

/// The names as a message lists them: `` `a`, `b` ``.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_malformed_is_decoded() {
        assert_eq!(decoded("a%20b%C3%A9%2f").as_deref(), Ok("a bé/"));
        for malformed in ["%", "%2", "a%+1", "%FF", "%é", "%%41", "%4"] {
            assert_eq!(decoded(malformed), Err(NotDecoded), "{malformed}");
        }
    }

    #[test]
    fn a_pair_without_a_value_is_told_from_one_with_an_empty_value() {
        let pairs: Vec<_> = pairs("a=1&&b&c==").collect();

        assert_eq!(pairs, [("a", Some("1")), ("b", None), ("c", Some("="))]);
    }

    #[test]
    fn the_nearest_name_is_found_whatever_the_case() {
        let known = ["tls", "tlsCAFile"];

        assert_eq!(nearest("TLSCAFIL", &known, 2), Some("tlsCAFile"));
        assert_eq!(nearest("tlsx", &known, 2), Some("tls"));
        assert_eq!(nearest("abc", &known, 3), None, "no letter is the same");
        assert_eq!(nearest(&"t".repeat(1_000), &known, 2_000), None);
    }

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("5s"), Some(Duration::from_secs(5)));
        for none in ["5", "s", "ms", "-1s", "1.5s", ""] {
            assert_eq!(duration(none), None, "{none}");
        }
    }
}
