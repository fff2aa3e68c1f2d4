use plumberd::Event;

#[derive(Event)]
struct OrderPlaced {
    #[serde(flatten)]
    a: String,
    #[serde(borrow)]
    b: String,
    #[serde(getter = "x")]
    c: String,
    #[serde(bound = "x")]
    d: String,
}

fn main() {}
