//! That no field holds an `Option` whose `Some` is read as `None`: reported at
//! the type that the user wrote, also where that is an alias of one.

use super::{field::Field, part::Part};
use crate::support::place;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{PathArguments, Type};

/// Types that hold no other ones, by their names.
const PLAIN: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f32", "f64", "String", "Uuid", "Decimal",
];

impl Part<'_> {
    /// The checks of types that stand on no parameter: items, so that they are
    /// made where the type is declared.
    pub(super) fn null_items(&self) -> TokenStream {
        let fields = self
            .checked()
            .filter(|field| !self.is_made_inside(&field.ty));
        fields
            .map(|field| {
                let ty = &field.ty;
                quote_spanned! {place(ty)=>
                    const _: () = __p::assert_some_is_told(<#ty as __p::EventValue>::AMBIGUOUS);
                }
            })
            .collect()
    }

    /// The checks of types that stand on a parameter or on `Self`: made where
    /// those have a meaning.
    pub(super) fn null_checks(&self) -> TokenStream {
        let fields = self
            .checked()
            .filter(|field| self.is_made_inside(&field.ty));
        fields
            .map(|field| {
                let ty = &field.ty;
                quote_spanned! {place(ty)=>
                    const { __p::assert_some_is_told(<#ty as __p::EventValue>::AMBIGUOUS) };
                }
            })
            .collect()
    }

    fn is_made_inside(&self, ty: &Type) -> bool {
        self.item.is_generic(ty) || names_self(ty.to_token_stream())
    }

    fn checked(&self) -> impl Iterator<Item = &Field> {
        let stored = self.body.fields().iter();
        stored.filter(|field| {
            (field.written || field.read) && field.with.is_none() && !is_plain(&field.ty)
        })
    }
}

fn names_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_self(group.stream()),
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn is_plain(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    path.path.segments.last().is_some_and(|last| {
        matches!(last.arguments, PathArguments::None)
            && PLAIN.iter().any(|plain| last.ident == plain)
    })
}
