//! A variant of an event enum that events of unknown types are read as.

use plumberd::{
    event::NewEvent,
    micro_plumberd::{Plumber, StateError},
    prelude::*,
    store::{
        ServerProjectionError, ServerProjectionStatus, ServerProjections, SubscriptionMessage,
    },
};
use std::sync::Arc;

#[derive(Event, Debug, Clone, PartialEq)]
struct Opened {
    owner: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Closed;

/// What a program of another team writes.
#[derive(Event)]
struct Audited {
    by: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
enum AccountEvent {
    #[event(other)]
    Unknown(Box<RecordedEvent>),
    #[event(transparent)]
    Opened(Opened),
    Credited {
        amount: u32,
    },
}

#[derive(Event, Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Credited {
        amount: u32,
    },
    #[event(other)]
    Other,
}

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    name: String,
}

impl From<RecordedEvent> for Kept {
    fn from(event: RecordedEvent) -> Self {
        let name = event.event_type.to_string();
        Self { name }
    }
}

#[derive(Event, Debug, Clone, PartialEq)]
enum OfAType<T> {
    Known,
    #[event(other)]
    Unknown {
        kept: T,
    },
}

fn stream() -> StreamName {
    StreamName::new("Account", 7).unwrap()
}

fn opened() -> Opened {
    Opened {
        owner: "Ada".into(),
    }
}

/// A store with an opening, something of another program, and a credit.
async fn store() -> Store {
    let store = plumberd::connect("memory:").await.unwrap();
    let events = vec![
        NewEvent::encode(&opened()).unwrap(),
        NewEvent::encode(&Audited { by: "Bob".into() }).unwrap(),
        NewEvent::encode(&AccountEvent::Credited { amount: 5 }).unwrap(),
    ];
    store
        .append(&stream(), ExpectedRevision::NoStream, events)
        .await
        .unwrap();
    store
}

async fn recorded() -> Vec<RecordedEvent> {
    let store = store().await;
    let all = store.read_stream(&stream(), ReadOptions::forwards());
    all.collect_all().await.unwrap()
}

#[tokio::test]
async fn an_event_of_unknown_type_is_read_as_the_variant_for_it_as_it_was_recorded() {
    let events = recorded().await;

    let read: Vec<AccountEvent> = events.iter().map(|e| e.decode().unwrap()).collect();

    assert_eq!(
        read,
        [
            AccountEvent::Opened(opened()),
            AccountEvent::Unknown(Box::new(events[1].clone())),
            AccountEvent::Credited { amount: 5 },
        ]
    );
}

#[tokio::test]
async fn the_variant_may_hold_nothing_or_what_is_made_of_the_event() {
    let audited = &recorded().await[1];
    let kept = Kept {
        name: "Audited".into(),
    };

    assert_eq!(audited.decode::<Named>().unwrap(), Named::Other);
    assert_eq!(
        audited.decode::<OfAType<Kept>>().unwrap(),
        OfAType::Unknown { kept }
    );
    let shared: OfAType<Arc<RecordedEvent>> = audited.decode().unwrap();
    assert!(matches!(shared, OfAType::Unknown { kept } if *kept == *audited));
}

#[tokio::test]
async fn a_known_event_that_cannot_be_read_is_an_error_and_not_unknown() {
    let mut credited = recorded().await.remove(2);
    credited.data = "{}".into();

    credited.decode::<AccountEvent>().unwrap_err();
}

#[tokio::test]
async fn what_was_read_as_unknown_is_not_written() {
    let unknown: AccountEvent = recorded().await[1].decode().unwrap();

    for event in [
        NewEvent::encode(&unknown).unwrap_err(),
        unknown.encode(&mut Vec::new()).unwrap_err(),
    ] {
        assert_eq!(event.event_type, "AccountEvent::Unknown");
        assert_eq!(event.kind(), ErrorKind::Invalid);
        assert!(event.source.to_string().contains("is not written"));
    }
    assert_eq!(unknown.id(), None);
    let plumber = Plumber::new(store().await);
    plumber.append_event(&Named::Other, 7).await.unwrap_err();
}

