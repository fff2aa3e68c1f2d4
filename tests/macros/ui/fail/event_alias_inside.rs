use plumberd::Event;

#[derive(Event)]
#[event(alias = "Left")]
struct Gone;

#[derive(Event)]
enum Change {
    #[event(transparent)]
    Gone(Gone),
    Left,
}

fn main() {}
