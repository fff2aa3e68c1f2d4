//! One rule for every way in which something is written: 64 levels, as .NET
//! reads. What is read may be deeper.

use plumberd::{
    Event, EventValue,
    codec::{Codec, CodecError, Json, JsonObject, MAX_NESTING},
    command::{Command, CommandBus, CommandFault, NoFault},
    context::MessageContext,
    event::{
        ContentType, DecodeError, EncodeError, EncodedEvent, EventInfo, Metadata, NewEvent, Shape,
        ShapeBuilder, new_event_id,
    },
    micro_plumberd::Plumber,
    prelude::*,
    store::{EventStore, StoreError},
    stream::{ExpectedRevision::Any, StreamMetadata},
};
use std::error::Error;

/// A tree of `levels` objects, each in the list of the one before: two levels
/// of JSON each, but for the innermost, whose list is empty as well.
#[derive(EventValue, Debug, Clone, PartialEq, Default)]
struct Node {
    children: Vec<Node>,
}

fn tree(objects: usize) -> Node {
    (1..objects).fold(Node::default(), |inner, _| Node {
        children: vec![inner],
    })
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Grown {
    root: Node,
}

/// As deep as is written: the event, and 31 objects and lists, and a scalar's place.
fn deepest() -> Grown {
    Grown { root: tree(31) }
}

fn too_deep() -> Grown {
    Grown { root: tree(32) }
}

/// Never dropped: the drop of a value this deep takes more stack than there is.
fn far_too_deep() -> std::mem::ManuallyDrop<Grown> {
    std::mem::ManuallyDrop::new(Grown {
        root: tree(100_000),
    })
}

fn json(levels: usize) -> String {
    match levels.checked_sub(2) {
        None => "{}".to_owned(),
        Some(inner) => format!(r#"{{"Deep":[{}{}]}}"#, "[".repeat(inner), "]".repeat(inner)),
    }
}

fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

#[track_caller]
fn names_the_limit(error: &dyn Error) {
    let text = chain(error);
    assert!(text.contains(&MAX_NESTING.to_string()), "{text}");
}

#[derive(Debug, Default)]
struct Forest;

#[aggregate(category = "Forest", id = String)]
impl Forest {
    #[event_sourcing_handler]
    fn on_grown(&mut self, _: &Grown) {}
}

#[test]
fn an_event_has_up_to_64_levels_and_is_refused_beyond_however_deep_it_is() {
    let stored = NewEvent::encode(&deepest()).unwrap();
    assert_eq!(stored.decode_as::<Grown>(0).unwrap(), deepest());

    names_the_limit(&NewEvent::encode(&too_deep()).unwrap_err());
    names_the_limit(&NewEvent::encode(&*far_too_deep()).unwrap_err());
}

#[test]
fn what_is_nested_through_serde_or_without_a_type_counts_as_well() {
    #[derive(Event)]
    struct Kept {
        #[event(with = "plumberd::value::serde")]
        serde: serde_json::Value,
        object: JsonObject,
    }
    let kept = |serde: usize, object: usize| Kept {
        serde: (1..serde).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner])),
        object: JsonObject::parse(json(object).as_bytes()).unwrap(),
    };
    NewEvent::encode(&kept(63, 63)).unwrap();
    names_the_limit(&NewEvent::encode(&kept(64, 1)).unwrap_err());
    names_the_limit(&NewEvent::encode(&kept(1, 64)).unwrap_err());
}

#[test]
fn an_event_that_writes_its_json_itself_is_checked_too() {
    #[derive(Debug)]
    struct ByHand(usize);
    impl Event for ByHand {
        const TYPES: &'static [EventInfo] = &[EventInfo::new("ByHand")];
        fn type_index(&self) -> usize {
            0
        }
        fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
            out.extend_from_slice(json(self.0).as_bytes());
            Ok(())
        }
        fn decode(_: usize, _: &EncodedEvent<'_>) -> Result<Self, DecodeError> {
            Ok(Self(1))
        }
        fn shape(_: usize, _: &mut ShapeBuilder) -> Shape {
            Shape::Scalar("any object")
        }
    }
    NewEvent::encode(&ByHand(64)).unwrap();
    names_the_limit(&NewEvent::encode(&ByHand(65)).unwrap_err());
}

