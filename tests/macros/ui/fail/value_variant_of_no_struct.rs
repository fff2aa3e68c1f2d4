use plumberd::EventValue;

#[derive(EventValue)]
enum Payment {
    Cash,
    Card(String),
}

fn main() {}
