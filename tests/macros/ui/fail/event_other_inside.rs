use plumberd::Event;

#[derive(Event)]
enum Inner {
    Opened,
    #[event(other)]
    Unknown,
}

#[derive(Event)]
enum AccountEvent {
    #[event(transparent)]
    Inner(Inner),
}

fn main() {}
