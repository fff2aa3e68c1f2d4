use super::check;
use crate::value::derive;
use expect_test::expect_file;
use quote::quote;

#[test]
fn a_struct() {
    let expansion = derive(quote! {
        struct Line {
            stock_unit: String,
            count: u32,
        }
    });
    check(expansion, &expect_file!["./snapshots/value_struct.rs"]);
}

#[test]
fn an_enum_as_numbers() {
    let expansion = derive(quote! {
        enum Level { Low = -1, High = 10 }
    });
    check(expansion, &expect_file!["./snapshots/value_numbers.rs"]);
}

#[test]
fn an_enum_as_names() {
    let expansion = derive(quote! {
        #[event(as = "string")]
        enum Currency { Eur, #[event(rename = "US$")] Usd }
    });
    check(expansion, &expect_file!["./snapshots/value_names.rs"]);
}

#[test]
fn an_enum_with_data() {
    let expansion = derive(quote! {
        enum Payment { Cash, Card { number: String } }
    });
    check(expansion, &expect_file!["./snapshots/value_tagged.rs"]);
}
