use plumberd::Event;

#[derive(Event)]
#[event(alias = "Opened", alias = "Old", alias = "Old", alias = "")]
struct Opened;

#[derive(Event)]
#[event(alias = "Moved")]
enum Change {
    #[event(alias = "Left")]
    Gone,
    Left,
    #[event(alias = "Gone")]
    Away,
    #[event(transparent, alias = "In")]
    Inside(Opened),
}

fn main() {}
