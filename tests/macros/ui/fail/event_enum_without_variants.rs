use plumberd::Event;

#[derive(Event)]
enum OrderEvent {}

fn main() {}
