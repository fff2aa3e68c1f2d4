use plumberd::Event;

#[derive(Event)]
struct OrderPlaced {
    #[event(id)]
    id: String,
}

fn main() {}
