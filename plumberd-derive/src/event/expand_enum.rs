//! The code for an event enum: each variant is a stored type.

use super::{
    catch_all::CatchAll,
    fragments::{id_methods, info, lend_id, links, names_check, previous_check},
    model::{Kind, Variant},
    stored::Stored,
};
use crate::{
    support::place,
    value::{body::Body, field::Owner, item::Item, part::Part},
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

pub(super) fn expand(item: &Item, variants: &[Variant], other: Option<&CatchAll>) -> TokenStream {
    let event = event(item, variants, other);
    let parts = parts(item, variants);
    let all = variants.len() + other.iter().len();
    let own = (!parts.is_empty()).then(|| stored_variants(item, &parts, all));
    let checks = variants.iter().filter_map(|variant| match &variant.kind {
        Kind::Own(stored, _) => previous_check(item, stored),
        Kind::Transparent(ty) if item.generics.params.is_empty() => {
            Some(quote_spanned! {place(ty)=>
                const _: () = __p::assert_single(
                    <#ty as __p::Event>::TYPES,
                    <#ty as __p::Event>::OTHER.is_some(),
                );
            })
        }
        Kind::Transparent(_) => None,
    });
    let unseen = variants.iter().any(|variant| match &variant.kind {
        Kind::Own(stored, _) => stored.has_constants(),
        Kind::Transparent(_) => true,
    });
    let distinct = unseen.then(|| names_check(item));
    quote!(#event #own #(#checks)* #distinct)
}

/// The variants with a name of their own, by their index.
fn parts<'a>(item: &'a Item, variants: &'a [Variant]) -> Vec<(usize, Part<'a>)> {
    let numbered = variants.iter().zip(1_i32..).enumerate();
    numbered
        .filter_map(|(index, (variant, number))| match &variant.kind {
            Kind::Own(_, body) => {
                let ident = &variant.ident;
                let part = Part {
                    item,
                    body,
                    owner: Owner::Event,
                    path: quote!(Self::#ident),
                    number,
                    tag: None,
                };
                Some((index, part))
            }
            Kind::Transparent(_) => None,
        })
        .collect()
}

fn event(item: &Item, variants: &[Variant], other: Option<&CatchAll>) -> TokenStream {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let indexes = 0..variants.len();
    let infos = variants.iter().map(|variant| match &variant.kind {
        Kind::Own(stored, _) => info(stored),
        Kind::Transparent(ty) => quote_spanned!(place(ty)=> <#ty as __p::Event>::TYPES[0]),
    });
    let encodes = variants.iter().enumerate().map(|(index, variant)| {
        let ident = &variant.ident;
        match &variant.kind {
            Kind::Own(stored, _) => {
                let codec = stored.format.codec();
                quote! {
                    Self::#ident { .. } => __p::encode_event::<_, #codec>(
                        &<Self as __p::Event>::TYPES[#index],
                        &__p::Variant::<'_, Self, #index>::Lent(self),
                        __out,
                    )
                }
            }
            Kind::Transparent(ty) => {
                quote!(Self::#ident(__inner) => <#ty as __p::Event>::encode(__inner, __out))
            }
        }
    });
    let decodes = variants.iter().enumerate().map(|(index, variant)| {
        let ident = &variant.ident;
        match &variant.kind {
            Kind::Own(stored, _) => decode(index, stored),
            Kind::Transparent(ty) => quote! {
                #index => match <#ty as __p::Event>::decode(0, __encoded) {
                    __p::Ok(__inner) => __p::Ok(Self::#ident(__inner)),
                    __p::Err(__error) => __p::Err(__error),
                }
            },
        }
    });
    let shapes = variants
        .iter()
        .enumerate()
        .map(|(index, variant)| match &variant.kind {
            Kind::Own(..) => {
                quote!(#index => <Self as __p::Variants>::variant_shape(#index, __builder))
            }
            Kind::Transparent(ty) => quote!(#index => <#ty as __p::Event>::shape(0, __builder)),
        });
    let ids = ids(variants, other);
    let read_other = other.map(read_other);
    let (no_index, not_written) = other
        .map(|other| not_written(item, other, variants.len()))
        .unzip();
    let header = item.implement();
    let header = header.of(&quote!(__p::Event));
    quote! {
        #header {
            const TYPES: &'static [__p::EventInfo] = &[#(#infos),*];
            #read_other
            fn type_index(&self) -> __p::usize {
                match self { #(Self::#idents { .. } => #indexes,)* #no_index }
            }
            fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
                match self { #(#encodes,)* #not_written }
            }
            fn decode(
                __index: __p::usize,
                __encoded: &__p::EncodedEvent<'_>,
            ) -> __p::Result<Self, __p::DecodeError> {
                match __index {
                    #(#decodes,)*
                    _ => __p::Err(__p::other_type::<Self>(__encoded)),
                }
            }
            fn shape(__index: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
                match __index {
                    #(#shapes,)*
                    _ => __p::Shape::Choice(__p::Vec::new()),
                }
            }
            #ids
        }
    }
}

/// What an event of unknown type is read as.
fn read_other(other: &CatchAll) -> TokenStream {
    let ident = &other.ident;
    let (event, field) = match &other.field {
        None => (quote!(_), None),
        Some((member, ty)) => {
            let make = quote_spanned!(place(ty)=> <#ty as __p::FromOther>::from_other);
            (quote!(__event), Some(quote!(#member: #make(__event))))
        }
    };
    quote! {
        const OTHER: __p::Option<fn(&__p::RecordedEvent) -> Self> =
            __p::Some(|#event| Self::#ident { #field });
    }
}

/// The arms of its index, which is none of the types', and of its encoding.
fn not_written(item: &Item, other: &CatchAll, types: usize) -> (TokenStream, TokenStream) {
    let ident = &other.ident;
    let name = format!("{}::{}", item.name, ident.unraw());
    (
        quote!(Self::#ident { .. } => #types,),
        quote!(Self::#ident { .. } => __p::Err(__p::only_read(#name)),),
    )
}

fn decode(index: usize, stored: &Stored) -> TokenStream {
    let (codec, links) = (stored.format.codec(), links(stored, Some(index)));
    quote! {
        #index => __p::decode_variant::<Self, #codec, #index>(
            &<Self as __p::Event>::TYPES[#index],
            &#links,
            __encoded,
        )
    }
}

/// The methods about the id, when a variant has one or may have one inside.
fn ids(variants: &[Variant], other: Option<&CatchAll>) -> Option<TokenStream> {
    let mut gets = Vec::new();
    let mut sets = Vec::new();
    for Variant { ident, kind } in variants {
        match kind {
            Kind::Own(_, body) => {
                if let Some(field) = body.id() {
                    let member = &field.member;
                    let get = lend_id(&field.ty, &quote!(__own));
                    gets.push(quote!(Self::#ident { #member: __own, .. } => #get));
                    sets.push(
                        quote!(Self::#ident { #member: __own, .. } => __p::assign_event_id(__own, __id)),
                    );
                }
            }
            Kind::Transparent(ty) => {
                gets.push(quote!(Self::#ident(__inner) => <#ty as __p::Event>::id(__inner)));
                sets.push(
                    quote!(Self::#ident(__inner) => <#ty as __p::Event>::assign_id(__inner, __id)),
                );
            }
        }
    }
    if gets.is_empty() {
        return None;
    }
    let others = gets.len() < variants.len() + other.iter().len();
    let (no_get, no_set) = if others {
        (quote!(_ => __p::None), quote!(_ => {}))
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    Some(id_methods(
        &quote!(match self { #(#gets,)* #no_get }),
        &quote!(match self { #(#sets,)* #no_set }),
    ))
}

/// How the variants with a name of their own are written and read.
fn stored_variants(item: &Item, parts: &[(usize, Part<'_>)], variants: usize) -> TokenStream {
    let writes = parts.iter().map(|(_, part)| {
        let pattern = match part.body {
            Body::Inner(field, _) => {
                let (path, member, binding) = (&part.path, &field.member, &field.binding);
                quote!(#path { #member: #binding, .. })
            }
            _ => part.pattern(),
        };
        let write = part.write(|field| {
            let binding = &field.binding;
            quote!(#binding)
        });
        quote!(#pattern => { #write })
    });
    let others = (parts.len() < variants).then(|| quote!(_ => __p::Err(__p::not_stored_here()),));
    let last = parts.len() - 1;
    let arms: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(position, (index, _))| {
            if position == last {
                quote!(_)
            } else {
                quote!(#index)
            }
        })
        .collect();
    let reads = parts.iter().map(|(_, part)| part.read());
    let shapes = parts.iter().map(|(_, part)| part.shape());
    let impls = parts.iter().map(|(_, part)| part.impls());
    let header = item.implement();
    let header = header.of(&quote!(__p::Variants));
    quote! {
        #header {
            fn write<__S: __p::Serializer>(
                &self,
                __serializer: __S,
            ) -> __p::Result<__S::Ok, __S::Error> {
                match self {
                    #(#writes)*
                    #others
                }
            }
            fn read<'de, __D: __p::Deserializer<'de>>(
                __index: __p::usize,
                __deserializer: __D,
            ) -> __p::Result<Self, __D::Error> {
                match __index { #(#arms => { #reads })* }
            }
            fn variant_shape(__index: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
                match __index { #(#arms => #shapes,)* }
            }
        }
        #(#impls)*
    }
}
