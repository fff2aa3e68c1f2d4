/// The name of a field in JSON: what pydantic's `to_pascal` makes of it.
///
/// Python's `str.title()` (a letter is upper case after anything but a letter,
/// lower case after a letter), then every `_` is dropped that stands between an
/// ASCII letter or digit and a digit or upper-case ASCII letter.
pub(crate) fn pascal_case(field: &str) -> String {
    let mut titled = String::with_capacity(field.len());
    let mut after_letter = false;
    for letter in field.chars() {
        if !letter.is_alphabetic() {
            titled.push(letter);
        } else if after_letter {
            titled.extend(letter.to_lowercase());
        } else {
            titled.extend(title_case(letter));
        }
        after_letter = letter.is_alphabetic();
    }
    let mut pascal = String::with_capacity(titled.len());
    let mut previous = None;
    let mut letters = titled.chars().peekable();
    while let Some(letter) = letters.next() {
        let dropped = letter == '_'
            && previous.is_some_and(|previous: char| previous.is_ascii_alphanumeric())
            && letters
                .peek()
                .is_some_and(|next| next.is_ascii_digit() || next.is_ascii_uppercase());
        if !dropped {
            pascal.push(letter);
        }
        previous = Some(letter);
    }
    pascal
}

/// The title case of a letter. Rust's upper case differs from it only in the
/// sharp s, which becomes two letters.
fn title_case(letter: char) -> Vec<char> {
    let mut upper: Vec<char> = letter.to_uppercase().collect();
    for extra in upper.iter_mut().skip(1) {
        *extra = extra.to_lowercase().next().unwrap_or(*extra);
    }
    upper
}

#[cfg(test)]
mod tests {
    use super::pascal_case;

    /// Made by pydantic 2.
    const VECTORS: &[(&str, &str)] = &[
        ("recording_id", "RecordingId"),
        ("a_b_c", "ABC"),
        ("user_id2", "UserId2"),
        ("url_http", "UrlHttp"),
        ("x1_y2", "X1Y2"),
        ("x_1", "X1"),
        ("user_2fa", "User2Fa"),
        ("2fa_code", "2FaCode"),
        ("a1b_c", "A1BC"),
        ("camelCase", "Camelcase"),
        ("userID", "Userid"),
        ("recordingID", "Recordingid"),
        ("ID", "Id"),
        ("iPhone_model", "IphoneModel"),
        ("HTTPUrl", "Httpurl"),
        ("already_Pascal", "AlreadyPascal"),
        ("_x", "_X"),
        ("_private", "_Private"),
        ("__dunder__", "__Dunder__"),
        ("x__y", "X__Y"),
        ("is_ok_", "IsOk_"),
        ("vat_no_eu", "VatNoEu"),
        ("straße_name", "StraßeName"),
        ("md5sum", "Md5Sum"),
    ];

    #[test]
    fn names_are_those_of_pydantic() {
        for (field, json) in VECTORS {
            assert_eq!(pascal_case(field), *json, "of `{field}`");
        }
    }
}
