use plumberd::{Event, EventValue};
use uuid::Uuid;

#[derive(EventValue)]
struct OrderId(Uuid);

#[derive(Event)]
struct OrderPlaced {
    id: uuid::Uuid,
    total: u32,
}

#[derive(Event)]
struct OrderRenamed {
    #[event(rename = "Id")]
    order: Option<OrderId>,
}

#[derive(Event)]
enum OrderEvent {
    Paid {
        id: Uuid,
    },
    Shipped {
        #[serde(rename = "ID")]
        order: String,
    },
}

#[derive(EventValue)]
struct Line {
    id: Uuid,
}

#[derive(Event)]
enum Fine {
    Marked {
        #[event(id)]
        id: Uuid,
        lines: Vec<Line>,
    },
    Renamed {
        #[event(rename = "OrderId")]
        id: Uuid,
    },
    Other {
        #[event(id)]
        event: Uuid,
        #[event(rename = "OrderId")]
        id: OrderId,
    },
    Number {
        id: u64,
    },
    OnlyRead {
        #[event(skip_serializing, default)]
        id: Option<Uuid>,
    },
}

fn main() {}
