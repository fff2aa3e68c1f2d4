use super::{EventValue, text::read_text};
use crate::value::{Shape, ShapeBuilder};
use ::bytes::Bytes;
use ::serde::{Deserialize, Deserializer, Serializer};
use base64::{Engine, display::Base64Display, engine::general_purpose::STANDARD};

fn write<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    read_text(deserializer, "bytes in base64", |text| {
        STANDARD.decode(text).ok()
    })
}

/// One is a number; a list of them is base64, as `byte[]` is in .NET.
impl EventValue for u8 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("integer")
    }

    fn serialize_list<S: Serializer>(list: &[Self], serializer: S) -> Result<S::Ok, S::Error> {
        write(list, serializer)
    }

    fn deserialize_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Self>, D::Error> {
        read(deserializer)
    }

    fn deserialize_list_dotnet<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Self>, D::Error> {
        read(deserializer)
    }

    fn list_shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("bytes")
    }
}

impl EventValue for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self::from)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize_dotnet(deserializer).map(Self::from)
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("bytes")
    }
}
