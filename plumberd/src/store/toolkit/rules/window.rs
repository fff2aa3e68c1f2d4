use crate::{
    store::{Direction, ReadFrom, ReadOptions},
    stream::{Position, Revision},
};

/// What is left to read of a read, as numbers: revisions in a stream,
/// positions in the global order.
///
/// A backend asks page by page for the numbers in [`ReadWindow::bounds`], in
/// the window's direction, at most [`ReadWindow::page`] of them, and tells
/// with [`ReadWindow::advance`] how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadWindow {
    low: u64,
    high: u64,
    left: u64,
    direction: Direction,
    resolve_links: bool,
    begun: bool,
}

impl ReadWindow {
    /// The window of a read of a stream.
    pub fn of_stream(options: &ReadOptions<Revision>) -> Self {
        Self::of(options, Revision::as_u64)
    }

    /// The window of a read of the global order.
    pub fn of_all(options: &ReadOptions<Position>) -> Self {
        Self::of(options, Position::as_u64)
    }

    fn of<P: Copy>(options: &ReadOptions<P>, number: impl Fn(P) -> u64) -> Self {
        let from = |at| match (options.direction, at) {
            (Direction::Forwards, at) => Some((at, u64::MAX)),
            (Direction::Backwards, at) => Some((0, at)),
        };
        let bounds = match (options.direction, options.from) {
            (Direction::Forwards, ReadFrom::Start) | (Direction::Backwards, ReadFrom::End) => {
                Some((0, u64::MAX))
            }
            (Direction::Forwards, ReadFrom::End) | (Direction::Backwards, ReadFrom::Start) => None,
            (_, ReadFrom::At(place)) => from(number(place)),
            (Direction::Forwards, ReadFrom::After(place)) => {
                number(place).checked_add(1).and_then(from)
            }
            (Direction::Backwards, ReadFrom::After(place)) => {
                number(place).checked_sub(1).and_then(from)
            }
        };
        let (low, high) = bounds.unwrap_or_default();
        Self {
            low,
            high,
            left: match bounds {
                Some(_) => options.limit.unwrap_or(u64::MAX),
                None => 0,
            },
            direction: options.direction,
            resolve_links: options.resolve_links,
            begun: false,
        }
    }

    /// Which way the read goes.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether links are to be resolved.
    pub const fn resolves_links(&self) -> bool {
        self.resolve_links
    }

    /// The lowest and the highest number to read, both included; `None` when
    /// the read is over.
    pub const fn bounds(&self) -> Option<(u64, u64)> {
        if self.left == 0 {
            None
        } else {
            Some((self.low, self.high))
        }
    }

    /// The number the next page begins with, if that event is still there:
    /// known of a forward read once it has begun.
    pub const fn resumes_at(&self) -> Option<u64> {
        match self.direction {
            Direction::Forwards if self.begun && self.left > 0 => Some(self.low),
            Direction::Forwards | Direction::Backwards => None,
        }
    }

    /// How many events the next page may have, when pages have at most `most`.
    pub fn page(&self, most: usize) -> usize {
        usize::try_from(self.left).map_or(most, |left| left.min(most))
    }

    /// That `count` events were yielded, and everything was looked at up to
    /// `last`, in the window's direction.
    pub fn advance(&mut self, last: u64, count: usize) {
        self.begun = true;
        self.left = self.left.saturating_sub(count as u64);
        let next = match self.direction {
            Direction::Forwards => last.checked_add(1).map(|next| self.low = next),
            Direction::Backwards => last.checked_sub(1).map(|next| self.high = next),
        };
        if next.is_none() || self.low > self.high {
            self.finish();
        }
    }

    /// That there is no more to read.
    pub const fn finish(&mut self) {
        self.left = 0;
    }
}
