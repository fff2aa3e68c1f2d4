use plumberd::Event;

#[derive(Event)]
struct OrderPlaced {
    user_id: u32,
    #[event(rename = "UserId")]
    user: u32,
    #[event(id)]
    event: plumberd::__private::Uuid,
    id: u32,
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<OrderPlaced>();
}
