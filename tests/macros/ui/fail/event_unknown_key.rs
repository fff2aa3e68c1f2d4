use plumberd::Event;

#[derive(Event)]
#[event(typ = "order.placed", colour = 3)]
struct OrderPlaced {
    #[event(renam = "Nr")]
    number: u32,
    #[serde(rename_all = "x")]
    note: String,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderPlaced>();
}
