use super::{EventValue, text::read_text};
use crate::{
    json::excerpt,
    value::{Shape, ShapeBuilder},
};
use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// A JSON number with all its digits: `1.50` stays `1.50`, both ways, because
/// it is never a float in between. A quoted number and an exponent are read
/// too. In a format that is not text, a string.
impl EventValue for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        if !serializer.is_human_readable() {
            return serializer.serialize_str(&text);
        }
        let number: &RawValue = serde_json::from_str(&text).map_err(ser::Error::custom)?;
        number.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return read_text(deserializer, "a decimal number", parse);
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let quoted = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        parse(quoted.unwrap_or(text)).ok_or_else(|| {
            de::Error::custom(format_args!(
                "{} is not a decimal number of at most 28 digits",
                excerpt(text)
            ))
        })
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("decimal")
    }
}

fn parse(text: &str) -> Option<Decimal> {
    // `rust_decimal` also takes `1_000`, `.5` and `+1`, which are no numbers
    // in JSON.
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) || text.contains('_') {
        return None;
    }
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).ok(),
        Some((mantissa, exponent)) => {
            let mantissa = Decimal::from_str_exact(mantissa).ok()?;
            scaled(mantissa, exponent.parse().ok()?)
        }
    }
}

/// `mantissa` times ten to the `exponent`, if it has an exact form.
fn scaled(mantissa: Decimal, exponent: i64) -> Option<Decimal> {
    let scale = i64::from(mantissa.scale()).checked_sub(exponent)?;
    let digits = mantissa.mantissa();
    if let Ok(scale) = u32::try_from(scale) {
        return Decimal::try_from_i128_with_scale(digits, scale).ok();
    }
    let zeros = u32::try_from(scale.unsigned_abs()).ok()?;
    let digits = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
    Decimal::try_from_i128_with_scale(digits, 0).ok()
}
