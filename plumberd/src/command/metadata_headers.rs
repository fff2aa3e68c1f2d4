use crate::json::JsonObject;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a command's metadata says, each as the text it is; not copied.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetadataHeaders<'a> {
    #[serde(borrow)]
    created: Option<&'a RawValue>,
    #[serde(borrow)]
    client_host_name: Option<&'a RawValue>,
    #[serde(borrow, rename = "$correlationId")]
    correlation_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "$causationId")]
    causation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    recipient_id: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    tenant_id: Option<&'a RawValue>,
    #[serde(borrow)]
    revision: Option<&'a RawValue>,
}

impl<'a> MetadataHeaders<'a> {
    /// Reads the metadata; one that is no JSON object says nothing.
    ///
    /// What cannot be read in one go, as a key that is there twice, is read
    /// into `whole`.
    pub(super) fn of(metadata: &'a [u8], whole: &'a mut JsonObject) -> Self {
        if let Some(headers) = read_object(metadata) {
            return headers;
        }
        *whole = JsonObject::parse(metadata).unwrap_or_default();
        let whole = &*whole;
        Self {
            created: whole.get("Created"),
            client_host_name: whole.get("ClientHostName"),
            correlation_id: whole.get("$correlationId"),
            causation_id: whole.get("$causationId"),
            recipient_id: whole.get("RecipientId"),
            session_id: whole.get("SessionId"),
            user_id: whole.get("UserId"),
            tenant_id: whole.get("TenantId"),
            revision: whole.get("Revision"),
        }
    }

    pub(super) fn correlation(&self) -> Option<String> {
        text(self.correlation_id)
    }

    pub(super) fn recipient(&self) -> Option<String> {
        text(self.recipient_id)
    }

    pub(super) fn session(&self) -> Option<String> {
        text(self.session_id)
    }

    pub(super) fn user(&self) -> Option<String> {
        text(self.user_id)
    }

    pub(super) fn tenant(&self) -> Option<String> {
        text(self.tenant_id)
    }

    /// The keys in Python's order: `UserId` is there also when no user is known.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let all = [
            ("Created", self.created),
            ("ClientHostName", self.client_host_name),
            ("$correlationId", self.correlation_id),
            ("$causationId", self.causation_id),
            ("RecipientId", self.recipient_id),
            ("SessionId", self.session_id),
            ("UserId", Some(self.user_id.unwrap_or(RawValue::NULL))),
            ("TenantId", self.tenant_id),
            ("Revision", self.revision),
        ];
        let mut json = Vec::with_capacity(384);
        for (key, value) in all {
            if let Some(value) = value {
                json.push(if json.is_empty() { b'{' } else { b',' });
                json.push(b'"');
                json.extend_from_slice(key.as_bytes());
                json.extend_from_slice(b"\":");
                json.extend_from_slice(value.get().as_bytes());
            }
        }
        json.push(b'}');
        json
    }
}

/// Reads some keys of an object; `None` when it is none, or has one of them
/// twice.
pub(super) fn read_object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    // A list would do for a struct, too.
    let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// The value when it is a string.
pub(super) fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_that_is_there_twice_the_last_counts_and_other_kinds_say_nothing() {
        let mut whole = JsonObject::new();
        let json = br#"{"SessionId":"a","UserId":7,"X":[{}],"SessionId":"b"}"#;
        let headers = MetadataHeaders::of(json, &mut whole);
        assert_eq!(headers.session().as_deref(), Some("b"));
        assert_eq!((headers.user(), headers.recipient()), (None, None));

        for nothing in [&b""[..], b"[1,2]", b"null", b"no", b"{\"SessionId\":"] {
            let mut whole = JsonObject::new();
            assert_eq!(MetadataHeaders::of(nothing, &mut whole).session(), None);
        }
    }
}