#[test]
fn metadata_counts_from_its_own_outermost_object() {
    let list = |levels: usize| {
        (1..levels).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]))
    };
    MessageContext::new()
        .with_header("Deep", &list(63))
        .unwrap();
    names_the_limit(
        &MessageContext::new()
            .with_header("Deep", &list(64))
            .unwrap_err(),
    );
    names_the_limit(&JsonObject::new().insert("Deep", &list(64)).unwrap_err());

    let event = || NewEvent::new(new_event_id(), "X".parse().unwrap(), "{}");
    let metadata = |levels| Metadata::from_json(json(levels).as_bytes()).unwrap();
    event().with_metadata(&metadata(64)).unwrap();
    names_the_limit(&event().with_metadata(&metadata(65)).unwrap_err());
}

#[test]
fn what_an_earlier_version_wrote_deeper_is_read() {
    // An object, then pairs of levels, 127 in all.
    let inner = r#"{"Children":["#.repeat(62) + r#"{"Children":[]}"# + &"]}".repeat(62);
    let data = format!(r#"{{"Root":{inner}}}"#);
    let encoded = EncodedEvent::new("Grown", &ContentType::JSON, 1, data.as_bytes());

    let read = Grown::decode(0, &encoded).unwrap();

    assert_eq!(read.root, tree(63));
}

#[test]
fn a_codec_error_says_what_the_limit_is() {
    let error: CodecError = Json::encode(&tree(40), &mut Vec::new()).unwrap_err();
    let told = error.to_string();
    let begin = "the data is nested deeper than 64 levels, the limit of what readers take in \
                 `Children[0].Children[0]";
    assert!(told.starts_with(begin), "{told}");
}

#[tokio::test]
async fn every_way_in_keeps_the_rule() {
    #[derive(Event)]
    struct Plant {
        #[event(id)]
        id: Uuid,
        root: Node,
    }
    impl Command for Plant {
        type Fault = NoFault;
    }
    let store = plumberd::connect("memory:").await.unwrap();
    let stream = "Forest-1".parse().unwrap();
    let raw = |levels: usize| NewEvent::new(new_event_id(), "Raw".parse().unwrap(), json(levels));

    // A repository.
    let forests = store.repository::<Forest>();
    let run = |grown: Grown| {
        forests.execute("1".into(), move |_| {
            Ok::<_, std::convert::Infallible>(grown.clone())
        })
    };
    run(deepest()).await.unwrap();
    names_the_limit(&run(too_deep()).await.unwrap_err());
    forests.load("1".into()).await.unwrap();

    // Bytes.
    store.append(&stream, Any, vec![raw(64)]).await.unwrap();
    let refused = store.append(&stream, Any, vec![raw(65)]).await.unwrap_err();
    assert!(
        matches!(
            refused,
            StoreError::LimitExceeded {
                size: 65,
                limit: 64,
                ..
            }
        ),
        "{refused:?}"
    );
    let opaque = raw(65).with_content_type(ContentType::OCTET_STREAM);
    store.append(&stream, Any, vec![opaque]).await.unwrap();
    let other_json = raw(65).with_content_type(ContentType::new("application/x+json; v=1"));
    names_the_limit(
        &store
            .append(&stream, Any, vec![other_json])
            .await
            .unwrap_err(),
    );
    let carried = raw(1).with_raw_metadata(plumberd::event::RawMetadata::new(json(65).into()));
    names_the_limit(&store.append(&stream, Any, vec![carried]).await.unwrap_err());

    // Events and states by convention.
    let plumber = Plumber::new(store.clone());
    plumber.append_event(&deepest(), "x").await.unwrap();
    names_the_limit(&plumber.append_event(&too_deep(), "x").await.unwrap_err());
    plumber.append_state(&deepest(), "x", None).await.unwrap();
    names_the_limit(
        &plumber
            .append_state(&too_deep(), "x", None)
            .await
            .unwrap_err(),
    );
    assert_eq!(
        plumber
            .get_state::<Grown>("x")
            .await
            .unwrap()
            .unwrap()
            .state,
        deepest()
    );

    // Commands, and the faults that answer them.
    let bus = CommandBus::new(store.clone());
    let plant = Plant {
        id: Uuid::nil(),
        root: tree(32),
    };
    names_the_limit(&bus.post(Uuid::from_u128(1), plant).await.unwrap_err());
    let fault = CommandFault::fault(409, "too tall", &too_deep());
    assert_eq!(fault.code(), CommandFault::FAILED);

    // What a stream knows of itself.
    let mut metadata = StreamMetadata::default();
    metadata.other = JsonObject::parse(json(65).as_bytes()).unwrap();
    names_the_limit(
        &store
            .set_stream_metadata(&stream, Any, &metadata)
            .await
            .unwrap_err(),
    );
    metadata.other = JsonObject::parse(json(64).as_bytes()).unwrap();
    store
        .set_stream_metadata(&stream, Any, &metadata)
        .await
        .unwrap();
}
