//! What only the types of the fields can say: reported at the type that the user
//! wrote, also where that is an alias of another one.
//!
//! No field holds an `Option` whose `Some` is read as `None`, and no event is stored as
//! a value with an `Id` that is not the event's.

use super::{
    body::Body,
    field::{Field, Owner},
    part::Part,
};
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
    pub(super) fn check_items(&self) -> TokenStream {
        let outside = self.checks().filter(|(ty, _)| !self.is_made_inside(ty));
        outside
            .map(|(ty, check)| quote_spanned!(place(ty)=> const _: () = #check;))
            .collect()
    }

    /// The checks of types that stand on a parameter or on `Self`: made where
    /// those have a meaning.
    pub(super) fn checks_inside(&self) -> TokenStream {
        let inside = self.checks().filter(|(ty, _)| self.is_made_inside(ty));
        inside
            .map(|(ty, check)| quote_spanned!(place(ty)=> const { #check };))
            .collect()
    }

    fn is_made_inside(&self, ty: &Type) -> bool {
        self.item.is_generic(ty) || names_self(ty.to_token_stream())
    }

    /// Each type that is checked, and its check.
    fn checks(&self) -> impl Iterator<Item = (&Type, TokenStream)> {
        let fields = self.body.fields().iter();
        let stored = fields.filter(|field| {
            (field.written || field.read) && field.with.is_none() && !is_plain(&field.ty)
        });
        stored.flat_map(|field| {
            let ty = &field.ty;
            let null = quote_spanned! {place(ty)=>
                __p::assert_some_is_told(<#ty as __p::EventValue>::AMBIGUOUS)
            };
            [Some(null), self.id_check(field)]
                .into_iter()
                .flatten()
                .map(move |check| (ty, check))
        })
    }

    /// What is stored as the value inside has the keys of that, `Id` among them.
    fn id_check(&self, field: &Field) -> Option<TokenStream> {
        let ty = &field.ty;
        let is_whole = matches!(self.body, Body::Inner(..));
        (is_whole && self.owner == Owner::Event).then(|| {
            quote_spanned! {place(ty)=>
                __p::assert_id_is_marked(<#ty as __p::EventValue>::HAS_ID)
            }
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
