//! The stored form of every value, byte for byte, and what is refused.

use crate::stored_form::{read, refused, stored, unwritable, write};
use bytes::Bytes;
use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use plumberd::{
    EventValue,
    codec::{Codec, Json, JsonObject},
    event::{Shape, value::MapKey},
};
use plumberd_tests::vectors::{text, vectors};
use rust_decimal::Decimal;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    fmt::Debug,
    num::{NonZeroI8, NonZeroU64},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

#[test]
fn numbers_are_json_numbers() {
    stored(&true, "true");
    stored(&-128_i8, "-128");
    stored(&u64::MAX, "18446744073709551615");
    stored(&i128::MIN, "-170141183460469231731687303715884105728");
    stored(&u128::MAX, "340282366920938463463374607431768211455");
    stored(&NonZeroU64::MAX, "18446744073709551615");
    stored(&7_usize, "7");
    stored(&1.5_f32, "1.5");
    stored(&1.0_f64, "1.0");
    assert_eq!(write(&-0.0_f64), "-0.0");
    stored(&9_u8, "9");
}

#[test]
fn a_whole_number_is_read_as_a_float() {
    assert_eq!(read::<f64>("3").to_bits(), 3.0_f64.to_bits());
}

#[test]
fn numbers_out_of_range_are_refused() {
    refused::<u8>("256");
    refused::<i8>("-129");
    refused::<u32>("-1");
    refused::<NonZeroI8>("0");
    refused::<u32>("1.5");
    refused::<f32>("1e300");
}

#[test]
fn nan_and_infinities_are_errors_and_never_null() {
    assert_eq!(unwritable(&f64::NAN), "NaN has no stored form");
    assert_eq!(unwritable(&f32::INFINITY), "inf has no stored form");
    assert_eq!(
        unwritable(&Some(f64::NEG_INFINITY)),
        "-inf has no stored form"
    );
    assert_eq!(
        unwritable(&vec![1.0, f64::NAN]),
        "NaN has no stored form in `[1]`"
    );
    refused::<f64>("null");
}

