use plumberd::Event;

#[derive(Event)]
struct Previous {
    number: u32,
}

impl From<Previous> for OrderPlaced {
    fn from(previous: Previous) -> Self {
        Self {
            number: previous.number,
        }
    }
}

#[derive(Event)]
#[event(revision = 2, upcast_from = Previous)]
struct OrderPlaced {
    number: u32,
}

fn main() {}
