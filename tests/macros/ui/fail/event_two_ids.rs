use plumberd::Event;

#[derive(Event)]
struct OrderPlaced {
    #[event(id)]
    id: plumberd::__private::Uuid,
    #[event(id)]
    other: plumberd::__private::Uuid,
}

fn main() {}
