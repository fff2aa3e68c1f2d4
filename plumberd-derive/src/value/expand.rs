//! The code that `#[derive(EventValue)]` stands for.

use super::{
    as_text::text,
    body::Body,
    choice::choice,
    field::Owner,
    item::Item,
    model::{Form, Model, Variant},
    part::Part,
    with::{is_text, text_form},
};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

pub(super) fn expand(model: &Model) -> TokenStream {
    let item = &model.item;
    let content = match &model.form {
        Form::Struct(body) => {
            let value = structure(item, body, Owner::Value);
            let key = newtype_key(item, body);
            quote!(#value #key)
        }
        Form::Numbers(variants) => choice(item, variants, false),
        Form::Names(variants) => choice(item, variants, true),
        Form::Tagged(variants) => tagged(item, variants),
        Form::Text => text(item),
    };
    item.block(&content)
}

/// The implementation of `EventValue` from its three bodies; `consts` are its
/// constants that are not the defaults.
pub(super) fn event_value(
    item: &Item,
    consts: Option<&TokenStream>,
    write: &TokenStream,
    read: &TokenStream,
    shape: &TokenStream,
) -> TokenStream {
    let header = item.implement();
    let header = header.of(&quote!(__p::EventValue));
    quote! {
        #header {
            #consts
            fn serialize<__S: __p::Serializer>(
                &self,
                __serializer: __S,
            ) -> __p::Result<__S::Ok, __S::Error> {
                #write
            }
            #[inline]
            fn deserialize<'de, __D: __p::Deserializer<'de>>(
                __deserializer: __D,
            ) -> __p::Result<Self, __D::Error> {
                #read
            }
            fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
                #shape
            }
        }
    }
}

