//! The spans that the page `plumberd::telemetry` lists, as a subscriber sees
//! them.

use plumberd::{
    backend::memory::Memory,
    event::{NewEvent, new_event_id},
    prelude::*,
};
use plumberd_testkit::mock::{Fault, Faulty};
use plumberd_tests::{
    counter::{Add, Counter},
    subscriber,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex},
};
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// A subscriber that keeps what plumberd shows.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    spans: Vec<Shown>,
    /// The spans that are entered, the innermost last.
    entered: Vec<u64>,
}

#[derive(Debug, Clone)]
struct Shown {
    name: &'static str,
    level: Level,
    fields: BTreeMap<String, String>,
    /// The span around it, by its place among all.
    parent: Option<usize>,
    /// What was said inside.
    events: Vec<BTreeMap<String, String>>,
}

impl Seen {
    fn spans(&self) -> Vec<Shown> {
        self.0.lock().unwrap().spans.clone()
    }

    /// The only span of this name.
    fn only(&self, name: &str) -> Shown {
        let spans = self.spans();
        let mut named = spans.iter().filter(|span| span.name == name);
        let only = named
            .next()
            .unwrap_or_else(|| panic!("no {name}: {spans:?}"));
        assert!(named.next().is_none(), "{spans:?}");
        only.clone()
    }
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.to_string(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.to_string(), value.to_owned());
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("plumberd::")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = BTreeMap::new();
        span.record(&mut Fields(&mut fields));
        let mut state = self.0.lock().unwrap();
        let parent = state.entered.last().map(|id| place(*id));
        state.spans.push(Shown {
            name: span.metadata().name(),
            level: *span.metadata().level(),
            fields,
            parent,
            events: Vec::new(),
        });
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let span = place(id.into_u64());
        values.record(&mut Fields(&mut self.0.lock().unwrap().spans[span].fields));
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let mut state = self.0.lock().unwrap();
        if let Some(innermost) = state.entered.last().copied() {
            state.spans[place(innermost)].events.push(fields);
        }
    }

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

fn place(id: u64) -> usize {
    usize::try_from(id).unwrap() - 1
}

fn fields<const N: usize>(fields: [(&str, &dyn fmt::Display); N]) -> BTreeMap<String, String> {
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_string()));
    fields.into()
}

fn stream(id: Uuid) -> StreamName {
    StreamName::new("Counter", id).unwrap()
}

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Added".parse().unwrap(), "{}")
}

#[tokio::test]
async fn a_command_has_a_span_of_its_category_and_stream_with_that_of_its_append_inside() {
    for handled in [false, true] {
        let counters = Store::new(Memory::new()).repository::<Counter>();
        let id = new_event_id();
        let seen = Seen::default();

        {
            let _seen = subscriber::set(seen.clone());
            if handled {
                counters.handle(id, Add(1)).await.unwrap();
            } else {
                counters.execute(id, |c| c.add(1)).await.unwrap();
            }
        }

        let (execute, append) = (seen.only("plumberd.execute"), seen.only("plumberd.append"));
        assert_eq!((execute.level, append.level), (Level::DEBUG, Level::DEBUG));
        assert_eq!(
            execute.fields,
            fields([
                ("otel.kind", &"internal"),
                ("plumberd.category", &"Counter"),
                ("plumberd.stream", &stream(id)),
            ])
        );
        assert_eq!(
            append.fields,
            fields([
                ("otel.kind", &"client"),
                ("plumberd.stream", &stream(id)),
                ("plumberd.expected", &ExpectedRevision::NoStream),
                ("plumberd.events", &1),
            ])
        );
        assert_eq!(seen.spans()[append.parent.unwrap()].name, execute.name);
        assert_eq!(execute.parent, None);
    }
}

#[tokio::test]
async fn an_append_through_a_store_or_a_tenants_handle_has_a_span_also_when_it_is_refused() {
    let store = Store::new(Memory::new());
    let name = stream(new_event_id());
    for (store, expected) in [
        (store.clone(), ExpectedRevision::Any),
        (
            store.tenant("acme").unwrap(),
            ExpectedRevision::StreamExists,
        ),
    ] {
        let seen = Seen::default();

        let appended = {
            let _seen = subscriber::set(seen.clone());
            store.append(&name, expected, vec![event(), event()]).await
        };

        assert_eq!(appended.is_ok(), expected == ExpectedRevision::Any);
        let append = seen.only("plumberd.append");
        let about = [
            ("otel.kind", &"client" as &dyn fmt::Display),
            ("plumberd.stream", &name),
            ("plumberd.expected", &expected),
            ("plumberd.events", &2),
        ];
        assert_eq!(append.fields, fields(about));
    }
}

#[tokio::test(start_paused = true)]
async fn lost_races_and_appends_that_are_asked_for_again_are_events_inside() {
    let faulty = Faulty::new(Memory::new());
    let counters = Store::new(faulty.clone()).repository::<Counter>();
    for (fault, message) in [
        (Fault::Conflict, "lost a race"),
        (Fault::TimeOutAfterCommit, "appending again"),
    ] {
        let id = new_event_id();
        faulty.next_append(fault);
        let seen = Seen::default();

        {
            let _seen = subscriber::set(seen.clone());
            counters.execute(id, |c| c.add(1)).await.unwrap();
        }

        let execute = seen.only("plumberd.execute");
        let told: Vec<_> = execute
            .events
            .iter()
            .map(|event| &event["message"])
            .collect();
        assert!(told.len() == 1 && told[0].starts_with(message), "{told:?}");
        assert_eq!(execute.events[0]["stream"], stream(id).to_string());
        let appends = seen.spans();
        let appends = appends.iter().filter(|span| span.name == "plumberd.append");
        assert_eq!(appends.count(), 2, "one an attempt");
    }
}

#[tokio::test]
async fn there_are_no_other_spans_than_those_that_are_listed() {
    let seen = Seen::default();
    let _seen = subscriber::set(seen.clone());
    let store = Store::new(Memory::new());
    let snapshots = SnapshotPolicy::every(1);
    let counters = store.repository::<Counter>().with_snapshots(snapshots);
    let id = new_event_id();

    counters.execute(id, |c| c.add(1)).await.unwrap();
    let mut root = counters.load(id).await.unwrap();
    root.execute(|c| c.add(1)).unwrap();
    counters.save(&mut root).await.unwrap();
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    all.collect_all().await.unwrap();
    let from = SubscribeFrom::Start;
    let mut subscription = store.subscribe_stream(&stream(id), from).await.unwrap();
    subscription.next_event().await.unwrap();
    counters.delete(&id).await.unwrap();

    let names: BTreeSet<_> = seen.spans().iter().map(|span| span.name).collect();
    assert_eq!(names, ["plumberd.append", "plumberd.execute"].into());
}

#[test]
fn a_span_that_another_thread_passes_first_is_seen() {
    let seen = Seen::default();
    let _seen = subscriber::set(seen.clone());
    let pass = || drop(tracing::debug_span!(target: "plumberd::here", "passed"));

    std::thread::spawn(pass).join().unwrap();
    pass();

    assert_eq!(seen.only("passed").level, Level::DEBUG);
}
