use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// Reads an ISO 8601 time with an offset or `Z`, with up to 16 fraction
/// digits, of which nine count.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let mut text = Cursor::new(text);
    let local = text.date_time()?;
    let offset = text.offset()?;
    text.end()?;
    local.and_local_timezone(offset).single()
}

pub(super) fn parse_date_time(text: &str) -> Option<NaiveDateTime> {
    let mut text = Cursor::new(text);
    let time = text.date_time()?;
    text.end()?;
    Some(time)
}

pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut text = Cursor::new(text);
    let date = text.date()?;
    text.end()?;
    Some(date)
}

pub(super) fn parse_time_of_day(text: &str) -> Option<NaiveTime> {
    let mut text = Cursor::new(text);
    let time = text.time()?;
    text.end()?;
    Some(time)
}

/// The part of a text that is not read yet.
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    pub(super) fn eat(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == byte).then(|| self.0 = rest)
    }

    /// A number of exactly `count` digits.
    pub(super) fn number(&mut self, count: usize) -> Option<u32> {
        let (number, found) = self.digits(count)?;
        (found == count).then_some(number)
    }

    /// A number of 1 to `most` digits, and how many there were.
    pub(super) fn digits(&mut self, most: usize) -> Option<(u32, usize)> {
        let mut number: u32 = 0;
        let mut found = 0;
        while let Some((digit @ b'0'..=b'9', rest)) = self.0.split_first()
            && found < most
        {
            number = number.checked_mul(10)?.checked_add((digit - b'0').into())?;
            self.0 = rest;
            found += 1;
        }
        (found > 0).then_some((number, found))
    }

    fn date_time(&mut self) -> Option<NaiveDateTime> {
        let date = self.date()?;
        self.eat(b'T')
            .or_else(|| self.eat(b't'))
            .or_else(|| self.eat(b' '))?;
        Some(date.and_time(self.time()?))
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.number(4)?;
        self.eat(b'-')?;
        let month = self.number(2)?;
        self.eat(b'-')?;
        let day = self.number(2)?;
        // .NET has no year 0.
        if year == 0 {
            return None;
        }
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    /// `hh:mm[:ss[.f…]]`.
    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.number(2)?;
        self.eat(b':')?;
        let minute = self.number(2)?;
        let (mut second, mut nanos) = (0, 0);
        if self.eat(b':').is_some() {
            second = self.number(2)?;
            if self.eat(b'.').is_some() {
                nanos = self.fraction()?;
            }
        }
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
    }

    /// Up to 16 digits of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let (mut nanos, found) = self.digits(9)?;
        for _ in found..9 {
            nanos *= 10;
        }
        for _ in found..16 {
            if self.number(1).is_none() {
                break;
            }
        }
        Some(nanos)
    }

    /// `Z`, `+hh:mm`, `+hhmm` or `+hh`.
    fn offset(&mut self) -> Option<FixedOffset> {
        if self.eat(b'Z').or_else(|| self.eat(b'z')).is_some() {
            return FixedOffset::east_opt(0);
        }
        let west = self.eat(b'-').is_some();
        if !west {
            self.eat(b'+')?;
        }
        let hours = self.number(2)?;
        let colon = self.eat(b':').is_some();
        let minutes = if colon || !self.0.is_empty() {
            self.number(2)?
        } else {
            0
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
        FixedOffset::east_opt(if west { -seconds } else { seconds })
    }
}
