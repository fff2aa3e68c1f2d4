use super::EventValue;
use crate::value::{Shape, ShapeBuilder};
use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    ser::{Error, SerializeMap},
};
use serde_json::{Map, Value};

/// The keys by which `serde_json` knows its own parts of a value: an object
/// that begins with one would be read as a number, or as the JSON in a text.
const RESERVED: &str = "$serde_json::private::";

/// JSON of any shape, the keys of objects in their order, whether or not
/// `serde_json` keeps another one: so that the same value is the same bytes.
/// Take a [`JsonObject`](crate::json::JsonObject) where the order of keys and
/// the digits of numbers are to stay.
impl EventValue for Value {
    const OPAQUE: bool = true;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Ordered(self).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("any JSON")
    }
}

struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(values) => serializer.collect_seq(values.iter().map(Ordered)),
            Value::Object(fields) => write_object(fields, serializer),
            scalar => Serialize::serialize(scalar, serializer),
        }
    }
}

fn write_object<S: Serializer>(
    fields: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut fields: Vec<_> = fields.iter().collect();
    if !fields.is_sorted_by_key(|(key, _)| *key) {
        fields.sort_unstable_by_key(|(key, _)| *key);
    }
    let mut object = serializer.serialize_map(Some(fields.len()))?;
    for (key, value) in fields {
        if key.starts_with(RESERVED) {
            return Err(S::Error::custom(format_args!(
                "an object with the key `{key}` would be read as something else; take another key"
            )));
        }
        object.serialize_entry(key, &Ordered(value))?;
    }
    object.end()
}
