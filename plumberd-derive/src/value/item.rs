//! The type that a macro stands on.

use crate::support::{CratePath, Errors};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, GenericParam, Generics, Ident, ext::IdentExt, parse_quote};

/// The name, the generics and the place of the runtime.
pub(crate) struct Item {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) generics: Generics,
    pub(crate) krate: CratePath,
}

impl Item {
    /// The item of `input`; its type parameters are bounded by `bounds`.
    pub(crate) fn new(input: &DeriveInput, krate: CratePath, bounds: &TokenStream) -> Self {
        let mut generics = input.generics.clone();
        let params: Vec<Ident> = generics
            .type_params()
            .map(|param| param.ident.clone())
            .collect();
        if !params.is_empty() {
            let clause = generics.make_where_clause();
            for param in params {
                clause.predicates.push(parse_quote!(#param: #bounds));
            }
        }
        Self {
            ident: input.ident.clone(),
            name: input.ident.unraw().to_string(),
            generics,
            krate,
        }
    }

    /// Wraps the implementations of the item into a block of their own, where
    /// `__p` is what macro output names.
    pub(crate) fn block(&self, content: &TokenStream) -> TokenStream {
        let krate = &self.krate;
        quote! {
            #[allow(deprecated)]
            const _: () = {
                use #krate::__private as __p;
                #content
            };
        }
    }

    pub(crate) fn implement(&self) -> Implement<'_> {
        Implement(self)
    }
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
