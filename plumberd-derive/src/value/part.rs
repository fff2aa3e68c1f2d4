//! The code that writes and reads one [`Body`]. In it `__p` is the module of
//! the runtime that macro output names.

use super::{
    body::Body,
    field::{Field, Owner},
    item::Item,
    with::{With, text_form},
};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ExprPath;

/// A struct, or a variant.
pub(crate) struct Part<'a> {
    pub(crate) item: &'a Item,
    pub(crate) body: &'a Body,
    pub(crate) owner: Owner,
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
        let (checks, write) = (self.checks_inside(), self.write_fields(access));
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
        let (checks, read) = (self.checks_inside(), self.read_fields());
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
                } else if self.item.reading.dotnet {
                    quote_spanned!(place(ty)=> <#ty as __p::EventValue>::deserialize_dotnet)
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
        let checks = self.check_items();
        quote!(#read #(#withs)* #checks)
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