#[test]
fn text_is_a_json_string() {
    stored(&'ż', "\"ż\"");
    stored(&"a\"b\n".to_owned(), r#""a\"b\n""#);
    stored(&Box::<str>::from("x"), "\"x\"");
    stored(&Arc::<str>::from("x"), "\"x\"");
    stored(&Cow::Borrowed("x"), "\"x\"");
    assert_eq!(read::<Arc<str>>(r#""g\u0119""#).as_ref(), "gę");
    refused::<String>("1");
    refused::<char>("\"ab\"");
}

#[test]
fn none_is_null() {
    stored(&None::<u32>, "null");
    stored(&Some(1), "1");
    stored(&(), "null");
}

#[test]
fn lists_are_arrays() {
    stored(&vec![1, 2], "[1,2]");
    stored(&Vec::<u32>::new(), "[]");
    stored(&VecDeque::from([1, 2]), "[1,2]");
    stored(&[1, 2, 3], "[1,2,3]");
    stored(&Box::<[i32]>::from([1, 2]), "[1,2]");
    stored(&BTreeSet::from([2, 1]), "[1,2]");
    stored(&HashSet::<i32>::from([2]), "[2]");
    stored(&vec![vec![1], vec![]], "[[1],[]]");
    stored(&Box::new(1), "1");
    stored(&Arc::new(vec![1]), "[1]");
}

#[test]
fn an_array_of_another_length_is_refused() {
    assert!(refused::<[i32; 3]>("[1,2]").starts_with("invalid length 2, expected a list of 3"));
    assert!(refused::<[u8; 3]>("\"AQI=\"").starts_with("invalid length 2, expected a list of 3"));
}

#[test]
fn tuples_are_arrays_of_their_length() {
    stored(&(1,), "[1]");
    stored(&(1, "a".to_owned(), None::<bool>), r#"[1,"a",null]"#);
    stored(&(1, 2, 3, 4, 5, 6, 7, 8), "[1,2,3,4,5,6,7,8]");
    assert!(refused::<(i32, i32)>("[1]").starts_with("invalid length 1, expected a list of 2"));
    assert!(refused::<(i32, i32)>("[1,2,3]").starts_with("invalid length 3, expected a list of 2"));
}

#[test]
fn bytes_are_base64() {
    stored(&vec![0_u8, 255, 16], "\"AP8Q\"");
    stored(&Vec::<u8>::new(), "\"\"");
    stored(&Bytes::from_static(b"a"), "\"YQ==\"");
    stored(&[1_u8, 2], "\"AQI=\"");
    stored(&Some(vec![1_u8]), "\"AQ==\"");
    stored(&vec![vec![1_u8]], "[\"AQ==\"]");
    assert!(refused::<Vec<u8>>("\"A\"").contains("expected bytes in base64"));
    refused::<Vec<u8>>("[1,2]");
}

#[test]
fn maps_are_objects_with_the_text_of_their_keys() {
    let id = Uuid::from_u128(1);
    stored(
        &BTreeMap::from([(2, "b".to_owned()), (1, "a".to_owned())]),
        r#"{"1":"a","2":"b"}"#,
    );
    stored(
        &HashMap::<String, i32>::from([("a".to_owned(), 1)]),
        r#"{"a":1}"#,
    );
    stored(
        &HashMap::<Uuid, bool>::from([(id, true)]),
        r#"{"00000000-0000-0000-0000-000000000001":true}"#,
    );
    let day = NaiveDate::from_ymd_opt(2025, 7, 13).unwrap();
    stored(&BTreeMap::from([(day, 1)]), r#"{"2025-07-13":1}"#);
    stored(&BTreeMap::from([(-1_i64, 1)]), r#"{"-1":1}"#);
    assert!(refused::<BTreeMap<u8, i32>>(r#"{"x":1}"#).contains("expected a key of the map"));
}

#[test]
fn keys_of_maps_are_also_bools_decimals_dates_and_times() {
    stored(
        &BTreeMap::from([(false, 1), (true, 2)]),
        r#"{"false":1,"true":2}"#,
    );
    stored(
        &BTreeMap::from([(Decimal::new(150, 2), 1), (Decimal::new(-2, 0), 2)]),
        r#"{"-2":2,"1.5":1}"#,
    );
    stored(
        &BTreeMap::from([(utc("2025-07-13T16:22:19.5Z"), 1)]),
        r#"{"2025-07-13T16:22:19.5Z":1}"#,
    );
    let day = NaiveDate::from_ymd_opt(2025, 7, 13).unwrap();
    let time = NaiveTime::from_hms_milli_opt(16, 22, 19, 500).unwrap();
    stored(
        &HashMap::<_, _>::from([(day.and_time(time), 1)]),
        r#"{"2025-07-13T16:22:19.5":1}"#,
    );
    stored(&BTreeMap::from([(time, 1)]), r#"{"16:22:19.5000000":1}"#);
    stored(
        &BTreeMap::from([(Duration::from_millis(1500), 1)]),
        r#"{"00:00:01.5000000":1}"#,
    );
    stored(
        &BTreeMap::from([(TimeDelta::seconds(-1), 1)]),
        r#"{"-00:00:01":1}"#,
    );
}

#[test]
fn of_a_key_only_the_spelling_that_is_written_is_read() {
    fn other<K: MapKey + Ord + Debug>(key: &str, spelled: &str) {
        let told = refused::<BTreeMap<K, u32>>(&format!(r#"{{"{key}":1}}"#));
        let expected = format!("`{key}` is no key of the map: the key is spelled `{spelled}`");
        assert!(told.starts_with(&expected), "{told}");
    }

    other::<Decimal>("1.50", "1.5");
    other::<Decimal>("-0", "0");
    other::<DateTime<Utc>>("2025-07-13T18:22:19+02:00", "2025-07-13T16:22:19Z");
    other::<NaiveTime>("16:22", "16:22:00");
    other::<Duration>("0.00:00:01", "00:00:01");
    other::<Uuid>(
        "00000000000000000000000000000001",
        "00000000-0000-0000-0000-000000000001",
    );
    refused::<BTreeMap<bool, u32>>(r#"{"True":1}"#);
    refused::<BTreeMap<NaiveDate, u32>>(r#"{"2025-7-13":1}"#);
}

#[test]
fn a_key_that_its_text_leaves_something_of_out_is_not_written() {
    let told = unwritable(&BTreeMap::from([
        (Duration::from_nanos(101), 1),
        (Duration::from_nanos(199), 2),
    ]));
    assert!(told.contains("a key of a map has no stored form"), "{told}");
    assert!(told.contains("parts below 100 ns"), "{told}");
    let year = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    assert!(unwritable(&HashMap::<_, _>::from([(year, 1)])).contains("10000"));
}

#[test]
fn a_newtype_of_a_key_is_a_key() {
    #[derive(EventValue, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    struct Sku(String);

    #[derive(EventValue, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    struct Number {
        value: u32,
    }

    #[derive(EventValue, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    struct Day(u8);

    stored(
        &BTreeMap::from([(Sku("A-1".into()), Number { value: 1 })]),
        r#"{"A-1":{"Value":1}}"#,
    );
    stored(&HashMap::<_, _>::from([(Day(7), 1)]), r#"{"7":1}"#);
    let told = refused::<BTreeMap<Day, u32>>(r#"{"07":1}"#);
    assert!(told.contains("the key is spelled `7`"), "{told}");
}

#[test]
fn a_hash_map_is_written_in_the_order_of_its_keys() {
    let map: HashMap<String, usize> = (0..50).map(|n| (format!("{n:02}"), n)).collect();

    let ordered: BTreeMap<_, _> = map.clone().into_iter().collect();

    assert_eq!(write(&map), write(&ordered));
}

#[test]
fn a_key_that_is_there_twice_is_an_error_that_names_it() {
    let error = refused::<BTreeMap<String, i32>>(r#"{"a":1,"b":1,"a":2}"#);
    assert!(error.starts_with("the key `a` is there twice"), "{error}");
    let error = refused::<HashMap<Uuid, i32>>(
        r#"{"00000000-0000-0000-0000-00000000000a":1,"00000000-0000-0000-0000-00000000000A":1}"#,
    );
    assert!(error.contains("is spelled"), "{error}");
    let error = refused::<OrderLine>(r#"{"StockUnit":"a","UnitPrice":1,"StockUnit":"a"}"#);
    assert!(error.starts_with("duplicate field `StockUnit`"), "{error}");
}

#[test]
fn a_number_as_a_key_is_read_only_as_it_is_written() {
    for (key, json) in [
        ("07", r#"{"07":1}"#),
        ("+7", r#"{"7":1,"+7":2}"#),
        ("7 ", r#"{"7 ":1}"#),
        ("-0", r#"{"-0":1}"#),
        ("00", r#"{"00":1}"#),
        ("-07", r#"{"-07":1}"#),
        ("", r#"{"":1}"#),
        ("7.0", r#"{"7.0":1}"#),
    ] {
        let named = [format!("string \"{key}\""), format!("`{key}` is no key")];
        for error in [
            refused::<BTreeMap<i64, u8>>(json),
            refused::<HashMap<i128, u8>>(json),
            refused::<HashMap<NonZeroI8, u8>>(json),
        ] {
            assert!(named.iter().any(|named| error.contains(named)), "{error}");
        }
    }
    refused::<HashMap<NaiveDate, u8>>(r#"{"2025-7-1":1}"#);
    stored(&BTreeMap::from([(0_u8, 1), (7, 2)]), r#"{"0":1,"7":2}"#);
    stored(&BTreeMap::from([(-7_i8, 1)]), r#"{"-7":1}"#);
    stored(
        &BTreeMap::from([(NaiveDate::from_ymd_opt(2025, 7, 1).unwrap(), 1)]),
        r#"{"2025-07-01":1}"#,
    );
}

#[test]
fn a_hash_set_is_written_in_the_order_of_its_values_json() {
    let set: HashSet<(u8, Vec<String>)> = (0..40)
        .map(|i| (i % 3, vec![format!("x{i}"), "y".into()]))
        .collect();
    let mut ordered: Vec<_> = set.iter().map(write).collect();
    ordered.sort_unstable();

    assert_eq!(write(&set), format!("[{}]", ordered.join(",")));
    assert_eq!(
        write(&HashSet::from(["b", "a", "ab"].map(String::from))),
        r#"["a","ab","b"]"#
    );
}

#[test]
fn a_type_of_the_application_can_be_a_key() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Iban(String);

    impl MapKey for Iban {
        fn to_text(&self) -> Cow<'_, str> {
            Cow::Borrowed(&self.0)
        }

        fn from_text(text: &str) -> Option<Self> {
            text.starts_with("DE").then(|| Self(text.to_owned()))
        }
    }

    stored(
        &BTreeMap::from([(Iban("DE1".to_owned()), 1)]),
        r#"{"DE1":1}"#,
    );
    refused::<BTreeMap<Iban, i32>>(r#"{"FR1":1}"#);
}

#[test]
fn a_uuid_is_lower_case_with_dashes() {
    let id = Uuid::from_u128(0xABCD_EF00_1234_4234_8234_5678_9012_3456);
    stored(&id, "\"abcdef00-1234-4234-8234-567890123456\"");
    assert_eq!(read::<Uuid>("\"ABCDEF00-1234-4234-8234-567890123456\""), id);
    assert!(refused::<Uuid>("\"x\"").contains("expected a UUID"));
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn times_in_utc_end_with_z_and_have_at_most_seven_digits() {
    stored(&utc("2025-07-13T16:22:19.5Z"), "\"2025-07-13T16:22:19.5Z\"");
    stored(&utc("2025-07-13T16:22:19Z"), "\"2025-07-13T16:22:19Z\"");
    stored(
        &utc("2025-07-13T16:22:19.0000001Z"),
        "\"2025-07-13T16:22:19.0000001Z\"",
    );
    stored(
        &utc("2025-07-13T16:22:19.0500Z"),
        "\"2025-07-13T16:22:19.05Z\"",
    );
    assert_eq!(
        write(&utc("2025-07-13T16:22:19.123456789Z")),
        "\"2025-07-13T16:22:19.1234567Z\""
    );
    assert_eq!(
        write(&utc("2025-07-13T16:22:19.00000009Z")),
        "\"2025-07-13T16:22:19Z\""
    );
    stored(&utc("0001-01-01T00:00:00Z"), "\"0001-01-01T00:00:00Z\"");
}

#[test]
fn times_with_an_offset_keep_it() {
    let time: DateTime<FixedOffset> = "2025-07-13T18:22:19.2192669+02:00".parse().unwrap();
    stored(&time, "\"2025-07-13T18:22:19.2192669+02:00\"");
    let west: DateTime<FixedOffset> = "2025-07-13T18:22:19-03:30".parse().unwrap();
    stored(&west, "\"2025-07-13T18:22:19-03:30\"");
    assert_eq!(
        read::<DateTime<FixedOffset>>("\"2025-07-13T18:22:19.2192669+02:00\"").offset(),
        time.offset()
    );
    let local = time.with_timezone(&Local);
    assert_eq!(read::<DateTime<Local>>(&write(&local)), local);
    assert!(
        !write(&local).contains('Z'),
        "a local time has a numeric offset"
    );
}

#[test]
fn times_of_other_precisions_and_zones_are_read() {
    // `created_accepted` of the vectors, and the edges of what .NET and Python write.
    for (text, expected) in [
        (
            "2025-07-13T18:22:19.2192669+02:00",
            "2025-07-13T16:22:19.2192669Z",
        ),
        (
            "2026-11-20T23:27:27.241294+00:00",
            "2026-11-20T23:27:27.241294Z",
        ),
        ("2026-11-20T23:27:27+00:00", "2026-11-20T23:27:27Z"),
        (
            "2025-07-13T18:22:19.2192660+00:00",
            "2025-07-13T18:22:19.219266Z",
        ),
        ("2025-07-13T16:22:19.5Z", "2025-07-13T16:22:19.5Z"),
        (
            "2025-07-13T16:22:19.1234567899999999Z",
            "2025-07-13T16:22:19.123456789Z",
        ),
        ("2025-07-13T16:22Z", "2025-07-13T16:22:00Z"),
        ("2025-07-13T16:22:19+0200", "2025-07-13T14:22:19Z"),
        ("2025-07-13T16:22:19-02", "2025-07-13T18:22:19Z"),
        ("2025-07-13 16:22:19z", "2025-07-13T16:22:19Z"),
    ] {
        assert_eq!(
            read::<DateTime<Utc>>(&format!("\"{text}\"")),
            utc(expected),
            "{text}"
        );
        let metadata = format!(r#"{{"Created":"{text}"}}"#);
        let created = plumberd::event::Metadata::from_json(metadata.as_bytes())
            .unwrap()
            .created();
        assert_eq!(created.unwrap().unwrap(), utc(expected), "{text}");
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "2025-07-13",
        "2025-07-13T16:22:19",
        "2025-07-13T16:22:19.Z",
        "2025-07-13T16:22:19.12345678901234567Z",
        "2025-13-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-07-13T24:00:00Z",
        "2025-07-13T16:22:60Z",
        "2025-07-13T16:22:19+24:00",
        "2025-07-13T16:22:19+02:",
        "2025-07-13T16:22:19Zx",
        "0000-01-01T00:00:00Z",
        "12025-07-13T16:22:19Z",
        "２025-07-13T16:22:19Z",
    ] {
        let error = refused::<DateTime<Utc>>(&format!("\"{text}\""));
        assert!(error.contains("expected a time as"), "{text}: {error}");
    }
    refused::<DateTime<Utc>>("1752423739");
}

#[test]
fn a_year_that_dotnet_does_not_have_is_refused() {
    let late = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    assert_eq!(
        unwritable(&late),
        "the year 10000 has no stored form; years are 1 to 9999"
    );
    let late = late.and_time(NaiveTime::MIN);
    unwritable(&late);
    unwritable(&late.and_utc());
}

#[test]
fn an_error_repeats_of_a_long_text_only_the_beginning() {
    #[track_caller]
    fn brief<T: EventValue + Debug>(json: &str) {
        let error = Json::decode::<T>(json.as_bytes()).expect_err(json);
        let mut whole = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            whole += &cause.to_string();
            source = cause.source();
        }
        assert!(whole.contains("ssssssss"), "{whole}");
        assert!(whole.contains('…'), "{whole}");
        assert!(!whole.contains(&"s".repeat(41)), "{whole}");
    }

    let secret = format!("\"{}\"", "s".repeat(1000));
    brief::<DateTime<Utc>>(&secret);
    brief::<Uuid>(&secret);
    brief::<Decimal>(&secret);
    brief::<Vec<u8>>(&secret.replace("ss\"", "s!\""));
    brief::<Currency>(&secret);
    brief::<BTreeMap<u8, u8>>(&format!("{{{secret}:1}}"));
    // These are what serde says.
    brief::<u32>(&secret);
    brief::<char>(&secret);
    brief::<Vec<bool>>(&format!("[{secret}]"));
    brief::<Payment>(&secret);
    assert_eq!(
        refused::<u32>(r#""żółw""#),
        "invalid type: string \"żółw\", expected u32 at line 1 column 9"
    );
}

#[test]
fn the_last_and_the_first_time_of_chrono_are_refused_with_every_offset() {
    for hours in [-23, -2, 0, 2, 23] {
        let offset = FixedOffset::east_opt(hours * 3600).unwrap();
        for time in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
            let message = unwritable(&time.with_timezone(&offset));
            assert!(
                message.ends_with("has no stored form; years are 1 to 9999"),
                "{message}"
            );
        }
    }
}

#[test]
fn times_without_a_zone_have_no_suffix() {
    let time: NaiveDateTime = "2025-07-13T18:22:19.25".parse().unwrap();
    stored(&time, "\"2025-07-13T18:22:19.25\"");
    refused::<NaiveDateTime>("\"2025-07-13T18:22:19Z\"");
    stored(
        &NaiveDate::from_ymd_opt(2025, 7, 3).unwrap(),
        "\"2025-07-03\"",
    );
    refused::<NaiveDate>("\"2025-7-3\"");
}

#[test]
fn a_time_of_day_is_a_time_only_of_dotnet() {
    stored(&NaiveTime::from_hms_opt(1, 2, 3).unwrap(), "\"01:02:03\"");
    let half = NaiveTime::from_hms_milli_opt(1, 2, 3, 500).unwrap();
    stored(&half, "\"01:02:03.5000000\"");
    assert_eq!(read::<NaiveTime>("\"01:02:03.5\""), half);
    refused::<NaiveTime>("\"25:00:00\"");
}

#[test]
fn durations_are_time_spans_of_dotnet() {
    let spans = vectors("timespans");
    let spans = spans
        .iter()
        .map(|span| (text(span, "text"), span["nanos"].as_i64().unwrap()));
    for (text, nanos) in spans.chain([("-1.00:00:00.5000000", -86_400_500_000_000)]) {
        stored(&TimeDelta::nanoseconds(nanos), &format!("\"{text}\""));
        match u64::try_from(nanos) {
            Ok(nanos) => stored(&Duration::from_nanos(nanos), &format!("\"{text}\"")),
            Err(_) => drop(refused::<Duration>(&format!("\"{text}\""))),
        }
    }
}

#[test]
fn the_longest_and_the_shortest_time_span_are_those_of_dotnet() {
    let longest = Duration::new(922_337_203_685, 477_580_700);
    stored(&longest, "\"10675199.02:48:05.4775807\"");
    assert_eq!(
        unwritable(&(longest + Duration::from_nanos(100))),
        "a duration longer than .NET's, of 10675199 days"
    );
    unwritable(&Duration::MAX);
    unwritable(&TimeDelta::MIN);
    let shortest: TimeDelta = read("\"-10675199.02:48:05.4775808\"");
    assert_eq!(write(&shortest), "\"-10675199.02:48:05.4775808\"");
    refused::<TimeDelta>("\"-10675199.02:48:05.4775809\"");
    refused::<TimeDelta>("\"99999999.00:00:00\"");
}

#[test]
fn parts_of_a_duration_below_100_ns_are_dropped() {
    assert_eq!(write(&Duration::from_nanos(199)), "\"00:00:00.0000001\"");
    assert_eq!(
        write(&TimeDelta::nanoseconds(-199)),
        "\"-00:00:00.0000001\""
    );
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in [
        "",
        "1",
        "00:00",
        "24:00:00",
        "00:60:00",
        "1:00:00",
        "00:00:00.",
        "00:00:00.12345678",
        "--00:00:00",
        "1.00:00:00x",
    ] {
        refused::<TimeDelta>(&format!("\"{text}\""));
    }
    assert_eq!(
        read::<Duration>("\"00:00:00.5\""),
        Duration::from_millis(500)
    );
}

#[test]
fn a_decimal_is_a_number_that_keeps_its_scale() {
    for text in [
        "0",
        "0.00",
        "1.50",
        "-12.3400",
        "100",
        "79228162514264337593543950335",
        "0.0000000000000000000000000001",
        "123456789.123456789123456789",
    ] {
        let decimal = Decimal::from_str_exact(text).unwrap();
        assert_eq!(write(&decimal), text);
        assert_eq!(read::<Decimal>(text).to_string(), text);
    }
}

#[test]
fn a_decimal_is_read_from_exponents_and_strings() {
    for (json, text) in [
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("1.50e-1", "0.150"),
        ("-25e-2", "-0.25"),
        ("\"1.50\"", "1.50"),
        ("\"-1e2\"", "-100"),
    ] {
        assert_eq!(read::<Decimal>(json).to_string(), text, "{json}");
    }
}

#[test]
fn a_decimal_that_would_lose_digits_is_refused() {
    for json in [
        "79228162514264337593543950336",
        "0.00000000000000000000000000001",
        "1e29",
        "1e-29",
        "1e99999999999999999999",
        "true",
        "null",
        "\"x\"",
        "\"1_000\"",
        "\"\"",
        "[1]",
    ] {
        assert!(
            refused::<Decimal>(json).contains("is not a decimal number"),
            "{json}"
        );
    }
}

#[test]
fn json_of_any_shape_is_kept() {
    stored(
        &serde_json::json!({"b": [1, null], "a": "x"}),
        r#"{"a":"x","b":[1,null]}"#,
    );
    let object = JsonObject::parse(br#"{"b":1.50,"a":2}"#).unwrap();
    stored(&object, r#"{"b":1.50,"a":2}"#);
}

#[derive(EventValue, Debug, PartialEq)]
struct OrderLine {
    stock_unit: String,
    unit_price: Decimal,
    #[event(rename = "VAT")]
    vat: Option<Decimal>,
}

#[test]
fn a_struct_is_an_object_with_names_in_pascal_case() {
    let line = OrderLine {
        stock_unit: "a".to_owned(),
        unit_price: Decimal::new(150, 2),
        vat: None,
    };
    stored(&line, r#"{"StockUnit":"a","UnitPrice":1.50,"VAT":null}"#);
    stored(
        &vec![line],
        r#"[{"StockUnit":"a","UnitPrice":1.50,"VAT":null}]"#,
    );
}

#[derive(EventValue, Debug, PartialEq)]
struct Meters(f64);

#[derive(EventValue, Debug, PartialEq)]
struct Point(i32, i32);

#[derive(EventValue, Debug, PartialEq)]
struct Marker;

#[derive(EventValue, Debug, PartialEq)]
struct Tree {
    label: String,
    children: Vec<Tree>,
}

#[derive(EventValue, Debug, PartialEq)]
struct Pair<K, const N: usize> {
    left: K,
    right: [K; N],
}

#[test]
fn tuple_structs_are_their_value_or_an_array() {
    stored(&Meters(1.5), "1.5");
    stored(&Point(1, -2), "[1,-2]");
    stored(&Marker, "{}");
}

#[test]
fn values_may_be_recursive_and_generic() {
    let leaf = Tree {
        label: "leaf".to_owned(),
        children: vec![],
    };
    let tree = Tree {
        label: "root".to_owned(),
        children: vec![leaf],
    };
    stored(
        &tree,
        r#"{"Label":"root","Children":[{"Label":"leaf","Children":[]}]}"#,
    );
    let pair = Pair {
        left: 1_u16,
        right: [2, 3],
    };
    stored(&pair, r#"{"Left":1,"Right":[2,3]}"#);
    assert!(
        Shape::of::<Tree>()
            .to_string()
            .contains("Children: [(as above)]")
    );
}

#[derive(EventValue, Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Level {
    Low = -1,
    Mid,
    High = 10,
}

#[test]
fn an_enum_is_stored_as_its_number() {
    stored(&Level::Low, "-1");
    stored(&Level::Mid, "0");
    stored(&Level::High, "10");
    assert!(refused::<Level>("2").starts_with("2 is no `Level`"));
    refused::<Level>("\"Low\"");
    refused::<Level>("1.0");
}

#[test]
fn an_enum_is_a_key_by_its_name() {
    stored(&BTreeMap::from([(Level::High, 1)]), r#"{"High":1}"#);
}

#[derive(EventValue, Debug, PartialEq)]
#[repr(u64)]
enum Huge {
    Most = u64::MAX,
}

#[test]
fn discriminants_may_be_as_large_as_json_numbers() {
    stored(&Huge::Most, "18446744073709551615");
}

#[derive(EventValue, Debug, PartialEq)]
#[event(as = "string")]
enum Currency {
    Eur,
    #[event(rename = "US$")]
    Usd,
    r#Pln,
}

#[test]
fn an_enum_is_stored_as_its_name_on_request() {
    stored(&Currency::Eur, "\"Eur\"");
    stored(&Currency::Usd, "\"US$\"");
    stored(&Currency::Pln, "\"Pln\"");
    assert!(refused::<Currency>("\"Usd\"").starts_with("`Usd` is no `Currency`"));
    assert_eq!(read::<Currency>("0"), Currency::Eur);
}

#[derive(EventValue, Debug, PartialEq)]
enum Payment {
    Cash,
    #[event(rename = "CreditCard")]
    Card {
        card_number: String,
        #[event(default)]
        retries: u8,
    },
}

#[test]
fn an_enum_with_data_is_an_object_that_begins_with_its_type() {
    stored(&Payment::Cash, r#"{"$type":"Cash"}"#);
    let card = Payment::Card {
        card_number: "1".to_owned(),
        retries: 2,
    };
    stored(
        &card,
        r#"{"$type":"CreditCard","CardNumber":"1","Retries":2}"#,
    );
    assert_eq!(
        read::<Payment>(r#"{"$type":"CreditCard","Other":1,"CardNumber":"1"}"#),
        Payment::Card {
            card_number: "1".to_owned(),
            retries: 0
        }
    );
}

#[test]
fn an_enum_with_data_needs_its_type_first() {
    assert!(
        refused::<Payment>(r#"{"CardNumber":"1"}"#).starts_with("the first key is not `$type`")
    );
    assert!(refused::<Payment>("{}").starts_with("the first key is not `$type`"));
    assert!(refused::<Payment>(r#"{"$type":"Card"}"#).starts_with("`Card` is no `Payment`"));
    assert!(
        refused::<Payment>(r#"{"$type":"CreditCard"}"#).starts_with("missing field `CardNumber`")
    );
    assert!(refused::<Payment>("\"Cash\"").contains("begins with `$type`"));
}

#[test]
fn a_shape_says_what_is_stored() {
    #[derive(EventValue)]
    struct All {
        time: DateTime<Utc>,
        span: Duration,
        amount: Option<Decimal>,
        data: Vec<u8>,
        ids: Vec<Uuid>,
        names: BTreeMap<String, u32>,
        level: Level,
        currency: Currency,
        pair: (f64, String),
        #[event(with = "plumberd::value::serde")]
        other: String,
    }

    let expected = "{
  Time: time
  Span: duration
  Amount: decimal?
  Data: bytes
  Ids: [uuid]
  Names: map of integer
  Level: one of {
    Low = -1: integer
    Mid = 0: integer
    High = 10: integer
  }
  Currency: one of {
    Eur: text
    US$: text
    Pln: text
  }
  Pair: (number, text)
  Other: as `plumberd::value::serde` writes it
}";
    assert_eq!(Shape::of::<All>().to_string(), expected);
}

#[test]
fn to_reorder_the_variants_of_a_numeric_enum_is_another_shape() {
    mod before {
        #[derive(plumberd::EventValue)]
        pub(super) enum State {
            Paid,
            Void,
        }
    }
    mod after {
        #[derive(plumberd::EventValue)]
        pub(super) enum State {
            Void,
            Paid,
        }
    }

    let (before, after) = (Shape::of::<before::State>(), Shape::of::<after::State>());

    assert_ne!(before, after);
    assert_ne!(before.fingerprint(), after.fingerprint());
}

#[test]
fn a_shape_says_which_fields_are_skipped_however_deep() {
    #[derive(EventValue)]
    #[expect(dead_code, reason = "what is skipped is not read")]
    struct Tally {
        count: u32,
        #[event(skip)]
        index: Duration,
        #[event(skip_serializing, default)]
        unwritten: u32,
        #[event(skip_deserializing)]
        unread: Vec<u32>,
    }

    #[derive(EventValue)]
    enum Counted {
        No,
        Yes {
            tallies: BTreeMap<String, Vec<Option<(u8, Tally)>>>,
        },
    }

    #[derive(EventValue)]
    struct Whole {
        #[event(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[event(default)]
        count: u32,
    }

    assert_eq!(
        Shape::of::<Tally>().to_string(),
        "{
  Count: integer
  Index: (skipped)
  Unwritten: (skipped)
  Unread: [integer] (skipped)
}"
    );
    assert!(Shape::of::<Tally>().has_skipped());
    assert!(Shape::of::<Counted>().has_skipped());
    assert!(!Shape::of::<Whole>().has_skipped());
    assert!(!Shape::of::<Payment>().has_skipped());
}
