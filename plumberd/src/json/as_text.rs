/// Gives types that are a checked text serde's traits: written as the text, and
/// read through the same check, so that no bad one comes in.
macro_rules! as_text {
    ($($named:ty: $check:path),+ $(,)?) => {$(
        impl ::serde::Serialize for $named {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $named {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                $check(text).map_err(::serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use as_text;
