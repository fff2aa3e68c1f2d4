use plumberd::Event;

#[derive(Event)]
struct Placed;

#[derive(Event)]
enum OrderEvent {
    Placed,
    #[event(transparent)]
    Other(Placed),
}

fn main() {}
