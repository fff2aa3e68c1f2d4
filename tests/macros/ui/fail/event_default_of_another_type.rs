use plumberd::Event;

fn with_parameter(of: u32) -> u32 {
    of
}

#[derive(Event)]
struct Opened {
    #[event(default = 5)]
    owner: String,
    #[event(default = with_parameter)]
    level: u32,
}

fn main() {}
