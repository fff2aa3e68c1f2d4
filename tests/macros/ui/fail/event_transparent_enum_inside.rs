use plumberd::Event;

#[derive(Event)]
enum Several {
    A,
    B,
}

#[derive(Event)]
enum OrderEvent {
    #[event(transparent)]
    Several(Several),
}

fn main() {}
