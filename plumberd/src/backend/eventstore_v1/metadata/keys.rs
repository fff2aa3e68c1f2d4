use super::{CONTENT_SCHEMA_KEY, FIELDS, OWN};
use crate::event::Metadata;
use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// What other clients can make use of, from the metadata of one event, in one
/// pass: it is read with every append. Of a key that occurs twice, the last
/// value counts.
#[derive(Default)]
pub(super) struct Keys<'a> {
    pub(super) correlation_id: Option<Cow<'a, str>>,
    pub(super) causation_id: Option<Cow<'a, str>>,
    pub(super) user_id: Option<Cow<'a, str>>,
    pub(super) content_schema: Option<Cow<'a, str>>,
    created: Option<&'a RawValue>,
    /// The keys with a text that the protocol has no field for. One that occurs
    /// twice is here twice, in order.
    pub(super) others: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Keys<'a> {
    /// Reads a JSON object; `None` when it is none.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// When the event happened, by the writer's clock.
    pub(super) fn created(&self) -> Option<DateTime<Utc>> {
        let raw = self.created?;
        let plain = raw.get().trim_matches('"');
        if let Ok(created) = DateTime::parse_from_rfc3339(plain) {
            return Some(created.to_utc());
        }
        let mut metadata = Metadata::new();
        metadata.json_mut().insert_raw("Created", raw.to_owned());
        metadata.created().ok()?.map(|created| created.to_utc())
    }

    fn set(&mut self, key: Cow<'a, str>, value: &'a RawValue) {
        let field = match key.as_ref() {
            "Created" => {
                self.created = Some(value);
                return;
            }
            "$correlationId" => &mut self.correlation_id,
            "$causationId" => &mut self.causation_id,
            "UserId" => &mut self.user_id,
            CONTENT_SCHEMA_KEY => &mut self.content_schema,
            other => {
                if !FIELDS.contains(&other) && !other.starts_with(OWN) && !other.contains('\0') {
                    self.others.extend(text(value).map(|text| (key, text)));
                }
                return;
            }
        };
        *field = text(value);
    }
}

fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let Text(text) = serde_json::from_str(value.get()).ok()?;
    (!text.contains('\0')).then_some(text)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Keys<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Keys<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut keys = Keys::default();
                while let Some((Text(key), value)) = map.next_entry()? {
                    keys.set(key, value);
                }
                Ok(keys)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
