//! Keys of maps whose text has less than they may have: the text is then not
//! written, because two keys could have it.

use super::{EventValue, MapKey, Owned, Ref};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::{borrow::Cow, time::Duration};

/// Keys that are spelled as the values are.
macro_rules! spelled_keys {
    ($($T:ty),+) => {$(
        impl MapKey for $T {
            fn to_text(&self) -> Cow<'_, str> {
                Cow::Owned(written(self).unwrap_or_else(|_| format!("{self:?}")))
            }

            fn from_text(text: &str) -> Option<Self> {
                read(text)
            }

            fn checked_text(&self) -> Result<Cow<'_, str>, String> {
                let text = written(self)?;
                if read::<Self>(&text).as_ref() == Some(self) {
                    Ok(Cow::Owned(text))
                } else {
                    Err(format!("{self:?} has parts below 100 ns, which `{text}` leaves out"))
                }
            }
        }
    )+};
}

spelled_keys!(
    DateTime<Utc>,
    NaiveDateTime,
    NaiveDate,
    NaiveTime,
    Duration,
    TimeDelta
);

/// The text of a value whose form is one.
fn written<T: EventValue>(value: &T) -> Result<String, String> {
    match serde_json::to_value(Ref(value)) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(other) => Ok(other.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn read<T: EventValue>(text: &str) -> Option<T> {
    let value: Owned<T> = serde_json::from_value(text.into()).ok()?;
    Some(value.0)
}

/// Without zeros at the end of the fraction: `1.50` and `1.5` are one key.
impl MapKey for Decimal {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.normalize().to_string())
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::from_str_exact(text).ok()
    }
}
