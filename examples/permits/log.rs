//! The event log: CSV in, checked rows out.

use crate::lines::Lines;
use chrono::{DateTime, FixedOffset, SubsecRound};
use csv::{ByteRecord, ReaderBuilder};
use plumberd::stream::StreamName;
use std::fmt;

/// The columns that a log must have, in any order, among any others.
const COLUMNS: [&str; 4] = [
    "case:concept:name",
    "concept:name",
    "time:timestamp",
    "org:resource",
];

/// What one row says: something was done in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The line it begins at, from 1.
    pub(super) line: u64,
    pub(super) case: String,
    pub(super) activity: String,
    pub(super) time: DateTime<FixedOffset>,
    /// Who did it; an empty cell is no user.
    pub(super) resource: Option<String>,
}

/// What could be read, and what could not.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) rows: Vec<Row>,
    pub(super) malformed: Vec<Malformed>,
}

/// A row that is not an event, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub(super) struct Malformed {
    pub(super) line: u64,
    pub(super) fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("{found} fields, the header has {expected}")]
    FieldCount { found: usize, expected: usize },
    #[error("a quotation mark is opened and never closed, so the rest of the file is one field")]
    OpenQuote,
    #[error("the field `{column}` is not UTF-8")]
    NotUtf8 { column: &'static str },
    #[error("the field `{column}` is empty")]
    Empty { column: &'static str },
    #[error("the case cannot name a stream: {0}")]
    Case(String),
    #[error("`{0}` is not a time like 2011-10-11 13:45:40.276000+02:00")]
    Time(String),
}

/// Why a file is no event log at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotALog {
    #[error("the file is empty; its first line should name the columns")]
    NoHeader,
    #[error("no column {}; found {}", quoted(missing), quoted(found))]
    MissingColumns {
        missing: Vec<String>,
        found: Vec<String>,
    },
    #[error("the column `{0}` occurs twice")]
    RepeatedColumn(&'static str),
    #[error("the header is not UTF-8")]
    HeaderNotUtf8,
}

/// Reads a whole log. Rows keep their order.
///
/// # Errors
///
/// [`NotALog`] when the header is not one of an event log. A row that is not
/// an event is no error: it is listed in [`Log::malformed`].
pub(super) fn parse(csv: &[u8]) -> Result<Log, NotALog> {
    let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(csv);
    let mut lines = Lines::new(csv);
    let mut record = ByteRecord::new();

    if !read(&mut reader, &mut record) {
        return Err(NotALog::NoHeader);
    }
    let columns = Columns::find(&record)?;

    let mut log = Log::default();
    loop {
        let start = reader.position().byte();
        if !read(&mut reader, &mut record) {
            return Ok(log);
        }
        let (line, open_quote) = lines.locate(start, reader.position().byte());
        let row = if open_quote {
            Err(Fault::OpenQuote)
        } else {
            columns.row(line, &record)
        };
        match row {
            Ok(row) => log.rows.push(row),
            Err(fault) => log.malformed.push(Malformed { line, fault }),
        }
    }
}

/// Reads bytes from memory into bytes, any number of fields a record: there is
/// nothing left that could fail.
fn read(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> bool {
    reader.read_byte_record(record).unwrap_or(false)
}

/// Where the columns are.
struct Columns {
    width: usize,
    places: [usize; 4],
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, NotALog> {
        let names = header
            .iter()
            .map(|name| std::str::from_utf8(name).map(str::trim))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| NotALog::HeaderNotUtf8)?;
        let mut places = [0; 4];
        let mut missing = Vec::new();
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = (0..names.len()).filter(|&i| names[i] == column);
            match (found.next(), found.next()) {
                (Some(index), None) => *place = index,
                (Some(_), Some(_)) => return Err(NotALog::RepeatedColumn(column)),
                (None, _) => missing.push(column.to_owned()),
            }
        }
        if missing.is_empty() {
            return Ok(Self {
                width: names.len(),
                places,
            });
        }
        Err(NotALog::MissingColumns {
            missing,
            found: names.into_iter().map(str::to_owned).collect(),
        })
    }

    fn row(&self, line: u64, record: &ByteRecord) -> Result<Row, Fault> {
        if record.len() != self.width {
            return Err(Fault::FieldCount {
                found: record.len(),
                expected: self.width,
            });
        }
        let [case, activity, time, resource] = [0, 1, 2, 3].map(|i| self.field(record, i));
        let (case, time) = (filled(0, case?)?, filled(2, time?)?);
        StreamName::new("Case", case).map_err(|error| Fault::Case(error.reason()))?;
        Ok(Row {
            line,
            case: case.to_owned(),
            activity: filled(1, activity?)?.to_owned(),
            time: parse_time(time).ok_or_else(|| Fault::Time(time.to_owned()))?,
            resource: Some(resource?)
                .filter(|name| !name.trim().is_empty())
                .map(str::to_owned),
        })
    }

    fn field<'r>(&self, record: &'r ByteRecord, column: usize) -> Result<&'r str, Fault> {
        std::str::from_utf8(&record[self.places[column]]).map_err(|_| Fault::NotUtf8 {
            column: COLUMNS[column],
        })
    }
}

fn filled(column: usize, text: &str) -> Result<&str, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::Empty {
            column: COLUMNS[column],
        });
    }
    Ok(text)
}

