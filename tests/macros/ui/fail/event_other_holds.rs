use plumberd::Event;

#[derive(Event)]
enum AccountEvent {
    Opened,
    #[event(other)]
    Unknown(String),
}

fn main() {}
