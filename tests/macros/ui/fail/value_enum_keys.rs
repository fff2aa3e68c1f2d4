use plumberd::EventValue;

#[derive(EventValue)]
#[event(as = "string")]
enum Kind {
    #[event(other)]
    Unknown,
    #[event(other)]
    New,
    #[event(alias = "Unknown")]
    Sale,
}

#[derive(EventValue)]
enum Payment {
    Cash,
    #[event(other)]
    Card { number: String },
    Parts(u32, u32),
    Number(#[event(with = "plumberd::value::serde")] u32),
}

#[derive(EventValue)]
enum Other {
    #[serde(alias = "B")]
    A,
    #[serde(other)]
    B,
}

fn main() {}
