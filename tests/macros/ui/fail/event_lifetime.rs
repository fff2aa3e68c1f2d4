use plumberd::Event;

#[derive(Event)]
struct OrderPlaced<'a> {
    number: &'a str,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderPlaced<'static>>();
}
