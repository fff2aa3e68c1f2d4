use plumberd::Event;

#[derive(Event)]
#[event(type = "", revision = 0)]
struct OrderPlaced {
    #[event(id, rename = "OrderId")]
    id: u32,
    #[event(skip = true)]
    number: u32,
    #[event(with)]
    note: String,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderPlaced>();
}
