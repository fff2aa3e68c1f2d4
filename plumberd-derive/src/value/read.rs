//! The code that reads the fields of one [`Part`].

use super::{
    field::{Fallback, Field},
    part::Part,
    with::{With, is_text, text_form},
};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Expr, Ident, Member};

impl Part<'_> {
    /// The fields of a variant that holds a struct are those of the struct.
    pub(super) fn read_inner_object(&self, field: &Field, phantoms: &[Member]) -> TokenStream {
        let Field { member, ty, .. } = field;
        let (path, number) = (&self.path, self.number);
        let header = self.item.implement();
        let header = header.of(&quote!(__p::Fields<#number>));
        let inner = quote_spanned!(place(ty)=> <#ty as __p::Fields<0>>);
        quote! {
            #header {
                const KEYS: &'static [&'static __p::str] = #inner::KEYS;
                const RULES: __p::Rules = #inner::RULES;
                fn read<'de, __A: __p::MapAccess<'de>>(
                    __object: &mut __p::Object<__A>,
                ) -> __p::Result<Self, __A::Error> {
                    __p::Ok(#path {
                        #member: #inner::read(__object)?
                        #(, #phantoms: __p::PhantomData)*
                    })
                }
            }
        }
    }

    pub(super) fn read_list(&self, fields: &[Field]) -> TokenStream {
        let path = &self.path;
        let length = fields.iter().filter(|field| field.read).count();
        let members = fields.iter().map(|field| &field.member);
        let values = fields.iter().map(|field| {
            if field.phantom {
                quote!(__p::PhantomData)
            } else {
                self.read_element(field)
            }
        });
        let (header, number) = (self.item.implement(), self.number);
        let header = header.of(&quote!(__p::Elements<#number>));
        quote! {
            #header {
                const LENGTH: __p::usize = #length;
                fn read<'de, __A: __p::SeqAccess<'de>>(
                    __list: &mut __p::List<__A>,
                ) -> __p::Result<Self, __A::Error> {
                    __p::Ok(#path { #(#members: #values),* })
                }
            }
        }
    }

    pub(super) fn read_object(&self, fields: &[Field]) -> TokenStream {
        let read: Vec<&Field> = fields.iter().filter(|field| field.read).collect();
        let keys = read.iter().map(|field| &field.key);
        let aliases = read.iter().flat_map(|field| &field.aliases);
        let mut next_alias = read.len();
        let arms = read.iter().enumerate().map(|(index, field)| {
            let binding = &field.binding;
            let value = self.read_field(field, binding);
            let others = next_alias..next_alias + field.aliases.len();
            next_alias = others.end;
            let pattern = if index + 1 == read.len() {
                quote!(_)
            } else {
                quote!(#index #(| #others)*)
            };
            quote!(#pattern => #value)
        });
        let bindings = read.iter().map(|field| &field.binding);
        let nones = read.iter().map(|_| quote!(__p::None));
        let entries = if read.is_empty() {
            quote!(__p::Object::key(__object)?;)
        } else {
            quote! {
                let (#(mut #bindings,)*) = (#(#nones,)*);
                while let __p::Some(__key) = __p::Object::key(__object)? {
                    match __key { #(#arms,)* }
                }
            }
        };
        let mut index = 0_usize;
        let members = fields.iter().map(|field| {
            let (member, binding) = (&field.member, &field.binding);
            let value = match (&field.default, field.read) {
                (Some(Fallback::Default), true) => quote!(#binding.unwrap_or_default()),
                (Some(Fallback::Value(value)), true) => {
                    let default = default_of(field, value);
                    quote!(match #binding { __p::Some(__value) => __value, __p::None => #default })
                }
                (Some(Fallback::Value(value)), false) => default_of(field, value),
                (_, false) => {
                    let ty = &field.ty;
                    quote_spanned!(place(ty)=> <#ty as __p::Default>::default())
                }
                (None, true) if is_text(field) => {
                    let absent = text_form(field, "absent");
                    quote_spanned! {place(&field.ty)=>
                        __p::Object::present(__object, __p::Option::or_else(#binding, #absent), #index)?
                    }
                }
                (None, true) if field.with.is_some() => {
                    quote!(__p::Object::present(__object, #binding, #index)?)
                }
                (None, true) => {
                    let ty = &field.ty;
                    quote_spanned! {place(ty)=>
                        <#ty as __p::EventValue>::require(#binding, __object, #index)?
                    }
                }
            };
            index += usize::from(field.read);
            quote!(#member: #value)
        });
        let (path, number) = (&self.path, self.number);
        let rules = self.item.reading.rules();
        let header = self.item.implement();
        let header = header.of(&quote!(__p::Fields<#number>));
        quote! {
            #header {
                const KEYS: &'static [&'static __p::str] = &[#(#keys,)* #(#aliases),*];
                #rules
                #[inline]
                fn read<'de, __A: __p::MapAccess<'de>>(
                    __object: &mut __p::Object<__A>,
                ) -> __p::Result<Self, __A::Error> {
                    #entries
                    __p::Ok(#path { #(#members),* })
                }
            }
        }
    }

    /// An expression that reads the field from `__object` into `binding`.
    fn read_field(&self, field: &Field, binding: &Ident) -> TokenStream {
        let ty = &field.ty;
        if let Some(With { index, .. }) = &field.with {
            return quote!(__p::Object::value_with::<Self, #index>(__object, &mut #binding)?);
        }
        if self.item.reading.dotnet {
            return quote_spanned! {place(ty)=>
                __p::Object::value_of_dotnet::<#ty>(__object, &mut #binding)?
            };
        }
        quote_spanned!(place(ty)=> <#ty as __p::EventValue>::read_field(__object, &mut #binding)?)
    }

    /// An expression that reads the field from `__list`.
    fn read_element(&self, field: &Field) -> TokenStream {
        let ty = &field.ty;
        if let Some(With { index, .. }) = &field.with {
            return quote!(__p::List::value_with::<Self, #index>(__list)?);
        }
        if self.item.reading.dotnet {
            return quote_spanned!(place(ty)=> __p::List::value_of_dotnet::<#ty>(__list)?);
        }
        quote_spanned!(place(ty)=> <#ty as __p::EventValue>::read_element(__list)?)
    }
}

/// What a missing field is: a value, or what a function returns.
fn default_of(field: &Field, value: &Expr) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(place(value)=> __p::default_of::<#ty, _, _>(#value))
}
