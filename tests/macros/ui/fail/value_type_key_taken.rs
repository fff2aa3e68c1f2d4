use plumberd::EventValue;

#[derive(EventValue)]
enum Payment {
    Card {
        #[event(rename = "$type")]
        kind: String,
    },
}

fn main() {}
