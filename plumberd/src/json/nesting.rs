use super::CodecError;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io;

/// How many levels of objects and lists JSON that is written may have: as many
/// as .NET reads by default (`MaxDepth`). What is read may have 127.
///
/// An event, a command, a state, a snapshot, an answer and metadata are each
/// one text, whose outermost object is the first level. One that is deeper is
/// refused where it is encoded, or by the store when it comes as bytes.
pub const MAX_NESTING: usize = 64;

/// Values are nested deeper than [`MAX_NESTING`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data is nested deeper than {MAX_NESTING} levels, the limit of what readers take")]
pub(crate) struct TooDeep;

/// Writes `value` as compact JSON behind what is in `out`, as a part of JSON
/// that is `outer` levels deep there.
///
/// # Errors
///
/// Of the value, and when it is nested too deep; with the path to what cannot be
/// written, which the JSON before it tells.
pub(crate) fn write_json<T: Serialize + ?Sized>(
    value: &T,
    outer: usize,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    let bounded = Bounded { open: outer };
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut *out, bounded,
    ));
    written.map_err(|error| CodecError::writing(&out[start..], &error))
}

/// How deep `json` is nested when that is more than [`MAX_NESTING`]. Of bytes
/// that are no JSON it says something, and takes no longer.
pub(crate) fn excess(json: &[u8]) -> Option<usize> {
    let depth = may_exceed(json, MAX_NESTING).then(|| depth(json))?;
    (depth > MAX_NESTING).then_some(depth)
}

/// Compact JSON that ends where it is nested too deep: before a value that
/// could never be read is written, and before the stack is full.
struct Bounded {
    open: usize,
}

impl Bounded {
    #[inline]
    fn enter(&mut self) -> io::Result<()> {
        self.open += 1;
        if self.open > MAX_NESTING {
            return Err(too_deep());
        }
        Ok(())
    }
}

#[cold]
fn too_deep() -> io::Error {
    io::Error::other(TooDeep)
}

impl Formatter for Bounded {
    #[inline]
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }

    #[inline]
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open -= 1;
        writer.write_all(b"]")
    }

    #[inline]
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }

    #[inline]
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open -= 1;
        writer.write_all(b"}")
    }

    /// JSON that is text already: a decimal number, or text that was not parsed.
    #[inline]
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let room = MAX_NESTING - self.open;
        if may_exceed(fragment.as_bytes(), room) && depth(fragment.as_bytes()) > room {
            return Err(too_deep());
        }
        writer.write_all(fragment.as_bytes())
    }
}

/// Whether there are so many brackets that it may be deeper than `room`:
/// seldom, and quickly seen.
#[inline]
fn may_exceed(json: &[u8], room: usize) -> bool {
    json.len() > room && memchr::memchr2_iter(b'{', b'[', json).nth(room).is_some()
}

/// How many levels are open where most are.
#[cold]
fn depth(json: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            b'"' => rest = behind_text(rest),
            _ => {}
        }
    }
    deepest
}

/// What stands behind the end of the text that begins with `rest`.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    loop {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(at) if rest[at] == b'"' => return &rest[at + 1..],
            Some(at) => rest = rest.get(at + 2..).unwrap_or_default(),
            None => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_and_closed_ones_are_no_levels() {
        assert_eq!(depth(br#"{"a":"[[[{\"[","b":[[],[{}]]}"#), 4);
        assert_eq!(depth(b"[],[],[]"), 1);
        assert_eq!(depth(b"17"), 0);
        assert_eq!(depth(b"]]]}["), 1);
        assert_eq!(depth(br#"["\"#), 1);
    }

    #[test]
    fn only_what_is_deeper_than_the_limit_exceeds_it() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();

        assert_eq!(excess(&nested(64)), None);
        assert_eq!(excess(&nested(65)), Some(65));
        assert_eq!(excess(&b"[],".repeat(1_000)), None);
    }
}
