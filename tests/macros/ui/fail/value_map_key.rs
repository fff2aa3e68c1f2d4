use plumberd::EventValue;

#[derive(EventValue, PartialEq, Eq, Hash)]
struct Point {
    x: i32,
}

#[derive(EventValue)]
struct Map {
    points: std::collections::HashMap<Point, u32>,
}

fn main() {}
