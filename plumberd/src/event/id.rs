use std::{
    cell::RefCell,
    process,
    time::{SystemTime, UNIX_EPOCH},
};
use uuid::Uuid;

/// A new event id: a UUID of version 7, which grows with time.
///
/// It begins with the time in nanoseconds; 54 bits are random, from the operating
/// system. Those of one thread grow, also where its clock is set back.
///
/// # Panics
///
/// When the operating system has no random numbers.
pub fn new_event_id() -> Uuid {
    IDS.with_borrow_mut(Ids::next)
}

thread_local! {
    static IDS: RefCell<Ids> = const { RefCell::new(Ids::new()) };
}

/// What one thread makes ids of.
struct Ids {
    /// Random bytes that are asked for together: the question costs more than the answer.
    random: [u8; 512],
    /// How many of them are used up.
    used: usize,
    /// The process that asked.
    process: u32,
    /// The time of the last id, in nanoseconds.
    last: u64,
}

const NANOS_OF_MILLI: u64 = 1_000_000;

/// Of each id.
const RANDOM_BYTES: usize = 7;

impl Ids {
    const fn new() -> Self {
        Self {
            random: [0; 512],
            used: 512,
            process: 0,
            last: 0,
        }
    }

    fn next(&mut self) -> Uuid {
        let now = now();
        // A process that was forked off begins with the random bytes of its parent, and
        // must not use them too. Asking which process this is takes long, so it is asked
        // once a millisecond; within one, the nanoseconds differ.
        if now.abs_diff(self.last) > NANOS_OF_MILLI && process::id() != self.process {
            self.used = self.random.len();
        }
        self.last = now.max(self.last + 1);
        Uuid::from_u64_pair(high(self.last), low(self.last, self.random()))
    }

    /// Bits that are never given out again.
    fn random(&mut self) -> u64 {
        if self.random.len() - self.used < RANDOM_BYTES {
            if getrandom::fill(&mut self.random).is_err() {
                return of_uuid();
            }
            self.used = 0;
            self.process = process::id();
        }
        let mut bits = [0; 8];
        let fresh = &mut self.random[self.used..self.used + RANDOM_BYTES];
        bits[..RANDOM_BYTES].copy_from_slice(fresh);
        fresh.fill(0);
        self.used += RANDOM_BYTES;
        u64::from_le_bytes(bits)
    }
}

/// The milliseconds, the version, and the first 12 bits of the nanoseconds in the
/// millisecond, as RFC 9562 has it in "Replace Leftmost Random Bits".
const fn high(nanos: u64) -> u64 {
    let (millis, fraction) = (nanos / NANOS_OF_MILLI, nanos % NANOS_OF_MILLI);
    millis << 16 | 0x7000 | fraction >> 8
}

/// The variant, the other 8 bits, and 54 random ones.
const fn low(nanos: u64, random: u64) -> u64 {
    let fraction = nanos % NANOS_OF_MILLI;
    0b10 << 62 | (fraction & 0xff) << 54 | random & ((1 << 54) - 1)
}

fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that makes ids"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // Up to the year 2554.
    now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or_default())
}

/// Random bits where those for many ids are not to be had: those for one, or the panic
/// of `uuid`.
#[cold]
fn of_uuid() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that makes ids"
    )]
    Uuid::new_v4().as_u64_pair().1
}

/// The id of the event number `index` (from 0) of those that follow from
/// `namespace`: the UUID of version 5 of the index as decimal text, in that
/// namespace.
///
/// The same namespace always leads to the same ids, so a store recognises what
/// is repeated by them. Each command has one in each stream, see
/// [`CommandId::event_id`](crate::repository::CommandId::event_id).
pub fn derived_event_id(namespace: Uuid, index: usize) -> Uuid {
    Uuid::new_v5(&namespace, index.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_of_version_7_and_tell_the_millisecond() {
        let before = now() / NANOS_OF_MILLI;
        let id = new_event_id();
        let after = now() / NANOS_OF_MILLI;

        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let (seconds, nanos) = id.get_timestamp().expect("a time").to_unix();
        let millis = seconds * 1_000 + u64::from(nanos) / NANOS_OF_MILLI;
        assert!((before..=after).contains(&millis));
    }

    #[test]
    fn ids_of_a_thread_grow_and_those_of_all_threads_differ() {
        let make = || -> Vec<_> { (0..10_000).map(|_| new_event_id()).collect() };

        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(make)).collect();
        let of_threads: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("ids"))
            .collect();

        assert!(of_threads.iter().all(|ids| ids.is_sorted()));
        assert_eq!(
            of_threads.iter().flatten().collect::<HashSet<_>>().len(),
            40_000
        );
    }

    #[test]
    fn ids_grow_when_the_clock_stands_or_is_set_back() {
        let ahead = now() + 1_000_000 * NANOS_OF_MILLI;
        let mut ids = Ids::new();
        ids.last = ahead;

        let (first, second) = (ids.next(), ids.next());

        assert!(first < second);
        assert_eq!(ids.last, ahead + 2);
    }

    #[test]
    fn no_random_bit_is_used_twice() {
        let mut ids = Ids::new();

        let bits: HashSet<_> = (0..1_000).map(|_| ids.random()).collect();

        assert_eq!(bits.len(), 1_000);
        assert!(ids.random[..ids.used].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_process_that_was_forked_off_does_not_use_the_random_bytes_of_its_parent() {
        let mut parent = Ids::new();
        parent.next();
        let mut child = Ids { ..parent };
        child.process = parent.process.wrapping_add(1);
        child.last -= 2 * NANOS_OF_MILLI;

        child.next();

        assert_eq!(child.used, RANDOM_BYTES, "it asked for bytes of its own");
        assert_ne!(child.random[RANDOM_BYTES..], parent.random[RANDOM_BYTES..]);
        assert_eq!(child.process, process::id());
    }
}
