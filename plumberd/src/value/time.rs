use super::{
    EventValue,
    text::read_text,
    time_text::{parse_date, parse_date_time, parse_time, parse_time_of_day},
};
use crate::value::{Shape, ShapeBuilder};
use ::serde::{Deserializer, Serializer, ser::Error};
use chrono::{
    DateTime, Datelike, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Timelike, Utc,
};
use std::fmt;

/// A date as ISO 8601 has it.
struct Date(NaiveDate);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(date) = self;
        write!(
            f,
            "{:04}-{:02}-{:02}",
            date.year(),
            date.month(),
            date.day()
        )
    }
}

/// A time of day, with the fraction as .NET writes it: 100 ns are the
/// smallest step, smaller ones are dropped.
struct Clock {
    time: NaiveTime,
    /// `DateTime` drops zeros at the end, `TimeOnly` does not.
    trim: bool,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.time.hour(), self.time.minute(), self.time.second());
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        // chrono counts a leap second as more than a second of nanoseconds.
        let mut ticks = self.time.nanosecond().min(999_999_999) / 100;
        if ticks == 0 {
            return Ok(());
        }
        let mut digits = 7;
        while self.trim && ticks.is_multiple_of(10) {
            ticks /= 10;
            digits -= 1;
        }
        write!(f, ".{ticks:0digits$}")
    }
}

/// That .NET and the readers of ISO 8601 have the year.
fn expect_year<E: Error>(date: NaiveDate) -> Result<(), E> {
    if (1..=9999).contains(&date.year()) {
        return Ok(());
    }
    Err(wrong_year(date))
}

fn wrong_year<E: Error>(date: NaiveDate) -> E {
    E::custom(format_args!(
        "the year {} has no stored form; years are 1 to 9999",
        date.year()
    ))
}

fn write_date_time<S: Serializer>(
    time: NaiveDateTime,
    suffix: impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    expect_year(time.date())?;
    let clock = Clock {
        time: time.time(),
        trim: true,
    };
    serializer.collect_str(&format_args!("{}T{clock}{suffix}", Date(time.date())))
}

fn write_with_offset<T: TimeZone, S: Serializer>(
    time: &DateTime<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    // .NET's offsets are whole minutes; the moment stays what it is.
    let minutes = time.offset().fix().local_minus_utc() / 60;
    let Some(offset) = FixedOffset::east_opt(minutes * 60) else {
        return Err(S::Error::custom("an offset of a day or more"));
    };
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    // At the ends of what chrono counts, the local time may be beyond them.
    let utc = time.naive_utc();
    let local = utc
        .checked_add_offset(offset)
        .ok_or_else(|| wrong_year(utc.date()))?;
    write_date_time(
        local,
        format_args!("{sign}{hours:02}:{minutes:02}"),
        serializer,
    )
}

/// A `DateTime` of .NET has no offset unless it was given one, and is
/// `0001-01-01T00:00:00` when it was not set: both are taken for UTC.
fn parse_dotnet(text: &str) -> Option<DateTime<FixedOffset>> {
    parse_time(text).or_else(|| Some(parse_date_time(text)?.and_utc().fixed_offset()))
}

const EXPECTED: &str = "a time as `2025-07-13T18:22:19.5+02:00` or with `Z`";

macro_rules! times {
    ($($T:ty as $shape:literal: $write:expr, $read:expr $(, dotnet $dotnet:expr)?;)+) => {$(
        impl EventValue for $T {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $write(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $read(deserializer)
            }

            $(
                fn deserialize_dotnet<'de, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Self, D::Error> {
                    $dotnet(deserializer)
                }
            )?

            fn shape(_: &mut ShapeBuilder) -> Shape {
                Shape::Scalar($shape)
            }
        }
    )+};
}

times! {
    DateTime<Utc> as "time":
        |time: &Self, serializer| write_date_time(time.naive_utc(), "Z", serializer),
        |text| read_text(text, EXPECTED, parse_time).map(|time| time.to_utc()),
        dotnet |text| read_text(text, EXPECTED, parse_dotnet).map(|time| time.to_utc());
    DateTime<FixedOffset> as "time":
        write_with_offset,
        |text| read_text(text, EXPECTED, parse_time),
        dotnet |text| read_text(text, EXPECTED, parse_dotnet);
    DateTime<Local> as "time":
        write_with_offset,
        |text| read_text(text, EXPECTED, parse_time).map(|time| time.with_timezone(&Local)),
        dotnet |text| read_text(text, EXPECTED, parse_dotnet).map(|time| time.with_timezone(&Local));
    NaiveDateTime as "local time":
        |time: &Self, serializer| write_date_time(*time, "", serializer),
        |text| read_text(text, "a time without offset, as `2025-07-13T18:22:19.5`", parse_date_time);
    NaiveDate as "date":
        |date: &Self, serializer| write_date(*date, serializer),
        |text| read_text(text, "a date as `2025-07-13`", parse_date);
    NaiveTime as "time of day":
        |time: &Self, serializer: S| serializer.collect_str(&Clock { time: *time, trim: false }),
        |text| read_text(text, "a time of day as `18:22:19.5000000`", parse_time_of_day);
}

fn write_date<S: Serializer>(date: NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    expect_year(date)?;
    serializer.collect_str(&Date(date))
}
