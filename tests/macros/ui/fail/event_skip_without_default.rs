use plumberd::Event;

struct Cache;

#[derive(Event)]
struct OrderPlaced {
    #[event(skip)]
    cache: Cache,
}

fn main() {}
