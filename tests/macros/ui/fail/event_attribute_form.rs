use plumberd::Event;

#[derive(Event)]
#[event]
struct A;

#[derive(Event)]
#[event = "x"]
struct B;

#[derive(Event)]
#[event(type)]
struct C;

#[derive(Event)]
#[event(type = 3)]
struct D;

#[derive(Event)]
#[event(revision = "2")]
struct E;

fn main() {}
