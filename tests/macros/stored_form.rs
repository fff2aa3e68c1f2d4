//! A value and the JSON that it is stored as.

use plumberd::{
    EventValue,
    codec::{Codec, Json},
};
use std::fmt::Debug;

pub(crate) fn write<T: EventValue>(value: &T) -> String {
    let mut out = Vec::new();
    Json::encode(value, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[track_caller]
pub(crate) fn read<T: EventValue>(json: &str) -> T {
    Json::decode(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Why the JSON is no such value.
#[track_caller]
pub(crate) fn refused<T: EventValue + Debug>(json: &str) -> String {
    let read: Result<T, _> = Json::decode(json.as_bytes());
    read.expect_err(json).to_string()
}

/// Why the value is not stored.
#[track_caller]
pub(crate) fn unwritable<T: EventValue>(value: &T) -> String {
    Json::encode(value, &mut Vec::new())
        .expect_err("it has no stored form")
        .to_string()
}

/// That `value` is stored as `json`, and `json` is read as `value`.
#[track_caller]
pub(crate) fn stored<T: EventValue + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(write(value), json);
    assert_eq!(&read::<T>(json), value, "{json}");
}
