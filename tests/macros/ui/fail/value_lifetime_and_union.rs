use plumberd::EventValue;

#[derive(EventValue)]
struct Borrowed<'a> {
    text: &'a str,
}

#[derive(EventValue)]
union Either {
    a: u32,
    b: u32,
}

fn main() {}
