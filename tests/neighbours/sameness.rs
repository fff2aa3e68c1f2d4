//! The same event or command sent again is the same one by its value, in
//! whatever order it was written before.

use crate::domain::every_store;
use plumberd::{
    command::{Command, CommandBus, CommandFault, CommandHandlers, CommandServer, NoFault},
    event::{NewEvent, new_event_id},
    micro_plumberd::Plumber,
    prelude::*,
    store::{EventStore, IdempotencyReason, StoreError},
    stream::ExpectedRevision::Any,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

#[derive(Event, Debug, Clone, PartialEq)]
#[event(alias = "Labelled")]
struct Tagged {
    #[event(id)]
    id: Uuid,
    tags: HashSet<String>,
    map: HashMap<String, HashSet<u32>>,
    #[event(with = "plumberd::value::serde")]
    serde: Deep,
    list: Vec<u8>,
    steps: Vec<u32>,
}

/// No type of ours: what serde makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Deep {
    sets: Vec<Option<HashSet<String>>>,
    maps: HashMap<u8, HashMap<String, HashSet<i32>>>,
    choice: Choice,
    ordered: BTreeMap<String, u8>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Choice {
    Named { words: HashSet<String> },
    Pair(u8, HashSet<String>),
    One(HashMap<String, u8>),
}

fn words() -> HashSet<String> {
    (0..12).map(|i| format!("word{i}")).collect()
}

fn tagged(id: Uuid) -> Tagged {
    let choices = [
        Choice::Named { words: words() },
        Choice::Pair(1, words()),
        Choice::One(words().into_iter().map(|word| (word, 1)).collect()),
    ];
    Tagged {
        id,
        tags: words(),
        map: words()
            .into_iter()
            .map(|word| (word, (0..9).collect()))
            .collect(),
        serde: Deep {
            sets: vec![None, Some(words())],
            maps: (0..9)
                .map(|i| {
                    (
                        i,
                        words()
                            .into_iter()
                            .map(|word| (word, (0..9).collect()))
                            .collect(),
                    )
                })
                .collect(),
            choice: choices[usize::from(id.as_bytes()[15] % 3)].clone(),
            ordered: words().into_iter().map(|word| (word, 1)).collect(),
        },
        list: vec![3, 1, 2],
        steps: vec![3, 1, 2],
    }
}

#[derive(Debug, Default, Clone)]
struct Doc {
    count: u32,
}

#[aggregate(category = "Doc", id = String)]
impl Doc {
    #[event_sourcing_handler]
    fn on_tagged(&mut self, _: &Tagged) {
        self.count += 1;
    }
}

fn text(event: &NewEvent) -> String {
    String::from_utf8(event.data().to_vec()).unwrap()
}

/// The data as an earlier version may have written it: every set and map, and
/// the keys of the objects, the other way round.
fn turned(json: &str) -> String {
    fn turn(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Array(values) if values.iter().all(serde_json::Value::is_string) => {
                let values: Vec<_> = values.iter().rev().map(turn).collect();
                format!("[{}]", values.join(","))
            }
            serde_json::Value::Array(values) => {
                let values: Vec<_> = values.iter().map(turn).collect();
                format!("[ {}]", values.join(", "))
            }
            serde_json::Value::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(key, value)| format!("{key:?}: {}", turn(value)))
                    .collect();
                format!(
                    "{{{}}}",
                    fields.into_iter().rev().collect::<Vec<_>>().join(",")
                )
            }
            other => other.to_string(),
        }
    }
    turn(&serde_json::from_str(json).unwrap())
}

