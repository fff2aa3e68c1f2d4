use super::{EventValue, text::read_text, time_text::Cursor};
use crate::value::{Shape, ShapeBuilder};
use ::serde::{Deserializer, Serializer, ser::Error};
use chrono::TimeDelta;
use std::{fmt, time::Duration};

const TICKS_PER_SECOND: u64 = 10_000_000;

/// A .NET `TimeSpan`: a number of 100 ns, as its format "c" writes it.
struct TimeSpan(i64);

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let (seconds, fraction) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if days > 0 {
            write!(f, "{days}.")?;
        }
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}")?;
        if fraction > 0 {
            write!(f, ".{fraction:07}")?;
        }
        Ok(())
    }
}

/// `[-][d.]hh:mm:ss[.f…]`, with one to seven digits of a fraction.
fn parse(text: &str) -> Option<TimeSpan> {
    let mut text = Cursor::new(text);
    let negative = text.eat(b'-').is_some();
    let (mut hours, digits) = text.digits(8)?;
    let mut days = 0;
    if text.eat(b'.').is_some() {
        days = hours;
        hours = text.number(2)?;
    } else if digits != 2 {
        return None;
    }
    text.eat(b':')?;
    let minutes = text.number(2)?;
    text.eat(b':')?;
    let seconds = text.number(2)?;
    let mut fraction = 0;
    if text.eat(b'.').is_some() {
        let (number, digits) = text.digits(7)?;
        fraction = (digits..7).fold(number, |number, _| number * 10);
    }
    text.end()?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = ((u64::from(days) * 24 + u64::from(hours)) * 60 + u64::from(minutes)) * 60
        + u64::from(seconds);
    let ticks = seconds
        .checked_mul(TICKS_PER_SECOND)?
        .checked_add(fraction.into())?;
    let ticks = i128::from(ticks);
    let ticks = if negative { -ticks } else { ticks };
    i64::try_from(ticks).ok().map(TimeSpan)
}

fn write<S: Serializer>(seconds: i128, nanos: i32, serializer: S) -> Result<S::Ok, S::Error> {
    let ticks = seconds * i128::from(TICKS_PER_SECOND) + i128::from(nanos / 100);
    let ticks = i64::try_from(ticks)
        .map_err(|_| S::Error::custom("a duration longer than .NET's, of 10675199 days"))?;
    serializer.collect_str(&TimeSpan(ticks))
}

/// A .NET `TimeSpan`; what is below 100 ns is dropped.
impl EventValue for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = self.subsec_nanos().cast_signed();
        write(self.as_secs().into(), nanos, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(
            deserializer,
            "a duration as `1.02:03:04.5000000`, not negative",
            |text| {
                let ticks = u64::try_from(parse(text)?.0).ok()?;
                let nanos = u32::try_from(ticks % TICKS_PER_SECOND * 100).ok()?;
                Some(Duration::new(ticks / TICKS_PER_SECOND, nanos))
            },
        )
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("duration")
    }
}

/// A .NET `TimeSpan`; what is below 100 ns is dropped.
impl EventValue for TimeDelta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.num_seconds().into(), self.subsec_nanos(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(
            deserializer,
            "a duration as `-1.02:03:04.5000000`",
            |text| {
                let ticks = parse(text)?.0;
                let second = TICKS_PER_SECOND.cast_signed();
                let nanos = u32::try_from(ticks.rem_euclid(second) * 100).ok()?;
                TimeDelta::new(ticks.div_euclid(second), nanos)
            },
        )
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("duration")
    }
}