pub(crate) fn structure(item: &Item, body: &Body, owner: Owner) -> TokenStream {
    // With one number for both, the compiler would complain twice of a type with both
    // derives.
    let number = match owner {
        Owner::Value => 0,
        Owner::Event => i32::MIN,
    };
    let part = Part {
        item,
        body,
        owner,
        path: quote!(Self),
        number,
        tag: None,
    };
    let write = part.write(|field| item.lend(field));
    // What is stored as the value inside is `null` when that is.
    let consts = match body {
        Body::Object(_) if body.writes_id() => Some(quote!(
            const HAS_ID: __p::bool = true;
        )),
        Body::Inner(field, _) if is_text(field) => {
            let inner = text_form(field, "NULLABLE");
            Some(quote!(const NULLABLE: __p::bool = #inner;))
        }
        Body::Inner(field, _) if field.with.is_some() => Some(quote!(
            const OPAQUE: __p::bool = true;
        )),
        Body::Inner(field, _) => {
            let ty = &field.ty;
            let inner = quote_spanned!(place(ty)=> <#ty as __p::EventValue>);
            Some(quote! {
                const NULLABLE: __p::bool = #inner::NULLABLE;
                const OPAQUE: __p::bool = #inner::OPAQUE;
                const HAS_ID: __p::bool = #inner::HAS_ID;
            })
        }
        _ => None,
    };
    let own = event_value(item, consts.as_ref(), &write, &part.read(), &part.shape());
    let impls = part.impls();
    let header = item.implement();
    let once = header.of(&quote!(
        __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too
    ));
    quote!(#own #once {} #impls)
}

/// What is stored as the value inside is a key of maps where that is one.
fn newtype_key(item: &Item, body: &Body) -> Option<TokenStream> {
    let Body::Inner(field, phantoms) = body else {
        return None;
    };
    if field.with.is_some() {
        return None;
    }
    let (member, ty) = (&field.member, &field.ty);
    // Whether it is one is not known here, and a bound without anything to
    // stand for would be an error where it is none.
    let header = item.implement();
    let header = header.asking(&quote!(__p::MapKey), &quote!(for<'__k> #ty: __p::MapKey));
    let whole = quote!(Self { #member: __inner #(, #phantoms: __p::PhantomData)* });
    Some(quote! {
        #header {
            fn to_text(&self) -> __p::Cow<'_, __p::str> {
                <#ty as __p::MapKey>::to_text(&self.#member)
            }
            fn from_text(__text: &__p::str) -> __p::Option<Self> {
                let __inner = <#ty as __p::MapKey>::from_text(__text)?;
                __p::Some(#whole)
            }
            fn checked_text(&self) -> __p::Result<__p::Cow<'_, __p::str>, __p::String> {
                <#ty as __p::MapKey>::checked_text(&self.#member)
            }
            fn from_checked_text(__text: &__p::str) -> __p::Result<Self, __p::String> {
                let __inner = <#ty as __p::MapKey>::from_checked_text(__text)?;
                __p::Ok(#whole)
            }
        }
    })
}

/// The variant number `index`, for a `match` on an index whose last arm must
/// be `_`.
pub(super) fn arm(index: usize, variants: &[Variant]) -> TokenStream {
    if index + 1 == variants.len() {
        quote!(_)
    } else {
        quote!(#index)
    }
}

/// The constant of an enum of which a variant has the key `Id`, or may have it inside.
fn has_id(parts: &[Part<'_>]) -> Option<TokenStream> {
    let mut inside = parts.iter().filter_map(|part| match part.body {
        Body::Inner(field, _) => {
            let ty = &field.ty;
            Some(quote_spanned!(place(ty)=> <#ty as __p::EventValue>::HAS_ID))
        }
        _ => None,
    });
    if parts.iter().any(|part| part.body.writes_id()) {
        return Some(quote!(
            const HAS_ID: __p::bool = true;
        ));
    }
    let first = inside.next()?;
    Some(quote!(const HAS_ID: __p::bool = #first #(|| #inside)*;))
}

fn tagged(item: &Item, variants: &[Variant]) -> TokenStream {
    let parts: Vec<Part<'_>> = variants
        .iter()
        .zip(1_i32..)
        .map(|(variant, number)| {
            let ident = &variant.ident;
            Part {
                item,
                body: &variant.body,
                owner: Owner::Value,
                path: quote!(Self::#ident),
                // Those of `#[derive(Event)]` count up.
                number: -number,
                tag: Some(variant.name.clone()),
            }
        })
        .collect();
    let writes = parts.iter().map(|part| {
        let pattern = part.pattern();
        let write = part.write(|field| {
            let binding = &field.binding;
            quote!(#binding)
        });
        quote!(#pattern => { #write })
    });
    let write = quote!(match self { #(#writes)* });
    let read = quote!(__p::read_tagged(__deserializer));
    let names: Vec<_> = variants.iter().map(|variant| &variant.name).collect();
    let shapes = parts.iter().map(Part::shape);
    let shape = quote!(__p::Shape::Choice(__p::From::from([
        #((__p::From::from(#names), #shapes)),*
    ])));
    let has_id = has_id(&parts);
    let own = event_value(item, has_id.as_ref(), &write, &read, &shape);
    let arms: Vec<_> = (0..variants.len())
        .map(|index| arm(index, variants))
        .collect();
    let numbers: Vec<_> = parts.iter().map(|part| part.number).collect();
    let aliases = variants.iter().enumerate().flat_map(|(index, variant)| {
        variant
            .aliases
            .iter()
            .map(move |alias| quote!((#alias, #index)))
    });
    let aliases: Vec<_> = aliases.collect();
    let aliases = (!aliases.is_empty()).then(
        || quote!(const ALIASES: &'static [(&'static __p::str, __p::usize)] = &[#(#aliases),*];),
    );
    let other = variants.iter().position(|variant| variant.other);
    let other =
        other.map(|other| quote!(const OTHER: __p::Option<__p::usize> = __p::Some(#other);));
    let rules = variants.iter().zip(&arms).zip(&numbers);
    let rules = rules.map(|((variant, arm), number)| {
        if variant.other {
            // What the keys of a type that is not known are, is not known.
            quote!(#arm => __p::Rules::DEFAULT)
        } else {
            quote!(#arm => <Self as __p::Fields<#number>>::RULES)
        }
    });
    let impls = parts.iter().map(Part::impls);
    let name = &item.name;
    let header = item.implement();
    let header = header.of(&quote!(__p::Tagged));
    quote! {
        #own
        #header {
            const NAME: &'static __p::str = #name;
            const TAGS: &'static [&'static __p::str] = &[#(#names),*];
            #aliases
            #other
            fn rules(__index: __p::usize) -> __p::Rules {
                match __index { #(#rules,)* }
            }
            fn keys(__index: __p::usize) -> &'static [&'static __p::str] {
                match __index { #(#arms => <Self as __p::Fields<#numbers>>::KEYS,)* }
            }
            fn read<'de, __A: __p::MapAccess<'de>>(
                __index: __p::usize,
                __object: &mut __p::Object<__A>,
            ) -> __p::Result<Self, __A::Error> {
                match __index { #(#arms => <Self as __p::Fields<#numbers>>::read(__object),)* }
            }
        }
        #(#impls)*
    }
}
