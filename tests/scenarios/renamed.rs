//! An event that was renamed is found under its old name wherever it is read.

use plumberd::{
    command::{Command, CommandBus, CommandFault, CommandHandlers, CommandServer, NoFault},
    event::{DecodeError, EventInfo, NewEvent, new_event_id},
    micro_plumberd::Plumber,
    prelude::*,
    store::{EventStore, Filter, SubscribeFrom},
    stream::ExpectedRevision::Any,
};
use std::sync::{Arc, Mutex};

/// Stored as `OrderPlacedV1` in 2024, and as `OrderCreated` before.
#[derive(Event, Debug, Clone, PartialEq)]
#[event(alias = "OrderPlacedV1", alias = "OrderCreated")]
struct OrderPlaced {
    total: u32,
}

#[derive(Event, Debug, Clone, PartialEq)]
enum OrderEvent {
    #[event(transparent)]
    Placed(OrderPlaced),
    #[event(alias = "OrderClosed")]
    OrderShipped { parcels: u32 },
}

#[derive(Debug, Default, Clone, PartialEq, EventValue)]
struct Order {
    total: u32,
    parcels: u32,
}

#[aggregate(category = "Order", id = String)]
impl Order {
    #[event_sourcing_handler]
    fn on(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::Placed(placed) => self.total += placed.total,
            OrderEvent::OrderShipped { parcels } => self.parcels += parcels,
        }
    }
}

fn stored(name: &str, data: &'static str) -> NewEvent {
    NewEvent::new(new_event_id(), name.parse().unwrap(), data)
}

