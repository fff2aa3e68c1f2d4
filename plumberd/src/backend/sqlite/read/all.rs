use super::{
    event::{PageBuffer, check_left_out},
    names::{Kind, Named},
    order::{Order, check_count},
    pages::{PageRead, ReadPage},
    session::Session,
};
use crate::{
    backend::sqlite::{
        error::{BACKEND, store_error},
        number::to_sql,
    },
    store::{
        Direction, Filter, StoreError,
        toolkit::rules::{self, ReadWindow, Tenants},
    },
    stream::Position,
};

/// A page looks at so many positions at the most, so that a filter which lets
/// little through does not keep a thread and a snapshot for long.
const STRETCH: u64 = 50_000;

/// A read of the global order.
#[derive(Debug, Clone)]
pub(in super::super) struct AllRead {
    pub(in super::super) tenants: Tenants,
    pub(in super::super) filter: Filter,
}

impl AllRead {
    /// Whether the read yields, or is told of, such an event.
    fn passes(&self, named: &Named, kind: &Kind, deletions: bool) -> bool {
        let (stream, event_type) = (named.stream.as_str(), kind.event_type.as_str());
        let theirs = match &self.tenants {
            Tenants::Every => true,
            Tenants::Of(tenant) => named.tenant == *tenant,
        };
        theirs
            && (self.filter.matches(stream, event_type)
                || (deletions && self.filter.matches_deletion_in(stream, event_type)))
    }

    fn read(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
        deletions: bool,
    ) -> Result<ReadPage, StoreError> {
        let (Some((low, high)), Some(head)) = (window.bounds(), session.head()?) else {
            return Ok(ReadPage::end());
        };
        let (low, high) = (low.max(1), high.min(head.as_u64()));
        if low > high {
            return Ok(ReadPage::end());
        }
        let (first, last, end) = match window.direction() {
            Direction::Forwards => {
                let last = high.min(low.saturating_add(STRETCH - 1));
                (low, last, last)
            }
            Direction::Backwards => {
                let first = low.max(high.saturating_sub(STRETCH - 1));
                (first, high, first)
            }
        };
        let bounds = (to_sql(first), to_sql(last));
        let passes = |named: &Named, kind: &Kind| self.passes(named, kind, deletions);
        let (page, mut full) = session.scan(window.direction(), bounds, passes, most)?;
        let mut events =
            page.into_events(&mut session.kinds, &mut session.streams, session.unchecked)?;
        if window.resolves_links() {
            let left_out;
            (events, left_out) = session.resolve(events)?;
            full |= left_out;
        }
        let last_event = events.last().map(|event| event.read_position().as_u64());
        let mut deleted = Vec::new();
        if deletions {
            for event in &events {
                let (stream, kind) = (event.stream.as_str(), event.event_type.as_str());
                if self.filter.matches_deletion_in(stream, kind) {
                    deleted.extend(session.deletion(event)?);
                }
            }
            events.retain(|event| self.filter.matches_event(event));
        }
        let looked_at = if full { last_event } else { Some(end) };
        let reached_end = match window.direction() {
            Direction::Forwards => end == high,
            Direction::Backwards => end == low,
        };
        Ok(ReadPage {
            events,
            deleted,
            told: 0,
            looked_at,
            passed_over: if full {
                0
            } else {
                end.abs_diff(last_event.unwrap_or(low))
            },
            more: full || !reached_end,
        })
    }
}

impl PageRead for AllRead {
    fn page(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
    ) -> Result<ReadPage, StoreError> {
        session.in_snapshot(|session| self.read(session, window, most, false))
    }

    fn follow(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
        _told: u64,
    ) -> Result<ReadPage, StoreError> {
        session.in_snapshot(|session| self.read(session, window, most, true))
    }

    fn check_reached(&self, session: &mut Session<'_>, after: u64) -> Result<(), StoreError> {
        let head = session.head()?.map(Position::as_u64);
        rules::check_reached(BACKEND, None, after, head)
    }
}

impl Session<'_> {
    /// Reads the positions from `low` to `high` until the page is full, and says
    /// whether it is. An event that is left out is looked at as closely as the
    /// others: damage may be why it is.
    fn scan(
        &mut self,
        direction: Direction,
        (low, high): (i64, i64),
        passes: impl Fn(&Named, &Kind) -> bool,
        most: usize,
    ) -> Result<(PageBuffer, bool), StoreError> {
        let statement = match direction {
            Direction::Forwards => &mut self.all_forwards,
            Direction::Backwards => &mut self.all_backwards,
        };
        let mut rows = statement.query((low, high)).map_err(store_error)?;
        let mut page = PageBuffer::default();
        let mut order = Order::new("position", direction, (low, high));
        let (mut seen, mut checked) = ((low, high), 0);
        while !page.is_full(most) {
            let Some(row) = rows.next().map_err(store_error)? else {
                seen = (low, high);
                break;
            };
            let position = row.get(0).map_err(store_error)?;
            order.step(position, false)?;
            seen = match direction {
                Direction::Forwards => (low, position),
                Direction::Backwards => (position, high),
            };
            checked += i64::from(position > self.unchecked.position);
            let named = self.streams.get(row.get(1).map_err(store_error)?)?;
            let kind = self.kinds.get(row.get(3).map_err(store_error)?)?;
            if passes(named, kind) {
                page.push(row)?;
            } else {
                check_left_out(row, named, kind, self.unchecked)?;
            }
        }
        // There can be no gap above what is older than checksums.
        let low = seen.0.max(self.unchecked.position + 1);
        if low <= seen.1 {
            check_count(checked, low, seen.1)?;
        }
        let full = page.is_full(most);
        Ok((page, full))
    }
}
