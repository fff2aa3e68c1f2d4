//! What is written is read back to the last bit, whichever features another
//! crate turns on in `serde_json`: this file is run with each of them.

use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta, Utc};
use plumberd::{
    Event, EventValue,
    codec::{Codec, Json, JsonObject},
    context::MessageContext,
    event::{EncodedEvent, NewEvent, RawMetadata, new_event_id},
};
use plumberd_tests::random::Random;
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};
use std::{collections::HashMap, fmt::Debug, time::Duration};

#[track_caller]
fn again<T: EventValue>(value: &T) -> (T, String) {
    let mut json = Vec::new();
    Json::encode(value, &mut json).unwrap();
    let text = String::from_utf8(json).unwrap();
    let read = Json::decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    (read, text)
}

#[track_caller]
fn kept<T: EventValue + PartialEq + Debug>(value: &T) {
    let (read, text) = again(value);
    assert_eq!(&read, value, "{text}");
}

fn doubles() -> impl Iterator<Item = f64> {
    let mut random = Random::new(0x0f64);
    let edges = [
        0,
        1,
        0x000f_ffff_ffff_ffff,
        0x0010_0000_0000_0000,
        0x7fef_ffff_ffff_ffff,
        1.0_f64.to_bits(),
        0.1_f64.to_bits(),
        1e23_f64.to_bits(),
        9_007_199_254_740_993_f64.to_bits(),
    ];
    let both = edges.into_iter().flat_map(|bits| [bits, bits | 1 << 63]);
    // Subnormal, sensible, and any.
    let drawn = (0..200_000).map(move |round| match round % 4 {
        0 => random.bits() & 0x800f_ffff_ffff_ffff,
        1 => (f64::from(u32::try_from(random.bits() >> 32).unwrap()) / 100_000.0).to_bits(),
        _ => random.bits(),
    });
    both.chain(drawn)
        .map(f64::from_bits)
        .filter(|number| number.is_finite())
}

fn singles() -> impl Iterator<Item = f32> {
    let mut random = Random::new(0x0f32);
    let edges = [
        0,
        1,
        0x007f_ffff,
        0x0080_0000,
        0x7f7f_ffff,
        0.1_f32.to_bits(),
    ];
    let both = edges.into_iter().flat_map(|bits| [bits, bits | 1 << 31]);
    let drawn = (0..200_000).map(move |round| {
        let bits = u32::try_from(random.bits() >> 32).unwrap();
        if round % 4 == 0 {
            bits & 0x807f_ffff
        } else {
            bits
        }
    });
    both.chain(drawn)
        .map(f32::from_bits)
        .filter(|number| number.is_finite())
}

#[test]
fn every_f64_is_read_as_it_was_written() {
    for number in doubles() {
        let (read, text) = again(&number);
        assert_eq!(read.to_bits(), number.to_bits(), "{number:e} as {text}");
    }
}

#[test]
fn every_f32_is_read_as_it_was_written() {
    for number in singles() {
        let (read, text) = again(&number);
        assert_eq!(read.to_bits(), number.to_bits(), "{number:e} as {text}");
    }
}

#[test]
fn every_f32_is_read_as_it_was_written_where_it_stands_in_a_list_or_through_serde() {
    #[derive(Event)]
    struct Measured {
        list: Vec<Option<f32>>,
        #[event(with = "plumberd::value::serde")]
        serde: Vec<f32>,
        #[event(with = "plumberd::value::serde")]
        doubles: HashMap<String, f64>,
    }
    let bits = |measured: &Measured| {
        let list = measured
            .list
            .iter()
            .flatten()
            .map(|number| number.to_bits());
        let serde = measured.serde.iter().map(|number| number.to_bits());
        let double = measured.doubles["x"].to_bits();
        (list.chain(serde).collect::<Vec<_>>(), double)
    };
    for (single, double) in singles().zip(doubles()).take(50_000) {
        let event = Measured {
            list: vec![Some(single), None],
            serde: vec![-single],
            doubles: HashMap::from([("x".into(), double)]),
        };
        let stored = NewEvent::encode(&event).unwrap();
        let read: Measured = stored.decode_as(0).unwrap();
        assert_eq!(bits(&read), bits(&event));
    }
}

#[test]
fn every_decimal_keeps_its_digits_and_its_scale() {
    let mut random = Random::new(0xdec);
    for round in 0..50_000_u32 {
        let mut part = || u32::try_from(random.bits() >> 32).unwrap();
        let (low, middle, high) = match round % 3 {
            0 => (part(), 0, 0),
            1 => (part(), part(), 0),
            _ => (part(), part(), part()),
        };
        let decimal = Decimal::from_parts(low, middle, high, round % 2 == 1, round % 29);
        let (read, text) = again(&decimal);
        assert_eq!(read.serialize(), decimal.serialize(), "{decimal} as {text}");
    }
    for edge in [
        Decimal::MAX,
        Decimal::MIN,
        Decimal::new(0, 28),
        Decimal::new(10, 1),
    ] {
        let (read, text) = again(&edge);
        assert_eq!(read.serialize(), edge.serialize(), "{edge} as {text}");
    }
}