/// Takes a blank or a `T` between date and time, `Z` or a numeric offset, and
/// any number of fraction digits, of which seven count: a store keeps no more,
/// and a case should look the same before and after it was stored.
fn parse_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = text.trim();
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()?;
    Some(time.trunc_subsecs(7))
}

fn quoted(names: &[String]) -> impl fmt::Display {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "org:resource,case:concept:name,x,time:timestamp,concept:name\n";

    fn rows(body: &str) -> Log {
        parse(format!("{HEADER}{body}").as_bytes()).unwrap()
    }

    fn fault(body: &[u8]) -> (u64, Fault) {
        let mut csv = HEADER.as_bytes().to_vec();
        csv.extend(b"A,c1,,2011-10-11 13:45:40+02:00,Receive\n");
        csv.extend(body);
        let log = parse(&csv).unwrap();
        assert_eq!(log.malformed.len(), 1, "{log:?}");
        let malformed = log.malformed[0].clone();
        (malformed.line, malformed.fault)
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let log = rows("Ann,c1,?,2011-10-11 13:45:40.276000+02:00,Receive\n");

        assert_eq!(
            log.rows,
            [Row {
                line: 2,
                case: "c1".into(),
                activity: "Receive".into(),
                time: "2011-10-11T13:45:40.276+02:00".parse().unwrap(),
                resource: Some("Ann".into()),
            }]
        );
    }

    #[test]
    fn a_missing_column_says_which_and_what_was_found() {
        let error = parse(b"case,concept:name\n").unwrap_err();

        assert_eq!(
            error.to_string(),
            "no column `case:concept:name`, `time:timestamp`, `org:resource`; \
             found `case`, `concept:name`"
        );
    }

    #[test]
    fn a_repeated_column_and_an_empty_file_are_refused() {
        let twice = parse(format!("concept:name,{HEADER}").as_bytes());

        assert_eq!(twice.unwrap_err(), NotALog::RepeatedColumn("concept:name"));
        assert_eq!(parse(b"").unwrap_err(), NotALog::NoHeader);
        assert_eq!(parse(b"\xff,a\n").unwrap_err(), NotALog::HeaderNotUtf8);
    }

    #[test]
    fn every_way_to_write_a_time_is_read() {
        let expected: DateTime<FixedOffset> = "2011-10-11T11:45:40.276Z".parse().unwrap();
        for text in [
            "2011-10-11 13:45:40.276000+02:00",
            "2011-10-11T13:45:40.276+02:00",
            "2011-10-11 13:45:40.276+0200",
            "2011-10-11T11:45:40.276Z",
            "2011-10-11 11:45:40.2760000009Z",
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        for text in [
            "2011-10-11",
            "2011-10-11 13:45:40",
            "yesterday",
            "2011-13-11 11:45:40Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_malformed_row_has_its_line_and_its_fault() {
        let few = Fault::FieldCount {
            found: 2,
            expected: 5,
        };
        assert_eq!(fault(b"A,c1\n"), (3, few));
        let case = Fault::Empty {
            column: "case:concept:name",
        };
        assert_eq!(fault(b"A, ,,2011-10-11 13:45:40Z,R\n"), (3, case));
        let activity = Fault::Empty {
            column: "concept:name",
        };
        assert_eq!(fault(b"A,c1,,2011-10-11 13:45:40Z,\n"), (3, activity));
        assert_eq!(fault(b"A,c1,,noon,R\n"), (3, Fault::Time("noon".into())));
        let bytes = Fault::NotUtf8 {
            column: "org:resource",
        };
        assert_eq!(fault(b"\xff,c1,,2011-10-11 13:45:40Z,R\n"), (3, bytes));
        let (line, control) = fault(b"A,c\x011,,2011-10-11 13:45:40Z,R\n");
        assert!(
            line == 3 && matches!(control, Fault::Case(_)),
            "{control:?}"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_do_no_harm_in_a_column_that_is_not_read() {
        let mut csv = HEADER.as_bytes().to_vec();
        csv.extend(b"A,c1,\xff,2011-10-11 13:45:40Z,R\n");

        assert_eq!(parse(&csv).unwrap().rows.len(), 1);
    }

    #[test]
    fn line_numbers_count_blank_lines_line_ends_of_two_bytes_and_quoted_lines() {
        let header = HEADER.trim_end();
        let good = "A,c1,\"two\r\nlines\",2011-10-11 13:45:40Z,R";
        let csv = format!("{header}\r\n{good}\r\n\r\n{good}\r\nA\r\n");

        let log = parse(csv.as_bytes()).unwrap();

        assert_eq!(
            log.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
            [2, 5]
        );
        assert_eq!(log.malformed[0].line, 7);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest() {
        let csv = "case:concept:name,concept:name,time:timestamp,org:resource\n\
            c1,R,2011-10-11 13:45:40Z,\"Ann\nc1,S,2011-10-11 13:45:41Z,Ben\n";

        let log = parse(csv.as_bytes()).unwrap();

        assert_eq!(log.rows, []);
        assert_eq!(
            (log.malformed[0].line, &log.malformed[0].fault),
            (2, &Fault::OpenQuote)
        );
    }

    #[test]
    fn a_byte_order_mark_and_a_missing_last_line_end_are_fine() {
        let csv = format!("\u{feff}{HEADER}A,c1,,2011-10-11 13:45:40Z,R");

        let log = parse(csv.as_bytes()).unwrap();

        assert_eq!((log.rows.len(), log.malformed.len()), (1, 0));
    }
}
