//! What a command takes while it runs.

use plumberd::event::new_event_id;
use plumberd_tests::counter::{Add, Counter};
use std::mem::size_of_val;

/// Every command takes this from the allocator and writes most of it, so that what is
/// rare (another attempt, a snapshot, the outcome of an earlier command) must not have
/// its room in it.
#[tokio::test]
async fn a_command_has_no_room_for_what_is_rare() {
    let store = plumberd::connect("memory:").await.unwrap();
    let counters = store.repository::<Counter>();

    let command = counters.handle(new_event_id(), Add(1)).into_future();
    let size = size_of_val(&*command);

    command.await.unwrap();
    assert!(size < 4_096, "{size} bytes");
}
