//! The code of an enum without data: its numbers or its names.

use super::{
    expand::{arm, event_value},
    item::Item,
    model::Variant,
};
use proc_macro2::TokenStream;
use quote::quote;

/// An enum that is written as names, or as numbers. Beside names, numbers are
/// read, as System.Text.Json has it.
pub(super) fn choice(item: &Item, variants: &[Variant], as_name: bool) -> TokenStream {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| &variant.name).collect();
    let numbers = numbers(item, variants);
    let write = if as_name {
        quote! {
            let __name = match self { #(Self::#idents {} => #names,)* };
            __p::Serializer::serialize_str(__serializer, __name)
        }
    } else {
        quote! {
            let __number = match self { #(Self::#idents {} => #numbers,)* };
            __p::write_number(__number, __serializer)
        }
    };
    let name = &item.name;
    let aliases = aliases(variants);
    let indexes = 0..variants.len();
    let known = if as_name {
        quote!(&[#((#names, #indexes),)* #(#aliases),*])
    } else {
        quote!(&[])
    };
    let other = variants.iter().position(|variant| variant.other);
    let other = other.map_or_else(|| quote!(__p::None), |other| quote!(__p::Some(#other)));
    let all = quote!(const { &[#(#numbers),*] });
    let arms = idents.iter().enumerate().map(|(index, ident)| {
        let arm = arm(index, variants);
        quote!(#arm => Self::#ident {})
    });
    let read = quote! {
        let __choices = __p::Choices {
            name: #name,
            names: #known,
            numbers: #all,
            other: #other,
        };
        __p::Ok(match __p::read_choice(__deserializer, __choices)? { #(#arms,)* })
    };
    let shape = if as_name {
        quote!(__p::name_shape(&[#(#names),*]))
    } else {
        quote!(__p::number_shape(&[#(#names),*], #all))
    };
    let own = event_value(item, None, &write, &read, &shape);
    let key = map_key(item, variants);
    quote!(#own #key)
}

fn aliases(variants: &[Variant]) -> Vec<TokenStream> {
    let variants = variants.iter().enumerate();
    let aliases = variants.flat_map(|(index, variant)| {
        let aliases = variant.aliases.iter();
        aliases.map(move |alias| quote!((#alias, #index)))
    });
    aliases.collect()
}

/// The number of each variant.
fn numbers(item: &Item, variants: &[Variant]) -> Vec<TokenStream> {
    let cast = variants.iter().all(|variant| variant.unit);
    let repr = &item.repr;
    let mut first = quote!(0);
    let mut after = 0_i128;
    let mut numbers = Vec::new();
    for variant in variants {
        let ident = &variant.ident;
        if let Some(number) = &variant.number {
            first = quote!(({ const __NUMBER: #repr = #number; __NUMBER } as __p::i128));
            after = 0;
        }
        numbers.push(if cast {
            quote!(Self::#ident as __p::i128)
        } else {
            // `Self::A` is a function when it is declared as `A()`, and a cast
            // of that is its address.
            let after = proc_macro2::Literal::i128_unsuffixed(after);
            quote!(#first + #after)
        });
        after += 1;
    }
    numbers
}

/// Names as keys of maps, in whatever form the values are stored: so has
/// System.Text.Json it. A key has one spelling, and is never one that is not
/// known: two of those would be one entry.
fn map_key(item: &Item, variants: &[Variant]) -> TokenStream {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| &variant.name).collect();
    let header = item.implement();
    let header = header.of(&quote!(__p::MapKey));
    let readable = variants.iter().map(|variant| {
        let (ident, name, aliases) = (&variant.ident, &variant.name, &variant.aliases);
        quote!(#name #(| #aliases)* => __p::Some(Self::#ident {}))
    });
    let spelled = variants.iter().any(|variant| !variant.aliases.is_empty());
    let spelled = spelled.then(|| {
        quote! {
            fn is_spelled(&self, _: &__p::str) -> __p::bool {
                true
            }
        }
    });
    quote! {
        #header {
            fn to_text(&self) -> __p::Cow<'_, __p::str> {
                __p::Cow::Borrowed(match self { #(Self::#idents {} => #names,)* })
            }
            fn from_text(__text: &__p::str) -> __p::Option<Self> {
                match __text {
                    #(#readable,)*
                    _ => __p::None,
                }
            }
            #spelled
        }
    }
}
