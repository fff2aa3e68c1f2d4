use plumberd::{Event, EventValue};

#[derive(EventValue)]
#[event(rename_all = "Camel", read = "java", deny_unknown = true)]
struct Line {
    number: u32,
}

#[derive(EventValue)]
#[event(deny_unknown)]
struct Pair(u32, u32);

#[derive(EventValue)]
#[event(read = "dotnet")]
enum Level {
    Low,
    High,
}

#[derive(Event)]
#[event(rename_all = camelCase)]
struct Opened {
    #[event(default = "5 + 5")]
    by: u32,
}

#[derive(Event)]
#[event(rename_all = "UPPERCASE")]
enum Two {
    Ab,
    AB,
}

fn main() {}
