use plumberd::EventValue;

#[derive(EventValue)]
enum Colour {
    #[event(rename = "red")]
    Red,
}

fn main() {}
