//! The text of `Created`: .NET's "O", in local time, always with seven digits, as
//! `2025-07-13T18:22:19.2192669+02:00`.

use chrono::{DateTime, Datelike, FixedOffset, Local, Timelike};
use std::{
    cell::Cell,
    io::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

type Text = [u8; 33];

thread_local! {
    /// The text of a second, by its number since 1970.
    ///
    /// The offset of local time changes between seconds only. Where the time zone of
    /// the machine changes, or the variable `TZ`, it is seen in the next second, as
    /// without this: chrono looks that often.
    static SECOND: Cell<Option<(u64, Text)>> = const { Cell::new(None) };
}

/// Where the digits of the second begin and end.
const TICKS: std::ops::Range<usize> = 20..27;

/// Appends the time it is.
pub(super) fn write_now(out: &mut Vec<u8>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "`Created` is in local time, as .NET writes it"
    )]
    let now = SystemTime::now();
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) => match text_of_second(since.as_secs(), now) {
            Some(mut text) => {
                write_number(&mut text[TICKS], since.subsec_nanos() / 100);
                out.extend_from_slice(&text);
            }
            None => write_created(out, &local(now)),
        },
        Err(_) => write_created(out, &local(now)),
    }
}

fn text_of_second(second: u64, now: SystemTime) -> Option<Text> {
    if let Some((known, text)) = SECOND.get()
        && known == second
    {
        return Some(text);
    }
    let text = created_text(&local(now), 0)?;
    SECOND.set(Some((second, text)));
    Some(text)
}

fn local(time: SystemTime) -> DateTime<FixedOffset> {
    DateTime::<Local>::from(time).fixed_offset()
}

/// Appends `time`.
pub(super) fn write_created(out: &mut Vec<u8>, time: &DateTime<FixedOffset>) {
    // A leap second is nanosecond 1,000,000,000 and above.
    let ticks = time.nanosecond() % 1_000_000_000 / 100;
    if let Some(text) = created_text(time, ticks) {
        out.extend_from_slice(&text);
        return;
    }
    let _ = write!(
        out,
        "{}.{ticks:07}{}",
        time.format("%Y-%m-%dT%H:%M:%S"),
        time.format("%:z")
    );
}

/// The same by hand, as every event has one: a year of four digits, and an
/// offset of whole minutes.
fn created_text(time: &DateTime<FixedOffset>, ticks: u32) -> Option<Text> {
    let local = time.naive_local();
    let year = u32::try_from(local.year())
        .ok()
        .filter(|year| *year <= 9_999)?;
    let offset = time.offset().local_minus_utc();
    let minutes = offset.unsigned_abs() / 60;
    if offset % 60 != 0 {
        return None;
    }
    let mut text = *b"0000-00-00T00:00:00.0000000+00:00";
    write_number(&mut text[..4], year);
    write_number(&mut text[5..7], local.month());
    write_number(&mut text[8..10], local.day());
    write_number(&mut text[11..13], local.hour());
    write_number(&mut text[14..16], local.minute());
    write_number(&mut text[17..19], local.second());
    write_number(&mut text[TICKS], ticks);
    if offset < 0 {
        text[27] = b'-';
    }
    write_number(&mut text[28..30], minutes / 60);
    write_number(&mut text[31..], minutes % 60);
    Some(text)
}

/// Fills `digits` with the last digits of `number`.
fn write_number(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn now() -> DateTime<FixedOffset> {
        let mut text = Vec::new();
        write_now(&mut text);
        let text = String::from_utf8(text).expect("text");
        assert_eq!(text.len(), 33, "{text}");
        DateTime::parse_from_rfc3339(&text).expect("a time")
    }

    #[test]
    fn the_time_it_is_is_told_in_local_time_and_goes_on_with_the_clock() {
        let reference = local(UNIX_EPOCH + Duration::from_secs(1));
        assert_eq!(reference.timestamp(), 1);
        #[expect(clippy::disallowed_methods, reason = "what it is compared with")]
        let times = || SystemTime::now();

        // Over the end of a second, of which the text is kept.
        let begun = times();
        let mut before = local(begun);
        while times() < begun + Duration::from_millis(1_100) {
            let told = now();
            let after = local(times());
            let tick = chrono::TimeDelta::nanoseconds(100);
            assert!(
                before - tick < told && told <= after,
                "{before} {told} {after}"
            );
            assert_eq!(told.offset(), after.offset());
            before = told;
        }
    }
}
