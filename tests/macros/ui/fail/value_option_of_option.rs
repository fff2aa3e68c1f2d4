use plumberd::{Event, EventValue};

#[derive(Event)]
struct LimitChanged {
    by: Option<Option<u32>>,
    boxed: std::option::Option<Box<Option<u32>>>,
    done: Option<()>,
    lists_are_fine: Option<Vec<Option<u32>>>,
    #[event(with = "plumberd::value::serde")]
    by_serde: Option<Option<u32>>,
    #[event(with = "of_its_own")]
    its_own_form_is_fine: Option<Option<u32>>,
    #[event(skip)]
    skipped_is_fine: Option<Option<u32>>,
}

#[derive(EventValue)]
struct Pair(Option<Option<u32>>, u32);

mod of_its_own {
    use plumberd::__private::serde::{Deserializer, Serializer};

    type Value = Option<Option<u32>>;

    pub fn serialize<S: Serializer>(_: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(0)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(_: D) -> Result<Value, D::Error> {
        Ok(Some(None))
    }
}

fn main() {}
