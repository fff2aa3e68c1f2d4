use plumberd::Event;

struct OrderPlaced;

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderPlaced>();
}
