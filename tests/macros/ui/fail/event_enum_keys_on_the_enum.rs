use plumberd::Event;

#[derive(Event)]
#[event(type = "order", revision = 2)]
enum OrderEvent {
    Placed,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderEvent>();
}
