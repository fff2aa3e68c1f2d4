use plumberd::Event;

#[derive(Event)]
enum OrderEvent {
    Placed,
    #[event(type = "Placed")]
    Ordered,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderEvent>();
}
