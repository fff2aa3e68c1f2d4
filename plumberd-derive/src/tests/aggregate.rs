use crate::aggregate::{COMMAND_HANDLER, EVENT_SOURCING_HANDLER, attribute, misplaced};
use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

/// Compares with the snapshot; `UPDATE_EXPECT=1` writes it.
fn check(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    let tokens = attribute(args, item);
    let text = match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error}\n{tokens}"),
    };
    expected.assert_eq(&text);
}

#[test]
fn an_aggregate_of_two_events() {
    check(
        quote!(),
        &quote! {
            impl Account {
                /// Stays as it is.
                #[event_sourcing_handler]
                fn on_opened(&mut self, _event: &AccountOpened) {
                    self.open = true;
                }

                #[event_sourcing_handler]
                pub(crate) fn on_credited(&mut self, event: &AccountCredited) {
                    self.balance = event.balance;
                }

                pub fn balance(&self) -> Decimal {
                    self.balance
                }
            }
        },
        &expect_file!["snapshots/aggregate_of_two_events.rs"],
    );
}

#[test]
fn an_aggregate_with_everything() {
    check(
        quote!(
            category = "Order",
            id = OrderNumber,
            unknown_events = "skip",
            crate = my::plumberd
        ),
        &quote! {
            #[cfg(feature = "orders")]
            #[allow(clippy::unused_self)]
            impl domain::Order {
                #[plumberd::event_sourcing_handler]
                #[cfg(unix)]
                fn on_placed(&mut self, event: &OrderPlaced, metadata: &Metadata) {
                    self.placed_by = metadata.user_id();
                }

                #[command_handler]
                #[cfg(unix)]
                fn place(&self, command: PlaceOrder<'_>) -> Decision<OrderPlaced> {
                    Ok(OrderPlaced)
                }
            }
        },
        &expect_file!["snapshots/aggregate_with_everything.rs"],
    );
}

#[test]
fn mistakes_leave_impls_that_do_nothing() {
    check(
        quote!(categry = "Account"),
        &quote! {
            impl Account {
                #[event_sourcing_handler]
                async fn on_opened(&mut self, event: &AccountOpened) {}

                #[command_handler]
                fn open(&mut self, command: OpenAccount) -> Result<AccountOpened, Refused> {
                    Ok(AccountOpened)
                }
            }
        },
        &expect_file!["snapshots/aggregate_with_mistakes.rs"],
    );
}

/// Whatever stands there comes back, with an error in front.
#[test]
fn what_is_no_impl_block_is_left_alone() {
    for item in [
        quote!(
            struct Account;
        ),
        quote!(
            fn account() {}
        ),
        quote!(not rust at all),
        quote!(),
    ] {
        let tokens = attribute(quote!(), &item).to_string();

        assert!(tokens.contains("compile_error"), "{tokens}");
        assert!(tokens.ends_with(&item.to_string()), "{tokens}");
    }
}

#[test]
fn nothing_that_is_written_makes_the_macro_panic() {
    let args = [
        quote!(),
        quote!(,),
        quote!(= =),
        quote!(category),
        quote!(category =),
        quote!(category("Account")),
        quote!(crate = 5, id = 5, unknown_events = 5, category = 5),
    ];
    let items = [
        quote!(
            impl Account {}
        ),
        quote!(
            impl<T: Clone> Trait for [T] {}
        ),
        quote!(
            impl () {}
        ),
        quote!(
            impl dyn Any {
                #[event_sourcing_handler()]
                fn r#type(&mut self, event: &r#struct) {}
                #[event_sourcing_handler(1 + 1)]
                fn f();
                #[command_handler = 5]
                fn g(self: Box<Self>, (a, b): (A, B)) -> ! {}
                #[event_sourcing_handler]
                const X: u8 = 1;
                #[command_handler]
                fn h(&self, c: [u8; { 1 }]) -> [Result<(), ()>; 2] {}
            }
        ),
        quote!(
            impl <Account as Trait>::Assoc {
                #[event_sourcing_handler]
                fn f(&mut self, event: &(dyn Any + Send), m: &Metadata) {}
            }
        ),
    ];
    for args in &args {
        for item in &items {
            let _ = attribute(args.clone(), item);
        }
    }
    for item in &items {
        let _ = misplaced(EVENT_SOURCING_HANDLER, item);
        let _ = misplaced(COMMAND_HANDLER, item);
    }
}
