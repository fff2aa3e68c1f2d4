//! The code that writes and reads one [`Body`]. In it `__p` is the module of
//! the runtime that macro output names.

use super::{
    body::Body,
    field::{Fallback, Field},
    item::Item,
    with::{With, is_text, text_form},
};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ExprPath, Ident, Member};

/// A struct, or a variant.
pub(crate) struct Part<'a> {
    pub(crate) item: &'a Item,
    pub(crate) body: &'a Body,
    /// `Self` or `Self::Variant`.
    pub(crate) path: TokenStream,
    /// The number that tells the variants of the item apart.
    pub(crate) number: i32,
    /// The value of `$type`, when there is one.
    pub(crate) tag: Option<String>,
}

impl Part<'_> {
    /// A pattern that binds every field that is written.
    pub(crate) fn pattern(&self) -> TokenStream {
        let path = &self.path;
        let bound = self.body.fields().iter().filter(|field| field.written);
        let bound = bound.map(
            |Field {
                 member, binding, ..
             }| quote!(#member: #binding),
        );
        quote!(#path { #(#bound,)* .. })
    }

    /// An expression that writes the fields into `serializer`; `access` is how
    /// to get at a reference to one.
    pub(crate) fn write(&self, access: impl Fn(&Field) -> TokenStream) -> TokenStream {
        let (checks, write) = (self.null_checks(), self.write_fields(access));
        quote!(#checks #write)
    }

    fn write_fields(&self, access: impl Fn(&Field) -> TokenStream) -> TokenStream {
        let name = &self.item.name;
        match self.body {
            Body::Inner(field, _) => {
                let value = access(field);
                if let Some(tag) = &self.tag {
                    let ty = &field.ty;
                    return quote_spanned! {place(ty)=>
                        __p::write_tagged::<#ty, _>(#tag, #value, __serializer)
                    };
                }
                let ty = &field.ty;
                let write = if let Some(With { index, .. }) = &field.with {
                    quote!(<Self as __p::WithField<#index>>::serialize)
                } else {
                    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::serialize)
                };
                quote!(#write(#value, __serializer))
            }
            Body::List(fields) => {
                let stored = || fields.iter().filter(|field| field.written);
                let writes = stored().map(|field| write_element(field, &access(field)));
                let length = stored().count();
                quote! {
                    let mut __list = __p::Serializer::serialize_tuple(__serializer, #length)?;
                    #(#writes)*
                    __p::SerializeTuple::end(__list)
                }
            }
            Body::Object(fields) => {
                let written = || fields.iter().filter(|field| field.written);
                let entries = written().map(|field| {
                    let key = &field.key;
                    let value = access(field);
                    let write = write_field(field, key, &value);
                    match &field.unless {
                        Some(unless) => {
                            let left_out = left_out(field, unless, &value);
                            quote!(if !#left_out { #write })
                        }
                        None => write,
                    }
                });
                let tag = self.tag.iter().map(|tag| {
                    quote!(__p::SerializeStruct::serialize_field(&mut __object, "$type", #tag)?;)
                });
                let sometimes = written().filter_map(|field| {
                    let left_out = left_out(field, field.unless.as_ref()?, &access(field));
                    Some(quote!(+ <__p::usize as __p::From<_>>::from(!#left_out)))
                });
                let mutable = (written().count() + self.tag.iter().len() > 0).then(|| quote!(mut));
                let always = written().filter(|field| field.unless.is_none()).count();
                let always = always + self.tag.iter().len();
                let length = quote!(#always #(#sometimes)*);
                quote! {
                    let #mutable __object =
                        __p::Serializer::serialize_struct(__serializer, #name, #length)?;
                    #(#tag)*
                    #(#entries)*
                    __p::SerializeStruct::end(__object)
                }
            }
        }
    }

    /// An expression that reads the fields from `deserializer`.
    pub(crate) fn read(&self) -> TokenStream {
        let (checks, read) = (self.null_checks(), self.read_fields());
        if checks.is_empty() {
            return read;
        }
        quote!({ #checks #read })
    }

    fn read_fields(&self) -> TokenStream {
        let number = self.number;
        match self.body {
            Body::Inner(field, phantoms) => {
                let Field { member, ty, .. } = &**field;
                let read = if let Some(With { index, .. }) = &field.with {
                    quote!(<Self as __p::WithField<#index>>::deserialize)
                } else {
                    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::deserialize)
                };
                let path = &self.path;
                quote!(__p::Ok(#path { #member: #read(__deserializer)? #(, #phantoms: __p::PhantomData)* }))
            }
            Body::List(_) => quote!(__p::read_tuple::<Self, __D, #number>(__deserializer)),
            Body::Object(_) => quote!(__p::read_object::<Self, __D, #number>(__deserializer)),
        }
    }

    /// An expression that gives the shape, with the help of `builder`.
    pub(crate) fn shape(&self) -> TokenStream {
        match self.body {
            Body::Inner(field, _) => {
                let shape = shape(field);
                if let Some(tag) = &self.tag {
                    let tag = format!("\"{tag}\"");
                    return quote!(__p::tagged_shape(__builder, #tag, #shape));
                }
                quote!((#shape)(__builder))
            }
            Body::List(fields) => {
                let shapes = fields.iter().filter(|field| !field.phantom).map(shape);
                quote!(__p::ShapeBuilder::tuple(__builder, &[#(#shapes),*]))
            }
            Body::Object(fields) => {
                let tag = self.tag.iter().map(|tag| {
                    let tag = format!("\"{tag}\"");
                    quote!(("$type", |_| __p::Shape::Scalar(#tag)))
                });
                let stored = fields.iter().filter(|field| !field.phantom);
                let entries = stored.map(|field| {
                    let key = &field.key;
                    let shape = shape(field);
                    let shape = match (field.written, field.read) {
                        (true, true) => shape,
                        (true, false) => {
                            quote!(|__builder| __p::ShapeBuilder::unread(__builder, #shape))
                        }
                        (false, _) => quote!(__p::ShapeBuilder::unwritten),
                    };
                    quote!((#key, #shape))
                });
                quote!(__p::ShapeBuilder::object(__builder, &[#(#tag,)* #(#entries),*]))
            }
        }
    }

    /// The implementations that `read` and `write` rely on.
    pub(crate) fn impls(&self) -> TokenStream {
        let withs = self.body.fields().iter().filter_map(|field| {
            let with = field.with.as_ref()?;
            Some(self.with(field, with))
        });
        let read = match self.body {
            Body::Inner(field, phantoms) if self.tag.is_some() => {
                self.read_inner_object(field, phantoms)
            }
            Body::Inner(..) => TokenStream::new(),
            Body::List(fields) => self.read_list(fields),
            Body::Object(fields) => self.read_object(fields),
        };
        let checks = self.null_items();
        quote!(#read #(#withs)* #checks)
    }

    /// The fields of a variant that holds a struct are those of the struct.
    fn read_inner_object(&self, field: &Field, phantoms: &[Member]) -> TokenStream {
        let Field { member, ty, .. } = field;
        let (path, number) = (&self.path, self.number);
        let header = self.item.implement();
        let header = header.of(&quote!(__p::Fields<#number>));
        let inner = quote_spanned!(place(ty)=> <#ty as __p::Fields<0>>);
        quote! {
            #header {
                const KEYS: &'static [&'static __p::str] = #inner::KEYS;
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

    fn read_list(&self, fields: &[Field]) -> TokenStream {
        let path = &self.path;
        let length = fields.iter().filter(|field| field.read).count();
        let members = fields.iter().map(|field| &field.member);
        let values = fields.iter().map(|field| {
            if field.phantom {
                quote!(__p::PhantomData)
            } else {
                read_element(field)
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

    fn read_object(&self, fields: &[Field]) -> TokenStream {
        let read: Vec<&Field> = fields.iter().filter(|field| field.read).collect();
        let keys = read.iter().map(|field| &field.key);
        let aliases = read.iter().flat_map(|field| &field.aliases);
        let mut next_alias = read.len();
        let arms = read.iter().enumerate().map(|(index, field)| {
            let binding = &field.binding;
            let value = read_field(field, binding);
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
                (Some(Fallback::Call(path)), true) => quote!(#binding.unwrap_or_else(#path)),
                (Some(Fallback::Call(path)), false) => quote!(#path()),
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
        let header = self.item.implement();
        let header = header.of(&quote!(__p::Fields<#number>));
        quote! {
            #header {
                const KEYS: &'static [&'static __p::str] = &[#(#keys,)* #(#aliases),*];
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
}

// What is done with a field that has no functions of its own is done by a method of
// `EventValue`, at the place of the type. Of a type that has none the compiler then
// says the same each time, which is to say once.

/// A statement that writes the field under `key` into `__object`.
fn write_field(field: &Field, key: &str, value: &TokenStream) -> TokenStream {
    if let Some(With { index, .. }) = &field.with {
        return quote! {
            __p::SerializeStruct::serialize_field(
                &mut __object,
                #key,
                &__p::WithRef::<Self, #index>(#value),
            )?;
        };
    }
    let ty = &field.ty;
    quote_spanned! {place(ty)=>
        <#ty as __p::EventValue>::write_field(#value, &mut __object, #key)?;
    }
}

/// A statement that writes the field into `__list`.
fn write_element(field: &Field, value: &TokenStream) -> TokenStream {
    if let Some(With { index, .. }) = &field.with {
        return quote! {
            __p::SerializeTuple::serialize_element(
                &mut __list,
                &__p::WithRef::<Self, #index>(#value),
            )?;
        };
    }
    let ty = &field.ty;
    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::write_element(#value, &mut __list)?;)
}

/// An expression that reads the field from `__object` into `binding`.
fn read_field(field: &Field, binding: &Ident) -> TokenStream {
    let ty = &field.ty;
    if let Some(With { index, .. }) = &field.with {
        return quote!(__p::Object::value_with::<Self, #index>(__object, &mut #binding)?);
    }
    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::read_field(__object, &mut #binding)?)
}

/// An expression that reads the field from `__list`.
fn read_element(field: &Field) -> TokenStream {
    let ty = &field.ty;
    if let Some(With { index, .. }) = &field.with {
        return quote!(__p::List::value_with::<Self, #index>(__list)?);
    }
    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::read_element(__list)?)
}

/// Whether `unless` says that the value is left out. A function for another type is
/// reported where it is named.
fn left_out(field: &Field, unless: &ExprPath, value: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    let call = quote_spanned!(place(unless)=> |__value: &#ty| #unless(__value));
    quote!((#call)(#value))
}

/// A function that gives the shape of the field.
fn shape(field: &Field) -> TokenStream {
    let ty = &field.ty;
    if let Some(With {
        text: Some(name), ..
    }) = &field.with
    {
        let (form, text) = (text_form(field, "form"), format!("text of {name}"));
        return quote_spanned!(place(ty)=> (|__builder| #form(__builder, #text)) as __p::ShapeOf);
    }
    if let Some(With { spelled, .. }) = &field.with {
        let scalar = format!("as `{spelled}` writes it");
        return quote!((|_| __p::Shape::Scalar(#scalar)) as __p::ShapeOf);
    }
    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::nested_shape)
}
