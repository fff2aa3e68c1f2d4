use plumberd::EventValue;

#[derive(EventValue)]
#[event(bound = T)]
struct Limit<T>(T);

#[derive(EventValue)]
#[event(bound = "T")]
struct Other<T>(T);

fn main() {}
