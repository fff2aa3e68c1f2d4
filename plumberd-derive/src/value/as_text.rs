//! The code of a type that is stored as the text it is displayed as.

use super::{expand::event_value, item::Item};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn text(item: &Item) -> TokenStream {
    let name = &item.name;
    let form = format!("text of {name}");
    let own = event_value(
        item,
        None,
        &quote!(__p::write_as_text(self, __serializer, #name)),
        &quote!(__p::read_as_text(__deserializer, #name)),
        &quote!(__p::Shape::Scalar(#form)),
    );
    // That it is not, one error says and not those of both implementations.
    let header = item.implement();
    let header = header.asking(&quote!(__p::MapKey), &quote!(for<'__k> Self: __p::AsText));
    quote! {
        #own
        #header {
            fn to_text(&self) -> __p::Cow<'_, __p::str> {
                __p::Cow::Owned(__p::displayed(self))
            }
            fn from_text(__text: &__p::str) -> __p::Option<Self> {
                __p::Result::ok(__p::key_of(__text))
            }
            fn checked_text(&self) -> __p::Result<__p::Cow<'_, __p::str>, __p::String> {
                __p::Result::map(__p::to_checked_text(self), __p::Cow::Owned)
            }
            fn from_checked_text(__text: &__p::str) -> __p::Result<Self, __p::String> {
                __p::key_of(__text)
            }
        }
    }
}