#[test]
fn every_whole_number_is_read_as_it_was_written() {
    let mut random = Random::new(0x128);
    for round in 0..20_000 {
        let wide = (u128::from(random.bits()) << 64 | u128::from(random.bits())) >> (round % 128);
        kept(&wide);
        kept(&wide.cast_signed());
        kept(&-(wide >> 1).cast_signed());
        kept(&u64::try_from(wide >> 64).unwrap());
        kept(&u64::try_from(wide >> 64).unwrap().cast_signed());
    }
    kept(&i128::MIN);
    kept(&u128::MAX);
    kept(&i64::MIN);
    kept(&HashMap::from([(i128::MIN, u128::MAX)]));
}

#[test]
fn json_of_any_shape_is_read_as_it_was_written() {
    let mut random = Random::new(0x15);
    for number in doubles().take(50_000) {
        let value = json!({
            "Double": number,
            "Single": singles_of(random.bits()),
            "Whole": [random.bits(), random.bits().cast_signed(), 0, -1],
            "Text": "1.50", "None": null, "Z": {"b": true, "a": []},
        });
        kept(&value);
    }
    kept(&Value::Number(Number::from_f64(-0.0).unwrap()));
}

fn singles_of(bits: u64) -> Value {
    let single = f32::from_bits(u32::try_from(bits >> 32).unwrap());
    Number::from_f64(single.into()).map_or(Value::Null, Value::Number)
}

#[test]
fn a_key_that_serde_json_keeps_for_itself_is_refused_in_json_of_any_shape() {
    for key in [
        "$serde_json::private::RawValue",
        "$serde_json::private::Number",
    ] {
        let value = json!([{"Inner": {key: "17"}}]);

        let error = Json::encode(&value, &mut Vec::new())
            .unwrap_err()
            .to_string();

        assert!(error.contains(key), "{error}");
        // As the key of a map it is a text like others.
        kept(&HashMap::from([(key.to_owned(), "17".to_owned())]));
    }
}

#[test]
fn an_upcaster_hands_every_digit_on() {
    fn hand_on(json: &mut JsonObject) -> Result<(), plumberd::BoxError> {
        json.rename("Old", "New");
        Ok(())
    }
    #[derive(Event, Debug, PartialEq)]
    #[event(revision = 2, upcast(1 = hand_on))]
    struct Weighed {
        new: f64,
        single: f32,
        exact: Decimal,
        wide: i128,
    }

    let mut random = Random::new(0x0b);
    for (new, single) in doubles().zip(singles()).take(20_000) {
        let weighed = Weighed {
            new,
            single,
            exact: Decimal::from_parts(7, u32::try_from(random.bits() >> 32).unwrap(), 0, false, 9),
            wide: -i128::from(random.bits()) << 40,
        };
        let stored = NewEvent::encode(&weighed).unwrap();
        let first = String::from_utf8(stored.data().to_vec()).unwrap();
        let first = first.replace("\"New\"", "\"Old\"");
        let encoded = EncodedEvent::new("Weighed", stored.content_type(), 1, first.as_bytes());
        assert_eq!(Weighed::decode(0, &encoded).unwrap(), weighed);
    }
}

#[test]
fn headers_are_read_as_they_were_written() {
    for (double, single) in doubles().zip(singles()).take(5_000) {
        let context = MessageContext::new()
            .with_header("Double", &double)
            .unwrap()
            .with_header("Single", &single)
            .unwrap();
        let raw = RawMetadata::for_event(new_event_id(), 1, &context);
        let metadata = raw.parse().unwrap();
        let read: f64 = metadata.json().get_as("Double").unwrap().unwrap();
        assert_eq!(read.to_bits(), double.to_bits());
        let read: f32 = metadata.json().get_as("Single").unwrap().unwrap();
        assert_eq!(read.to_bits(), single.to_bits());
    }
}

#[test]
fn times_and_durations_of_whole_ticks_are_read_as_they_were_written() {
    let mut random = Random::new(0x71);
    for _ in 0..20_000 {
        let seconds = i64::try_from(random.bits() % 253_402_300_800).unwrap();
        let nanos = u32::try_from(random.bits() % 10_000_000).unwrap() * 100;
        let utc = DateTime::<Utc>::from_timestamp(seconds, nanos).unwrap();
        kept(&utc);
        kept(&utc.naive_utc());
        kept(&utc.time());
        kept(&utc.date_naive());
        let minutes = i32::try_from(random.bits() % 1_679).unwrap() - 839;
        let offset = FixedOffset::east_opt(minutes * 60).unwrap();
        if seconds > 86_400 && seconds < 253_402_214_400 {
            kept(&utc.with_timezone(&offset));
        }
        kept(&Duration::new(random.bits() % 922_337_203_685, nanos));
        kept(&-TimeDelta::new(seconds, nanos).unwrap());
    }
    kept(&NaiveTime::MIN);
}
