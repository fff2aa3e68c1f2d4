//! Memory for encoded events: many share one piece, so that an event costs no
//! allocation, and events that follow one another lie side by side.

use bytes::{Bytes, BytesMut};
use std::cell::RefCell;

/// How long a piece is: what one event that is kept for long keeps, at most.
const CHUNK: usize = 16 * 1024;

/// What is longer has memory of its own.
const LARGE: usize = CHUNK / 8;

thread_local! {
    static DATA: RefCell<Option<BytesMut>> = const { RefCell::new(None) };
    // A fold reads data and no metadata.
    static METADATA: RefCell<Option<BytesMut>> = const { RefCell::new(None) };
}

/// A copy of `data`.
pub(super) fn copy_data(data: &[u8]) -> Bytes {
    DATA.with_borrow_mut(|chunk| copy(chunk, data))
}

/// A copy of `metadata`.
pub(super) fn copy_metadata(metadata: &[u8]) -> Bytes {
    METADATA.with_borrow_mut(|chunk| copy(chunk, metadata))
}

fn copy(chunk: &mut Option<BytesMut>, bytes: &[u8]) -> Bytes {
    if bytes.len() > LARGE {
        return Bytes::copy_from_slice(bytes);
    }
    let chunk = chunk.get_or_insert_with(|| BytesMut::with_capacity(CHUNK));
    // Takes another piece where this one is full, or this one again where no event of it
    // is left.
    chunk.reserve(bytes.len());
    chunk.extend_from_slice(bytes);
    chunk.split().freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(bytes: &Bytes) -> usize {
        bytes.as_ptr().addr()
    }

    #[test]
    fn short_copies_lie_side_by_side_and_stay_as_they_are() {
        let mut chunk = None;

        let copies: Vec<_> = (0..=255)
            .map(|byte| copy(&mut chunk, &[byte; 100]))
            .collect();

        let neighbours = copies.windows(2);
        let apart = neighbours.filter(|pair| address(&pair[1]) != address(&pair[0]) + 100);
        assert_eq!(apart.count(), 1, "one piece was full");
        for (byte, copy) in (0..=255).zip(&copies) {
            assert_eq!(copy[..], [byte; 100]);
        }
    }

    #[test]
    fn a_long_copy_has_memory_of_its_own() {
        let mut chunk = None;

        let long = copy(&mut chunk, &[7; LARGE + 1]);

        assert!(chunk.is_none());
        assert_eq!(long[..], [7; LARGE + 1]);
    }

    #[test]
    fn a_piece_is_used_again_when_its_events_are_gone() {
        let mut chunk = None;
        let addresses: std::collections::HashSet<_> = (0..10_000)
            .map(|_| address(&copy(&mut chunk, &[1; 100])))
            .collect();

        assert!(addresses.len() <= CHUNK / 100, "{}", addresses.len());
    }
}
