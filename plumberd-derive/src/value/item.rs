//! The type that a macro stands on.
use crate::support::{CratePath, Errors, allow_deprecated, place};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericParam, Generics, Ident, Meta, ext::IdentExt,
};

use super::{field::Field, reading::Reading};

/// The name, the generics and the place of the runtime.
pub(crate) struct Item {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) generics: Generics,
    pub(crate) krate: CratePath,
    /// What lints are told about the code of the item.
    lints: Option<TokenStream>,
    /// Whether its fields are not aligned, so that none can be lent.
    packed: bool,
    /// How its fields are read.
    pub(crate) reading: Reading,
    /// The type of the numbers of its variants.
    pub(super) repr: Ident,
}

impl Item {
    /// The item of `input`; nothing is asked of its type parameters but what
    /// the user wrote.
    pub(crate) fn new(input: &DeriveInput, krate: CratePath) -> Self {
        Self {
            ident: input.ident.clone(),
            name: input.ident.unraw().to_string(),
            generics: input.generics.clone(),
            krate,
            lints: allow_deprecated(attributes(input)),
            packed: input.attrs.iter().any(packs),
            reading: Reading::default(),
            repr: repr(&input.attrs),
        }
    }

    /// A reference to a field of `self`; of a packed struct, to a copy of it.
    pub(crate) fn lend(&self, field: &Field) -> TokenStream {
        let member = &field.member;
        if self.packed {
            quote_spanned!(place(&field.ty)=> &{ self.#member })
        } else {
            quote!(&self.#member)
        }
    }

    /// A statement that changes a field of `self` by `change`, which is given
    /// a reference to it.
    pub(crate) fn change(
        &self,
        field: &Field,
        change: impl FnOnce(&TokenStream) -> TokenStream,
    ) -> TokenStream {
        let member = &field.member;
        if self.packed {
            let change = change(&quote!(&mut __own));
            quote!(let mut __own = self.#member; #change; self.#member = __own;)
        } else {
            let change = change(&quote!(&mut self.#member));
            quote!(#change;)
        }
    }

    /// Wraps the implementations of the item into a block of their own, where
    /// `__p` is what macro output names.
    pub(crate) fn block(&self, content: &TokenStream) -> TokenStream {
        let Self { krate, lints, .. } = self;
        let check = krate.check_in_block();
        quote! {
            #lints
            const _: () = {
                use #krate::__private as __p;
                #check
                #content
            };
        }
    }

    pub(crate) fn implement(&self) -> Implement<'_> {
        Implement(self)
    }
}

/// The attributes of the item, its variants and its fields.
fn attributes(input: &DeriveInput) -> impl Iterator<Item = &Attribute> {
    fn of_fields(fields: &Fields) -> impl Iterator<Item = &Attribute> {
        fields.iter().flat_map(|field| &field.attrs)
    }
    let (fields, variants) = match &input.data {
        Data::Struct(data) => (Some(of_fields(&data.fields)), None),
        Data::Enum(data) => (None, Some(&data.variants)),
        Data::Union(_) => (None, None),
    };
    let variants = variants.into_iter().flatten();
    let of_variants =
        variants.flat_map(|variant| variant.attrs.iter().chain(of_fields(&variant.fields)));
    let own = input.attrs.iter();
    own.chain(fields.into_iter().flatten()).chain(of_variants)
}

/// The type in `#[repr(…)]`, else the one that numbers have without.
fn repr(attrs: &[Attribute]) -> Ident {
    let reprs = attrs.iter().filter(|attr| attr.path().is_ident("repr"));
    let words = reprs.flat_map(|attr| match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    });
    let named = words.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word.to_string().starts_with(['i', 'u']) => Some(word),
        _ => None,
    });
    named.unwrap_or_else(|| Ident::new("isize", Span::call_site()))
}

/// Whether it is a `#[repr(packed)]`.
fn packs(attr: &Attribute) -> bool {
    matches!(&attr.meta, Meta::List(list) if list.path.is_ident("repr")
    && list.tokens.clone().into_iter().any(
        |token| matches!(token, TokenTree::Ident(word) if word == "packed"),
    ))
}

/// The head of an implementation.
pub(crate) struct Implement<'a>(&'a Item);

impl Implement<'_> {
    pub(crate) fn of(&self, implemented: &TokenStream) -> TokenStream {
        let Item {
            ident, generics, ..
        } = self.0;
        let (params, args, clause) = generics.split_for_impl();
        quote!(#[automatically_derived] impl #params #implemented for #ident #args #clause)
    }

    /// As [`Implement::of`], where something more must hold.
    pub(crate) fn asking(&self, implemented: &TokenStream, bound: &TokenStream) -> TokenStream {
        let mut generics = self.0.generics.clone();
        let clause = generics.make_where_clause();
        clause.predicates.push(syn::parse_quote!(#bound));
        let (params, args, clause) = generics.split_for_impl();
        let ident = &self.0.ident;
        quote!(#[automatically_derived] impl #params #implemented for #ident #args #clause)
    }
}

/// Refuses what lives for less than `'static`.
pub(crate) fn refuse_lifetimes(input: &DeriveInput, what: &str, errors: &mut Errors) {
    for param in &input.generics.params {
        if let GenericParam::Lifetime(param) = param {
            errors.at(
                &param.lifetime,
                format!(
                    "{what} owns what it holds, because it is read long after it was written; \
                     use `String`, `Vec<…>` or `Cow<'static, str>`"
                ),
            );
        }
    }
}
