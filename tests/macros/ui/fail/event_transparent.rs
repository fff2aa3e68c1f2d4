use plumberd::Event;

#[derive(Event)]
struct Inner;

#[derive(Event)]
enum Several {
    A,
    B,
}

#[derive(Event)]
enum OrderEvent {
    #[event(transparent, type = "x")]
    Named(Inner),
    #[event(transparent)]
    Unit,
}

#[derive(Event)]
#[event(transparent)]
struct Wrapper(Inner);

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderEvent>();
}