#[test]
fn the_same_value_is_the_same_bytes_at_every_depth_through_serde_too() {
    for _ in 0..3 {
        let id = new_event_id();
        let first = text(&NewEvent::encode(&tagged(id)).unwrap());
        for _ in 0..8 {
            assert_eq!(text(&NewEvent::encode(&tagged(id)).unwrap()), first);
        }
        let read: Tagged = NewEvent::encode(&tagged(id)).unwrap().decode_as(0).unwrap();
        assert_eq!(read, tagged(id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_sent_again_is_recognised() {
    for (store, _kept) in every_store().await {
        let docs = store.repository::<Doc>();
        let id = new_event_id();
        for again in [false, true, true, true] {
            let decide = |_: &Doc| Ok::<_, std::convert::Infallible>(tagged(id));
            let executed = docs.execute("d".into(), decide).await.unwrap();
            assert_eq!(executed.is_already_applied(), again, "{store:?}");
        }
        assert_eq!(docs.load("d".into()).await.unwrap().count, 1, "{store:?}");
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_version_wrote_in_another_order_or_under_an_older_name_is_the_same_event() {
    for (store, _kept) in every_store().await {
        for name in ["Tagged", "Labelled"] {
            let stream = StreamName::new("Doc", name).unwrap();
            let id = new_event_id();
            let now = NewEvent::encode(&tagged(id)).unwrap();
            let before = turned(&text(&now));
            assert_ne!(before, text(&now));
            let before = NewEvent::new(id, name.parse().unwrap(), before);
            store.append(&stream, Any, vec![before]).await.unwrap();

            let plumber = Plumber::new(store.clone());
            let again = plumber
                .append_event_to(&stream, Any, &tagged(id))
                .await
                .unwrap();

            assert!(again.is_already_applied(), "{store:?} {name}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_event_under_the_id_is_refused_also_when_only_a_list_has_another_order() {
    for (store, _kept) in every_store().await {
        let stream: StreamName = "Doc-d".parse().unwrap();
        let plumber = Plumber::new(store.clone());
        let id = new_event_id();
        let append = async |event: Tagged| plumber.append_event_to(&stream, Any, &event).await;
        append(tagged(id)).await.unwrap();
        let (mut steps, mut tags, mut serde) = (tagged(id), tagged(id), tagged(id));
        steps.steps = vec![1, 2, 3];
        tags.tags.insert("other".into());
        serde.serde.ordered.insert("other".into(), 1);

        for other in [steps, tags, serde] {
            let refused = append(other).await.unwrap_err();
            assert!(
                matches!(
                    &refused,
                    plumberd::micro_plumberd::StateError::Store(StoreError::Idempotency {
                        reason: IdempotencyReason::OtherEvent,
                        ..
                    })
                ),
                "{store:?}: {refused:?}"
            );
        }
        store.close().await;
    }
}

#[derive(Event, Debug, Clone)]
struct Tag {
    #[event(id)]
    id: Uuid,
    #[event(with = "plumberd::value::serde")]
    tags: HashSet<String>,
    map: HashMap<String, HashSet<u32>>,
}

impl Command for Tag {
    type Fault = NoFault;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_sent_again_gets_the_first_outcome() {
    for (store, _kept) in every_store().await {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let mut handlers = CommandHandlers::new();
        handlers.add(move |_: Uuid, _: Tag, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, CommandFault>(()) }
        });
        let server = CommandServer::new(store.clone(), "tags", handlers)
            .start()
            .await
            .unwrap();
        let bus = CommandBus::new(store.clone());
        let id = new_event_id();
        let tag = |tags: HashSet<String>| {
            let map = words().into_iter().map(|word| (word, (0..9).collect()));
            let map = map.collect();
            Tag { id, tags, map }
        };
        for _ in 0..4 {
            bus.send(Uuid::from_u128(1), tag(words())).await.unwrap();
        }
        let other = tag(HashSet::from(["other".to_owned()]));
        let refused = bus.send(Uuid::from_u128(1), other).await;
        refused.expect_err("it is another command");
        assert_eq!(runs.load(Ordering::SeqCst), 1, "{store:?}");
        server.shutdown().await.unwrap();
        store.close().await;
    }
}

#[derive(Event, Debug, Clone, PartialEq)]
struct DocState {
    tags: HashSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_written_again_at_its_version_is_recognised() {
    for (store, _kept) in every_store().await {
        let plumber = Plumber::new(store.clone());
        for _ in 0..3 {
            plumber
                .append_state(&DocState { tags: words() }, "x", Some(-1))
                .await
                .unwrap();
        }
        let other = DocState {
            tags: HashSet::new(),
        };
        assert!(
            plumber
                .append_state(&other, "x", Some(-1))
                .await
                .unwrap_err()
                .is_conflict(),
            "{store:?}"
        );
        store.close().await;
    }
}