async fn with_old_events() -> plumberd::Store {
    let store = plumberd::connect("memory:").await.unwrap();
    let events = vec![
        stored("OrderCreated", r#"{"Total":1}"#),
        stored("OrderPlacedV1", r#"{"Total":2}"#),
        NewEvent::encode(&OrderPlaced { total: 4 }).unwrap(),
        stored("OrderClosed", r#"{"Parcels":8}"#),
    ];
    let stream = "Order-1".parse().unwrap();
    store.append(&stream, Any, events).await.unwrap();
    store
}

#[tokio::test]
async fn an_aggregate_knows_it_and_goes_on() {
    let store = with_old_events().await;
    let orders = store.repository::<Order>();

    let order = orders.load("1".into()).await.unwrap();

    assert_eq!((order.total, order.parcels), (7, 8));
    let placed = |_: &Order| {
        Ok::<_, std::convert::Infallible>(OrderEvent::Placed(OrderPlaced { total: 16 }))
    };
    orders.execute("1".into(), placed).await.unwrap();
    assert_eq!(orders.load("1".into()).await.unwrap().total, 23);
}

#[tokio::test]
async fn decode_filters_and_subscriptions_know_it() {
    let store = with_old_events().await;
    let placed = Filter::new().events::<OrderPlaced>().unwrap();
    let read = store.read_all(ReadOptions::forwards(), placed.clone());
    let read = read.collect_all().await.unwrap();
    let totals: Vec<_> = read
        .iter()
        .map(|event| event.decode::<OrderPlaced>().unwrap().total)
        .collect();
    assert_eq!(totals, [1, 2, 4]);

    let mut followed = store
        .subscribe_all(SubscribeFrom::Start, placed)
        .await
        .unwrap();
    for total in totals {
        let event = followed.next_event().await.unwrap().unwrap();
        let placed = OrderEvent::Placed(OrderPlaced { total });
        assert_eq!(event.decode::<OrderEvent>().unwrap(), placed);
    }

    let other = read[0].decode::<Other>().unwrap_err();
    assert!(
        matches!(&other, DecodeError::OtherType { expected, .. } if *expected == ["Other", "Older"]),
        "{other:?}"
    );
}

#[derive(Event, Debug)]
#[event(alias = "Older")]
struct Other;

#[tokio::test]
async fn models_by_convention_know_it() {
    let store = with_old_events().await;
    let plumber = Plumber::new(store.clone());
    let model = plumber.model::<OrderEvent>("Panel");

    let read = store.read_all(ReadOptions::forwards(), model.filter().unwrap());
    let read = read.collect_all().await.unwrap();

    assert_eq!(read.len(), 4);
    for event in &read {
        model.decode(event).unwrap();
    }
    let of_type = plumber.read_events_of_type::<OrderPlaced>().await.unwrap();
    assert_eq!(of_type.collect_all().await.unwrap().len(), 3);
    let orders = plumber.repository::<Order>().unwrap();
    assert_eq!(orders.load("1".into()).await.unwrap().total, 7);
}

#[derive(Debug)]
struct Prefixed;

impl plumberd::micro_plumberd::Conventions for Prefixed {
    fn event_name(&self, event: &EventInfo) -> String {
        format!("shop.{}", event.name)
    }
}

#[tokio::test]
async fn a_convention_makes_the_stored_name_of_an_old_name_as_well() {
    let store = plumberd::connect("memory:").await.unwrap();
    let plumber = Plumber::new(store.clone()).with_conventions(Prefixed);
    let old = vec![stored("shop.OrderCreated", r#"{"Total":1}"#)];
    store
        .append(&"Order-1".parse().unwrap(), Any, old)
        .await
        .unwrap();

    let orders = plumber.repository::<Order>().unwrap();
    let placed =
        |_: &Order| Ok::<_, std::convert::Infallible>(OrderEvent::Placed(OrderPlaced { total: 2 }));
    orders.execute("1".into(), placed).await.unwrap();

    assert_eq!(orders.load("1".into()).await.unwrap().total, 3);
    let model = plumber.model::<OrderPlaced>("Panel");
    let read = store.read_all(ReadOptions::forwards(), model.filter().unwrap());
    let read = read.collect_all().await.unwrap();
    assert_eq!(
        read.iter()
            .map(|event| event.event_type.as_str())
            .collect::<Vec<_>>(),
        ["shop.OrderCreated", "shop.OrderPlaced"]
    );
    assert_eq!(model.decode(&read[0]).unwrap().total, 1);
}

#[tokio::test]
async fn a_state_is_read_under_its_old_name() {
    let store = plumberd::connect("memory:").await.unwrap();
    let plumber = Plumber::new(store.clone());
    let stream = plumber.state_stream::<OrderPlaced>("x").unwrap();
    let old = vec![stored("OrderPlacedV1SnapShotted", r#"{"Total":3}"#)];
    store.append(&stream, Any, old).await.unwrap();

    let state = plumber
        .get_state::<OrderPlaced>("x")
        .await
        .unwrap()
        .unwrap();

    assert_eq!(state.state.total, 3);
}

#[derive(Event, Debug, Clone)]
#[event(alias = "RingOld")]
struct Ring {
    #[event(id)]
    id: Uuid,
}

impl Command for Ring {
    type Fault = NoFault;
}

/// As a program sends it that was not updated.
#[derive(Event, Debug, Clone)]
struct RingOld {
    #[event(id)]
    id: Uuid,
}

impl Command for RingOld {
    type Fault = NoFault;
}

#[tokio::test]
async fn a_command_of_a_program_that_was_not_updated_is_handled_and_answered() {
    let store = plumberd::connect("memory:").await.unwrap();
    let rung = Arc::new(Mutex::new(Vec::new()));
    let mut handlers = CommandHandlers::new();
    let rings = Arc::clone(&rung);
    handlers.add(move |_: Uuid, ring: Ring, _| {
        rings.lock().unwrap().push(ring.id);
        async { Ok::<_, CommandFault>(()) }
    });
    assert_eq!(handlers.names().collect::<Vec<_>>(), ["Ring", "RingOld"]);
    let server = CommandServer::new(store.clone(), "rings", handlers)
        .start()
        .await
        .unwrap();
    let bus = CommandBus::new(store.clone());
    let (old, new) = (new_event_id(), new_event_id());

    bus.send(Uuid::from_u128(1), RingOld { id: old })
        .await
        .unwrap();
    bus.send(Uuid::from_u128(1), Ring { id: new })
        .await
        .unwrap();

    assert_eq!(*rung.lock().unwrap(), [old, new]);
    server.shutdown().await.unwrap();
}
