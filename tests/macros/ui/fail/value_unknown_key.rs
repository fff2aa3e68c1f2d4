use plumberd::EventValue;

#[derive(EventValue)]
#[event(as = "text")]
enum Colour {
    #[event(renam = "r")]
    Red,
}

#[derive(EventValue)]
#[event(az = "string")]
enum Size {
    Large,
}

#[derive(EventValue)]
#[event(type = "x")]
struct Line {
    #[event(id)]
    number: u32,
}

fn main() {}
