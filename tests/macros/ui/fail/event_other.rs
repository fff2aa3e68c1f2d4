use plumberd::{Event, event::RecordedEvent};

#[derive(Event)]
enum Two {
    Known,
    #[event(other)]
    Unknown(RecordedEvent),
    #[event(other)]
    Another,
}

#[derive(Event)]
enum Wrong {
    Known,
    #[event(other, type = "Unknown", alias = "Else")]
    Named,
}

#[derive(Event)]
enum Transparent {
    Known,
    #[event(other, transparent)]
    Unknown(RecordedEvent),
}

#[derive(Event)]
enum WithParts {
    Known,
    #[event(other)]
    Unknown { event: RecordedEvent, more: u32 },
}

#[derive(Event)]
enum OnField {
    Known,
    #[event(other = true)]
    Unknown(#[event(default)] RecordedEvent),
}

#[derive(Event)]
enum Nothing {
    #[event(other)]
    Unknown(RecordedEvent),
}

#[derive(Event)]
#[event(other)]
struct Opened;

fn main() {}
