use plumberd::Event;

#[derive(Event)]
struct Opened {
    #[event(default, skip_serializing_if = "is_zero")]
    level: u8,
    #[event(default, skip_serializing_if = "String::is_empty")]
    notes: Vec<u8>,
}

fn is_zero(level: u8) -> bool {
    level == 0
}

fn main() {}
