use plumberd::EventValue;

#[derive(EventValue)]
#[event(as = "string")]
enum Payment {
    Cash,
    Card { number: String },
}

fn main() {}
