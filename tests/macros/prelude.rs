//! What `use plumberd::prelude::*` brings, beside serde's traits.

use plumberd::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::value::StrDeserializer};
use serde_json::value::Serializer as ToValue;
use std::convert::Infallible;

/// In the manner of serde, with the form that an application's API wants.
#[derive(Debug, PartialEq)]
struct Shouted(String);

impl Serialize for Shouted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_uppercase().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shouted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.to_lowercase()))
    }
}

#[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
struct NotedAsBoth {
    note: String,
    line: Option<Line>,
    lines: Vec<u32>,
}

#[derive(EventValue, Serialize, Deserialize, Debug, PartialEq)]
struct Line {
    count: u32,
}

#[derive(Default)]
struct Notes {
    count: usize,
}

#[aggregate]
impl Notes {
    #[event_sourcing_handler]
    fn on_noted(&mut self, _: &NotedAsBoth) {
        self.count += 1;
    }
}

#[test]
fn the_methods_of_serde_mean_one_thing_beside_the_prelude() {
    let shouted = Shouted("hello".into()).serialize(ToValue).unwrap();
    let text: StrDeserializer<'_, serde::de::value::Error> = StrDeserializer::new("HELLO");
    let read = Shouted::deserialize(text).unwrap();
    let noted = NotedAsBoth {
        note: "a".into(),
        line: Some(Line { count: 1 }),
        lines: vec![1, 2],
    };

    let by_serde = noted.serialize(ToValue).unwrap();

    assert_eq!(shouted, "HELLO");
    assert_eq!(read, Shouted("hello".into()));
    assert_eq!(NotedAsBoth::deserialize(&by_serde).unwrap(), noted);
    assert_eq!(Vec::<u32>::deserialize(&by_serde["lines"]).unwrap(), [1, 2]);
    assert_eq!(Option::<u32>::deserialize(&by_serde["none"]).unwrap(), None);
    assert_eq!(7_u64.serialize(ToValue).unwrap(), 7);
    assert_eq!(true.serialize(ToValue).unwrap(), true);
}

#[test]
fn a_program_names_what_it_is_generic_over_by_the_prelude_alone() {
    async fn count<A, E>(repository: &Repository<A>, id: A::Id, event: E) -> Revision
    where
        A: Aggregate + Sync,
        E: Event,
        A: plumberd::aggregate::Handles<E>,
    {
        let mut root = repository.load_or_default(id).await.unwrap();
        root.execute(|_| Ok::<_, Infallible>(event)).unwrap();
        repository.save(&mut root).await.unwrap();
        root.revision().unwrap()
    }

    let _ = count::<Notes, NotedAsBoth>;
    assert_eq!(<Notes as Aggregate>::CATEGORY, "Notes");
}
