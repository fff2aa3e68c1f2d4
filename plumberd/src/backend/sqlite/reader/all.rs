use super::{
    event::{COLUMNS, PageBuffer},
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
        rules::{self, ReadWindow, Tenants},
    },
    stream::Position,
};
use std::fmt::Write as _;

/// A page looks at so many positions at the most, so that a filter which lets
/// little through does not keep a thread and a snapshot for long.
const STRETCH: u64 = 50_000;

/// So many streams a query may name; with more it looks at every event.
const NAMED_STREAMS: usize = 64;

/// A read of the global order.
#[derive(Debug, Clone)]
pub(in super::super) struct AllRead {
    pub(in super::super) tenants: Tenants,
    pub(in super::super) filter: Filter,
}

impl AllRead {
    /// What SQL can rule out; `None` when that is everything.
    fn conditions(
        &self,
        session: &mut Session<'_>,
        deletions: bool,
    ) -> Result<Option<String>, StoreError> {
        let mut sql = String::new();
        let mut nothing = false;
        let mut narrow = |column: &str, keys: &[i64]| {
            nothing |= keys.is_empty();
            let keys: Vec<_> = keys.iter().map(i64::to_string).collect();
            // The `+` keeps SQLite from leaving the order of positions.
            write!(sql, " AND +{column} IN ({})", keys.join(","))
        };
        let narrowed = match &self.tenants {
            Tenants::Every => Ok(()),
            Tenants::Of(tenant) => {
                let Some(tenant) = session.tenant(tenant.as_ref())? else {
                    return Ok(None);
                };
                if let Some(streams) = self.streams(session, tenant, deletions)? {
                    narrow("stream", &streams).and(narrow("tenant", &[tenant]))
                } else {
                    narrow("tenant", &[tenant])
                }
            }
        };
        let types = self.filter.event_types();
        let narrowed = narrowed.and(if types.is_empty() {
            Ok(())
        } else {
            let mut kinds = session.kinds.of_types(types).map_err(store_error)?;
            if deletions {
                kinds.extend(session.kinds.of_deletions().map_err(store_error)?);
            }
            narrow("kind", &kinds)
        });
        // Writing to a `String` cannot fail.
        debug_assert!(narrowed.is_ok());
        Ok((!nothing).then_some(sql))
    }

    /// The streams the filter names, if they are few.
    fn streams(
        &self,
        session: &mut Session<'_>,
        tenant: i64,
        deletions: bool,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        if self.filter.stream_prefixes().len() == 0 {
            return Ok(None);
        }
        let named = self.filter.stream_prefixes().map(str::to_owned);
        let mut prefixes: Vec<_> = named.collect();
        if deletions {
            let metadata = self.filter.stream_prefixes();
            prefixes.extend(metadata.map(|prefix| format!("$${prefix}")));
        }
        let mut streams = Vec::new();
        for prefix in &prefixes {
            let left = NAMED_STREAMS - streams.len();
            let found = session
                .streams_between(tenant, prefix, after_prefix(prefix).as_deref(), left + 1)
                .map_err(store_error)?;
            if found.len() > left {
                return Ok(None);
            }
            streams.extend(found);
        }
        Ok(Some(streams))
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
        let (first, last, end, order) = match window.direction() {
            Direction::Forwards => {
                let last = high.min(low.saturating_add(STRETCH - 1));
                (low, last, last, "ASC")
            }
            Direction::Backwards => {
                let first = low.max(high.saturating_sub(STRETCH - 1));
                (first, high, first, "DESC")
            }
        };
        let Some(conditions) = self.conditions(session, deletions)? else {
            return Ok(ReadPage {
                looked_at: Some(high),
                passed_over: high.abs_diff(low),
                ..ReadPage::end()
            });
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE position BETWEEN ?1 AND ?2{conditions}
             ORDER BY position {order}"
        );
        let passes = |stream: &str, kind: &str| {
            self.filter.matches(stream, kind)
                || (deletions && self.filter.matches_deletion_in(stream, kind))
        };
        let scan = Scan {
            sql: &sql,
            bounds: (to_sql(first), to_sql(last)),
            direction: window.direction(),
            // With conditions SQLite comes past events that are not seen here.
            sees_all: conditions.is_empty(),
        };
        let (page, mut full) = session.scan(&scan, passes, most)?;
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

/// A query of the global order.
struct Scan<'a> {
    sql: &'a str,
    bounds: (i64, i64),
    direction: Direction,
    sees_all: bool,
}

/// The least text that is greater than every one with this beginning; `None`
/// when there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // SQLite compares UTF-8 bytes, whose order is that of the characters.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
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
    /// Runs the query until the page is full, and says whether it is.
    fn scan(
        &mut self,
        scan: &Scan<'_>,
        passes: impl Fn(&str, &str) -> bool,
        most: usize,
    ) -> Result<(PageBuffer, bool), StoreError> {
        let connection = self.connection;
        let statement = self
            .scans
            .try_get_or_insert_mut_ref(scan.sql, || connection.prepare(scan.sql))
            .map_err(store_error)?;
        let mut rows = statement.query(scan.bounds).map_err(store_error)?;
        let mut page = PageBuffer::default();
        let mut order = Order::new("position", scan.direction, scan.bounds);
        let (mut last, mut checked) = (None, 0);
        while !page.is_full(most) {
            let Some(row) = rows.next().map_err(store_error)? else {
                drop(rows);
                self.check_positions(scan, scan.bounds, checked)?;
                return Ok((page, false));
            };
            let position = row.get(0).map_err(store_error)?;
            order.step(position, false)?;
            last = Some(position);
            checked += i64::from(position > self.unchecked.position);
            let stream = row.get(1).map_err(store_error)?;
            let kind = row.get(3).map_err(store_error)?;
            let stream = &self.streams.get(stream)?.stream;
            let event_type = &self.kinds.get(kind)?.event_type;
            if passes(stream.as_str(), event_type.as_str()) {
                page.push(row)?;
            }
        }
        drop(rows);
        let (low, high) = scan.bounds;
        let seen = match (scan.direction, last) {
            (_, None) => scan.bounds,
            (Direction::Forwards, Some(last)) => (low, last),
            (Direction::Backwards, Some(last)) => (last, high),
        };
        self.check_positions(scan, seen, checked)?;
        Ok((page, true))
    }

    /// Fails when an event is missing between the positions `low` and `high`,
    /// where there can be no gap and the read has come past `seen` of them.
    fn check_positions(
        &mut self,
        scan: &Scan<'_>,
        (low, high): (i64, i64),
        seen: i64,
    ) -> Result<(), StoreError> {
        let low = low.max(self.unchecked.position + 1);
        if low > high {
            return Ok(());
        }
        let found = if scan.sees_all {
            seen
        } else {
            self.count
                .query_row((low, high), |row| row.get(0))
                .map_err(store_error)?
        };
        check_count(found, low, high)
    }

    fn streams_between(
        &mut self,
        tenant: i64,
        first: &str,
        after: Option<&str>,
        most: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let rows = self.streams_by_name.query_map(
            (
                tenant,
                first,
                after,
                i64::try_from(most).unwrap_or(i64::MAX),
            ),
            |row| row.get(0),
        )?;
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn what_begins_so_lies_before_the_next_prefix() {
        assert_eq!(after_prefix("Account-").as_deref(), Some("Account."));
        assert_eq!(after_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10ffff}"), None);
        assert_eq!(after_prefix(""), None);
    }
}
