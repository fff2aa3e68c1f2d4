use plumberd::EventValue;

#[derive(EventValue)]
enum Never {}

fn main() {}
