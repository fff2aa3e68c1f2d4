//! One event without a store: where the time of all others begins.

use super::{
    Bench, Rows,
    domain::{Account, AccountCredited, CREDITED, PlainAccount, PlainCredited},
    work::Work,
};
use plumberd::{aggregate::Aggregate, event::NewEvent, prelude::*};
use std::hint::black_box;

const EVENTS: usize = 10_000;

struct ByHand {
    data: Vec<u8>,
}

struct ByPlumberd {
    recorded: RecordedEvent,
}

impl ByHand {
    fn new() -> Self {
        let data = serde_json::to_vec(&PlainCredited::some()).expect("JSON");
        Self { data }
    }
}

impl ByPlumberd {
    fn new() -> Self {
        let encoded = NewEvent::encode(&AccountCredited::some()).expect("an event");
        assert_eq!(
            *encoded.data(),
            ByHand::new().data,
            "the two sides do different work"
        );
        let stream = StreamName::new("Account", encoded.id()).expect("a name");
        let (revision, position) = (Revision::FIRST, Position::new(1));
        let recorded = encoded.recorded(stream, revision, position, DateTime::UNIX_EPOCH, None);
        Self { recorded }
    }
}

struct Decode;

impl Work<ByHand> for Decode {
    type Prepared = ();

    fn operations(&self) -> usize {
        EVENTS
    }

    async fn prepare(&self, _: &ByHand) {}

    async fn run(&self, side: &ByHand, (): ()) {
        let mut account = PlainAccount::default();
        for _ in 0..EVENTS {
            account.apply(CREDITED, black_box(&side.data));
        }
        black_box(account);
    }
}

impl Work<ByPlumberd> for Decode {
    type Prepared = ();

    fn operations(&self) -> usize {
        EVENTS
    }

    async fn prepare(&self, _: &ByPlumberd) {}

    async fn run(&self, side: &ByPlumberd, (): ()) {
        let mut account = Account::default();
        for _ in 0..EVENTS {
            let applied = Account::HANDLERS.apply(&mut account, black_box(&side.recorded));
            applied.expect("applied");
        }
        black_box(account);
    }
}

struct Encode;

impl Work<ByHand> for Encode {
    type Prepared = ();

    fn operations(&self) -> usize {
        EVENTS
    }

    async fn prepare(&self, _: &ByHand) {}

    async fn run(&self, _: &ByHand, (): ()) {
        for number in 0..EVENTS {
            let mut bytes = Vec::with_capacity(256);
            let id = Uuid::from_u128(u128::try_from(number).expect("a number"));
            black_box(PlainCredited::some().encode(id, &mut bytes));
            black_box(bytes);
        }
    }
}

impl Work<ByPlumberd> for Encode {
    type Prepared = ();

    fn operations(&self) -> usize {
        EVENTS
    }

    async fn prepare(&self, _: &ByPlumberd) {}

    async fn run(&self, _: &ByPlumberd, (): ()) {
        for _ in 0..EVENTS {
            black_box(NewEvent::encode(&AccountCredited::some()).expect("an event"));
        }
    }
}

pub(super) fn rows(bench: &mut impl Bench) {
    let (limit, plumberd) = (async || ByHand::new(), async || ByPlumberd::new());
    let left_out = "revisions of a shape, errors with the place";
    Rows::new(bench, "codec", left_out).row("decode and apply", limit, plumberd, Decode);
    let left_out = "unpredictable ids, the offset of local time, the context";
    Rows::new(bench, "codec", left_out).row("encode with metadata", limit, plumberd, Encode);
}
