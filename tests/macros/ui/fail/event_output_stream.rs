use plumberd::Event;

#[derive(Event)]
#[event(output_stream = "Task-List")]
struct WithDash;

#[derive(Event)]
#[event(output_stream = "")]
struct Empty;

#[derive(Event)]
#[event(output_stream = "Task\tList")]
enum Control {
    Opened,
}

#[derive(Event)]
#[event(output_stream)]
struct NoValue;

#[derive(Event)]
enum Transparent {
    #[event(transparent, output_stream = "Tasks")]
    Opened(Good),
}

#[derive(Event)]
#[event(output_stream = "Tasks")]
struct Good;

fn main() {
    fn is_event<E: Event>() {}
    is_event::<WithDash>();
    is_event::<Transparent>();
}
