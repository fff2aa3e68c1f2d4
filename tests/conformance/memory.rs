use plumberd::backend::memory::Memory;

plumberd_testkit::event_store_conformance!(
    async { Memory::new() },
    clock: |clock| async { Memory::new().with_clock(clock) },
);
