use plumberd::{Event, EventValue};
use std::collections::HashMap;

struct Line;

#[derive(Event)]
struct OrderPlaced {
    lines: Vec<Line>,
}

#[derive(Event)]
enum Order {
    Sent { line: Option<Line> },
    Counted(HashMap<String, Line>),
    Moved(u8, Line),
}

#[derive(EventValue)]
struct Wrapper(Line);

fn main() {}
