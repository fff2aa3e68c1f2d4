use plumberd::Event;

mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::deserialize(deserializer)
    }
}

#[derive(Event)]
struct Opened {
    #[event(serialize_with = "seconds::serialize")]
    owner: String,
    #[event(deserialize_with = "seconds::deserialize")]
    level: u8,
}

fn main() {}
