use super::check;
use crate::event::derive;
use expect_test::expect_file;
use quote::quote;

#[test]
fn a_struct() {
    let expansion = derive(quote! {
        #[event(type = "com.myco.credited", alias = "Credited", alias = "Paid", revision = 2, upcast(1 = add_currency))]
        pub struct Credited {
            #[event(id)]
            pub id: Uuid,
            pub amount: Decimal,
            #[event(rename = "IBAN", alias = "Account")]
            iban: Option<String>,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            notes: Vec<String>,
        }
    });
    check(expansion, &expect_file!["./snapshots/event_struct.rs"]);
}

#[test]
fn a_generic_struct() {
    let expansion = derive(quote! {
        struct Changed<T: Clone, const N: usize>
        where
            T: PartialEq,
        {
            #[event(with = "module")]
            from: T,
            to: [T; N],
            #[event(skip)]
            cache: u32,
        }
    });
    check(expansion, &expect_file!["./snapshots/event_generic.rs"]);
}

#[test]
fn structs_without_names() {
    let expansion = [
        derive(quote!(
            struct Closed;
        )),
        derive(quote!(
            struct Renamed(String);
        )),
        derive(quote!(
            struct Moved(i32, i32);
        )),
    ];
    let expansion = expansion.into_iter().collect();
    check(expansion, &expect_file!["./snapshots/event_unnamed.rs"]);
}

#[test]
fn an_enum() {
    let expansion = derive(quote! {
        #[event(crate = company::events)]
        enum OrderEvent {
            Placed { #[event(id)] id: Uuid, total: u32 },
            #[event(type = "order.cancelled", revision = 2, upcast_from = CancelledV1)]
            Cancelled,
            Noted(String),
            #[event(transparent)]
            Moved(Moved),
        }
    });
    check(expansion, &expect_file!["./snapshots/event_enum.rs"]);
}

#[test]
fn a_wrong_event_becomes_its_errors_and_an_implementation_without_content() {
    let expansion = derive(quote! {
        #[event(typ = "x")]
        struct Placed {
            #[event(renam = "x")]
            total: u32,
        }
    });
    check(expansion, &expect_file!["./snapshots/event_wrong.rs"]);
}
