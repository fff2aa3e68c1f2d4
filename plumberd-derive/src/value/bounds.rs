//! What is asked of the type parameters of an item: what the fields that are
//! stored need, and nothing of the others.

use super::{
    body::Body,
    field::{Fallback, Field},
    item::Item,
};
use crate::support::{Attrs, Errors};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericParam, Ident, LitStr, Macro, Token, Type, WherePredicate, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

/// Takes `bound = "…"`, which stands in place of what would be asked for.
pub(crate) fn take(attrs: &mut Attrs, errors: &mut Errors) -> Option<Vec<WherePredicate>> {
    let key = attrs.take("bound")?;
    let expected = "bounds in quotes: `bound = \"T: Trait\"`";
    let text: LitStr = errors.ok(key.parse(expected))?;
    let parsed = text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated);
    let Ok(bounds) = parsed else {
        errors.at(&text, format!("`bound` takes {expected}"));
        return None;
    };
    Some(bounds.into_iter().collect())
}

impl Item {
    /// Asks `bounds` of every type parameter.
    pub(crate) fn bind_all(&mut self, bounds: &TokenStream) {
        for param in self.type_params() {
            self.ask(parse_quote!(#param: #bounds));
        }
    }

    /// Asks for `bounds`, or for what the fields of `bodies` need.
    pub(crate) fn bind<'a>(
        &mut self,
        bodies: impl IntoIterator<Item = &'a Body>,
        bounds: Option<Vec<WherePredicate>>,
    ) {
        let params = self.type_params();
        if let Some(bounds) = bounds {
            return bounds.into_iter().for_each(|bound| self.ask(bound));
        }
        if params.is_empty() {
            return;
        }
        let mut asked: Vec<String> = Vec::new();
        for field in bodies.into_iter().flat_map(Body::fields) {
            for bound in needs(field, &params) {
                let spelled = bound.to_token_stream().to_string();
                if !asked.contains(&spelled) {
                    asked.push(spelled);
                    self.ask(bound);
                }
            }
        }
    }

    /// Asks for `bounds`, and that the item is a `bound`.
    pub(crate) fn bind_self(&mut self, bound: &TokenStream, bounds: Option<Vec<WherePredicate>>) {
        if bounds.is_some() {
            self.bind([], bounds);
        }
        self.ask(parse_quote!(Self: #bound));
    }

    /// Asks that `ty` is a `bound`, when it is up to a type parameter.
    pub(crate) fn bind_type(&mut self, ty: &Type, bound: &TokenStream) {
        if !used(ty, &self.type_params()).is_empty() {
            self.ask(parse_quote!(#ty: #bound));
        }
    }

    /// Whether what the type is depends on a parameter of the item.
    pub(super) fn is_generic(&self, ty: &Type) -> bool {
        let params = &self.generics.params;
        let named: Vec<Ident> = params
            .iter()
            .filter_map(|param| match param {
                GenericParam::Type(param) => Some(param.ident.clone()),
                GenericParam::Const(param) => Some(param.ident.clone()),
                GenericParam::Lifetime(_) => None,
            })
            .collect();
        mentions(&ty.to_token_stream(), &named)
    }

    fn type_params(&self) -> Vec<Ident> {
        let params = self.generics.type_params();
        params.map(|param| param.ident.clone()).collect()
    }

    fn ask(&mut self, bound: WherePredicate) {
        self.generics.make_where_clause().predicates.push(bound);
    }
}

fn mentions(tokens: &TokenStream, names: &[Ident]) -> bool {
    !names.is_empty()
        && tokens.clone().into_iter().any(|token| match token {
            TokenTree::Ident(word) => names.contains(&word),
            TokenTree::Group(group) => mentions(&group.stream(), names),
            _ => false,
        })
}

/// The bounds that one field needs.
fn needs(field: &Field, params: &[Ident]) -> Vec<WherePredicate> {
    let ty = &field.ty;
    let found = used(ty, params);
    if found.is_empty() || field.phantom {
        return Vec::new();
    }
    let mut bounds = Vec::new();
    if field.written || field.read {
        let trait_of = match &field.with {
            Some(with) if with.text.is_some() => Some(quote!(__p::AsText)),
            // Functions of the user's: what they need, only the user knows.
            Some(with) if with.serialize.is_some() && with.deserialize.is_some() => None,
            _ => Some(quote!(__p::EventValue)),
        };
        let stored = found.iter().zip(trait_of.iter().cycle());
        bounds.extend(stored.map(|(ty, bound)| parse_quote!(#ty: #bound)));
    }
    if matches!(field.default, Some(Fallback::Default)) {
        bounds.push(parse_quote!(#ty: __p::Default));
    }
    bounds
}

/// The parameters, and the types that belong to one (`T::Item`), that `ty`
/// stands on.
fn used(ty: &Type, params: &[Ident]) -> Vec<Type> {
    let mut used = Used {
        params,
        types: Vec::new(),
    };
    if !params.is_empty() {
        used.visit_type_mut(&mut ty.clone());
    }
    used.types
}

struct Used<'a> {
    params: &'a [Ident],
    types: Vec<Type>,
}

impl VisitMut for Used<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if is_phantom(ty) {
            return;
        }
        if let Type::Path(path) = ty {
            let first = path.path.segments.first();
            let belongs = match &path.qself {
                Some(own) => !used(&own.ty, self.params).is_empty(),
                None => first.is_some_and(|first| self.params.contains(&first.ident)),
            };
            if belongs {
                return self.types.push(ty.clone());
            }
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        for token in call.tokens.clone() {
            if let TokenTree::Ident(word) = token
                && self.params.contains(&word)
            {
                self.types.push(parse_quote!(#word));
            }
        }
    }
}

/// Whether the type is spelled as a `PhantomData`, which is nothing to store.
pub(super) fn is_phantom(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "PhantomData")
        }
        Type::Group(group) => is_phantom(&group.elem),
        Type::Paren(paren) => is_phantom(&paren.elem),
        _ => false,
    }
}
