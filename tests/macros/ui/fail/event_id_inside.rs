use plumberd::{Event, EventValue};
use std::sync::Arc;
use uuid::Uuid;

#[derive(EventValue)]
struct Placed {
    id: Uuid,
    total: u32,
}

#[derive(EventValue)]
struct Held(Box<Placed>);

#[derive(EventValue)]
enum Change {
    Made { by: String },
    Of(Placed),
}

#[derive(Event)]
struct OrderPlaced(Placed);

#[derive(Event)]
struct OrderHeld(Arc<Held>);

#[derive(Event)]
struct OrderChanged(Change);

#[derive(Event)]
struct OrderCopied<T>(T, std::marker::PhantomData<u8>);

#[derive(Event)]
struct Marked {
    #[event(id)]
    id: Uuid,
}

#[derive(Event)]
enum OrderEvent {
    Placed(Placed),
    Held(Marked),
    // Not the whole of the event.
    Fine { placed: Placed },
    FineToo(Placed, u32),
    List(Vec<Placed>),
    #[event(transparent)]
    Transparent(Marked),
}

#[derive(EventValue)]
struct Renamed {
    #[event(rename = "OrderId")]
    id: Uuid,
}

#[derive(EventValue)]
struct Numbered {
    id: u64,
}

#[derive(Event)]
enum Fine {
    Renamed(Renamed),
    Numbered(Numbered),
}

fn main() {}
