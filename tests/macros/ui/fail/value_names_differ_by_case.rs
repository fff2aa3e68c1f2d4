use plumberd::{Event, EventValue};

#[derive(Event)]
struct Opened {
    #[event(rename = "UserId")]
    user: u32,
    #[event(rename = "Userid")]
    group: u32,
}

#[derive(EventValue)]
struct Line {
    url: String,
    #[event(alias = "URL")]
    link: String,
    #[event(alias = "NUMBER", alias = "number")]
    number: u32,
}

#[derive(Event)]
enum DoorEvent {
    Opened {
        user_id: u32,
        #[event(id, alias = "USERID")]
        id: uuid::Uuid,
    },
}

#[derive(EventValue)]
#[event(as = "string")]
enum Currency {
    Eur,
    EUR,
    #[event(alias = "eur")]
    Usd,
}

#[derive(EventValue)]
enum NumbersAreFine {
    Ab,
    AB,
}

fn main() {}
