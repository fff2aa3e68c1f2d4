use plumberd::Event;
use std::{cell::RefCell, rc::Rc};

#[derive(Event)]
struct Opened {
    owner: Rc<str>,
    notes: Vec<RefCell<String>>,
    count: std::cell::Cell<u8>,
}

fn main() {}
