use rust_decimal::Decimal;

/// A [`Decimal`] written as it is read: `dec!(1.50)`, scale and all. A number
/// that is none, or has too many digits, does not compile.
///
/// ```
/// use plumberd::prelude::*;
///
/// assert_eq!(dec!(1.50).to_string(), "1.50");
/// assert_eq!(dec!(-1_000) + dec!(0.5), dec!(-999.5));
/// ```
#[macro_export]
macro_rules! dec {
    ($number:expr) => {
        const { $crate::value::decimal_literal(::core::stringify!($number)) }
    };
}

/// What `dec!` stands for.
#[doc(hidden)]
pub const fn decimal_literal(text: &str) -> Decimal {
    let text = text.as_bytes();
    let mut mantissa = 0_u128;
    let mut scale = 0_u32;
    let mut digits = 0;
    let mut negative = false;
    let mut fraction = false;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            digit @ b'0'..=b'9' => {
                mantissa = mantissa * 10 + (digit - b'0') as u128;
                assert!(mantissa < 1 << 96, "more digits than a decimal has");
                scale += fraction as u32;
                digits += 1;
            }
            b'.' if !fraction => fraction = true,
            b'-' if digits == 0 && !negative && !fraction => negative = true,
            b'_' | b' ' => {}
            _ => panic!("`dec!` takes a number such as `-1.50`"),
        }
        at += 1;
    }
    assert!(digits > 0, "`dec!` takes a number such as `-1.50`");
    assert!(scale <= 28, "more than 28 digits after the point");
    let bytes = mantissa.to_le_bytes();
    Decimal::from_parts(
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
        negative,
        scale,
    )
}