#[tokio::test]
async fn a_filter_by_an_enum_for_unknown_events_leaves_no_type_out() {
    let narrow = || Filter::new().events::<Closed>().unwrap();
    for filter in [
        Filter::new().events::<Named>().unwrap(),
        narrow().events::<Named>().unwrap(),
        Filter::new()
            .events::<Named>()
            .unwrap()
            .events::<Closed>()
            .unwrap(),
    ] {
        assert!(filter.event_types().is_empty(), "backends narrow by it");
        assert!(filter.matches("Account-7", "Audited"));
        assert!(!filter.matches("Account-7", "$metadata"));
        let all = store().await.read_all(ReadOptions::forwards(), filter);
        assert_eq!(all.collect_all().await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_subscription_by_such_an_enum_gets_events_of_every_type() {
    let filter = Filter::new().events::<Named>().unwrap();
    let store = store().await;
    let mut followed = store
        .subscribe_all(SubscribeFrom::Start, filter)
        .await
        .unwrap();

    let mut read = Vec::new();
    while let Some(message) = followed.next_message().await.unwrap() {
        match message {
            SubscriptionMessage::Event(event) => read.push(event.decode::<Named>().unwrap()),
            SubscriptionMessage::CaughtUp => break,
            _ => {}
        }
    }

    assert_eq!(
        read,
        [Named::Other, Named::Other, Named::Credited { amount: 5 }]
    );
}

#[tokio::test]
async fn a_model_of_such_an_enum_reads_every_event_and_asks_for_no_join() {
    let plumber = Plumber::new(store().await);
    let model = plumber.model::<Named>("Board");

    let events = plumber.read_events_of_type::<Named>().await.unwrap();
    let events = events.collect_all().await.unwrap();
    let read: Vec<Named> = events.iter().map(|e| model.decode(e).unwrap()).collect();

    assert_eq!(
        read,
        [Named::Other, Named::Other, Named::Credited { amount: 5 }]
    );
    assert!(model.filter().unwrap().matches("Account-7", "Audited"));
    let names = model.event_types().unwrap();
    assert_eq!(names, ["Credited"]);
}

#[derive(Debug, Default)]
struct Account {
    balance: u32,
    unknown: Vec<(String, bool)>,
}

#[aggregate(id = u32)]
impl Account {
    #[event_sourcing_handler]
    fn on_event(&mut self, event: &AccountEvent, metadata: &Metadata) {
        match event {
            AccountEvent::Opened(_) => {}
            AccountEvent::Credited { amount } => self.balance += amount,
            AccountEvent::Unknown(event) => {
                let told = matches!(metadata.created(), Ok(Some(_)));
                self.unknown.push((event.event_type.to_string(), told));
            }
        }
    }

    #[event_sourcing_handler]
    fn on_closed(&mut self, _: &Closed) {}
}

#[tokio::test]
async fn an_aggregate_whose_handler_takes_such_an_enum_gets_unknown_events_there() {
    let accounts = store().await.repository::<Account>();

    let account = accounts.load(7).await.unwrap();

    assert_eq!(account.balance, 5);
    assert_eq!(account.unknown, [("Audited".to_owned(), true)]);
    assert_eq!(account.revision(), Some(Revision::new(2)));
}

#[tokio::test]
async fn a_decision_that_returns_an_unknown_event_writes_nothing() {
    let accounts = store().await.repository::<Account>();
    let unknown: AccountEvent = recorded().await[1].decode().unwrap();

    let refused = accounts
        .execute(7, |_| Ok::<_, std::convert::Infallible>(unknown.clone()))
        .await
        .unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let account = accounts.load(7).await.unwrap();
    assert_eq!(account.revision(), Some(Revision::new(2)));
}

/// A server that is not asked for anything.
#[derive(Debug)]
struct Unasked;

#[async_trait::async_trait]
impl ServerProjections for Unasked {
    fn streams(&self) -> &dyn EventStore {
        unreachable!()
    }

    async fn create(&self, _: &str, _: &str) -> Result<(), ServerProjectionError> {
        unreachable!()
    }

    async fn update(&self, _: &str, _: &str, _: bool) -> Result<(), ServerProjectionError> {
        unreachable!()
    }

    async fn enable(&self, _: &str) -> Result<(), ServerProjectionError> {
        unreachable!()
    }

    async fn disable(&self, _: &str) -> Result<(), ServerProjectionError> {
        unreachable!()
    }

    async fn delete(&self, _: &str) -> Result<(), ServerProjectionError> {
        unreachable!()
    }

    async fn status(
        &self,
        _: &str,
    ) -> Result<Option<ServerProjectionStatus>, ServerProjectionError> {
        unreachable!()
    }
}

#[tokio::test]
async fn a_join_of_events_of_every_type_is_refused() {
    let plumber = Plumber::new(store().await);
    let refused = plumber.model::<Named>("Board").ensure_join(&Unasked).await;

    let Err(StateError::EveryType { event }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(event, "Named");
}
