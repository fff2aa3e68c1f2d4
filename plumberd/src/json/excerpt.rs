use std::borrow::Cow;

/// How much of a value an error repeats: enough to find it, and not the
/// personal data of a customer at length.
const CHARS: usize = 40;

/// The beginning of `text`, with `…` where it is cut off.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CHARS) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// The message of an error, without the whole of the text that was read in
/// place of something else: that is how serde's own visitors put it.
pub(super) fn brief(message: &str) -> Cow<'_, str> {
    const BEGIN: &str = "string \"";
    let found = message.split_once(BEGIN).and_then(|(before, rest)| {
        let (value, _) = rest.rsplit_once("\", expected ")?;
        Some((before, value, rest.get(value.len()..)?))
    });
    match found {
        Some((before, value, after)) if value.chars().count() > CHARS => {
            let value = excerpt(value);
            Cow::Owned(format!("{before}{BEGIN}{value}{after}"))
        }
        _ => Cow::Borrowed(message),
    }
}
