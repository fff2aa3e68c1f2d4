use super::excess;
use serde::de::IgnoredAny;

/// Whether two texts are the same JSON: the keys of objects in any order, any
/// white space, any escapes; numbers by their digits, lists in their order.
///
/// What is no JSON, nested too deep to be written, or has a key twice is the same
/// as nothing.
pub(crate) fn same_json(a: &[u8], b: &[u8]) -> bool {
    match (canonical(a), canonical(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn canonical(json: &[u8]) -> Option<Vec<u8>> {
    // What follows takes it to be JSON, and as deep as the stack may go.
    serde_json::from_slice::<IgnoredAny>(json).ok()?;
    if excess(json).is_some() {
        return None;
    }
    let mut out = Vec::with_capacity(json.len());
    write_value(&mut &*json, &mut out)?;
    Some(out)
}

/// Moves the next value of `rest` to `out`.
fn write_value(rest: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
    match first(rest)? {
        b'{' => write_object(rest, out),
        b'[' => {
            out.push(take(rest)?);
            while first(rest)? != b']' {
                write_value(rest, out)?;
                if first(rest)? == b',' {
                    out.push(take(rest)?);
                }
            }
            out.push(take(rest)?);
            Some(())
        }
        b'"' => {
            serde_json::to_writer(out, &take_text(rest)?).ok()?;
            Some(())
        }
        _ => {
            let end = |byte: &u8| b",]} \t\r\n".contains(byte);
            let length = rest.iter().position(end).unwrap_or(rest.len());
            let (scalar, behind) = rest.split_at(length);
            out.extend_from_slice(scalar);
            *rest = behind;
            Some(())
        }
    }
}

fn write_object(rest: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
    take(rest)?;
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    while first(rest)? != b'}' {
        let key = take_text(rest)?;
        first(rest)?;
        take(rest)?;
        let mut value = Vec::new();
        write_value(rest, &mut value)?;
        fields.push((key, value));
        if first(rest)? == b',' {
            take(rest)?;
            first(rest)?;
        }
    }
    take(rest)?;
    fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    if fields.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return None;
    }
    out.push(b'{');
    for (key, value) in &fields {
        serde_json::to_writer(&mut *out, key).ok()?;
        out.push(b':');
        out.extend_from_slice(value);
        out.push(b',');
    }
    out.push(b'}');
    Some(())
}

/// The next byte that is no white space.
fn first(rest: &mut &[u8]) -> Option<u8> {
    *rest = rest.trim_ascii_start();
    rest.first().copied()
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    let (byte, behind) = rest.split_first()?;
    *rest = behind;
    Some(*byte)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let mut texts = serde_json::Deserializer::from_slice(rest).into_iter();
    let text = texts.next()?.ok()?;
    let read = texts.byte_offset();
    *rest = rest.get(read..)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::same_json;

    #[test]
    fn the_order_of_keys_white_space_and_escapes_are_no_difference() {
        let a = br#"{"a":[1,{"x":null,"y":"\u00e4"}],"b":1.50}"#;
        let b = "{ \"b\" : 1.50 ,\n\"a\":[ 1 , {\"y\":\"ä\", \"\\u0078\" : null}] }";
        assert!(same_json(a, b.as_bytes()));
        assert!(same_json(b"[]", b" [ ] ") && same_json(b"{}", b"{ }"));
    }

    #[test]
    fn other_values_another_order_of_a_list_and_what_is_no_json_are_a_difference() {
        for (a, b) in [
            ("[1,2]", "[2,1]"),
            ("[12]", "[1,2]"),
            ("1.50", "1.5"),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":{"b":1},"c":2}"#, r#"{"a":{"b":1,"c":2}}"#),
            (r#""a""#, "a"),
            ("no", "no"),
            (r#"{"a":1,"a":1}"#, r#"{"a":1,"a":1}"#),
            ("[", "["),
        ] {
            assert!(!same_json(a.as_bytes(), b.as_bytes()), "{a} {b}");
        }
    }
}
