use plumberd::EventValue;

#[derive(EventValue)]
#[event(as = "string")]
enum Colour {
    Red,
    #[event(rename = "Red")]
    Crimson,
}

fn main() {}
