//! A wrapper must keep every promise of what it wraps.

use plumberd::{backend::memory::Memory, store::EventStore};
use plumberd_testkit::mock::Faulty;
use std::sync::Arc;

mod shared {
    use super::{Arc, EventStore, Memory};

    plumberd_testkit::event_store_conformance!(
        async { Arc::new(Memory::new()) as Arc<dyn EventStore> },
        clock: |clock| async { Arc::new(Memory::new().with_clock(clock)) as Arc<dyn EventStore> },
    );
}

mod faulty {
    use super::{Faulty, Memory};

    plumberd_testkit::event_store_conformance!(
        async { Faulty::new(Memory::new()) },
        clock: |clock| async { Faulty::new(Memory::new().with_clock(clock)) },
    );
}
