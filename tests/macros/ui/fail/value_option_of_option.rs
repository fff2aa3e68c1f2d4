use plumberd::{Event, EventValue};

#[derive(Event)]
struct LimitChanged {
    by: Option<Option<u32>>,
    boxed: std::option::Option<Box<Option<u32>>>,
    done: Option<()>,
    lists_are_fine: Option<Vec<Option<u32>>>,
    #[event(with = "plumberd::event::value::serde")]
    its_own_form_is_fine: Option<Option<u32>>,
    #[event(skip)]
    skipped_is_fine: Option<Option<u32>>,
}

#[derive(EventValue)]
struct Pair(Option<Option<u32>>, u32);

fn main() {}
