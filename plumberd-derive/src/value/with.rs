//! Fields whose form is not that of their type.

use super::{
    field::{Both, Field, argument_of},
    part::Part,
};
use crate::support::place;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Token, Type, ext::IdentExt};

/// Functions that write and read a field in place of [`EventValue`]; one of
/// the two may be missing.
pub(crate) struct With {
    /// Which of the fields of the item that have such functions it is.
    pub(crate) index: usize,
    /// What the user wrote, for the shape.
    pub(crate) spelled: String,
    pub(crate) serialize: Option<TokenStream>,
    pub(crate) deserialize: Option<TokenStream>,
    /// The name of the type that is displayed and parsed in their place.
    pub(crate) text: Option<String>,
}

impl With {
    /// Whether the functions are those of `plumberd::value::serde`.
    pub(super) fn is_of_serde(&self) -> bool {
        self.spelled == "value::serde" || self.spelled.ends_with("::value::serde")
    }

    pub(super) fn parse(ty: &Type, attrs: &mut Both<'_>, withs: &mut usize) -> Option<Self> {
        const MODULE: &str = "the path of a module with `serialize` and `deserialize`";
        const FUNCTION: &str = "the path of a function";
        let module = attrs.path("with", MODULE);
        let serialize = attrs.path("serialize_with", FUNCTION);
        let deserialize = attrs.path("deserialize_with", FUNCTION);
        if let (Some(module), Some(half)) = (&module, serialize.as_ref().or(deserialize.as_ref())) {
            let message = "`with` already names both functions; remove one of the two";
            attrs.errors.at(half, message);
            attrs.errors.at(module, "`with` is set here");
        }
        let spelled = module
            .as_ref()
            .or(serialize.as_ref())
            .or(deserialize.as_ref());
        if let Some(key) = attrs.event.take("as_text") {
            attrs.errors.ok(key.flag());
            if let Some(functions) = spelled {
                let message = "`as_text` says how the field is written and read, and so do the \
                               functions; remove one of the two";
                attrs.errors.at(&key.name, message);
                attrs.errors.at(functions, "the functions are named here");
            }
            let index = *withs;
            *withs += 1;
            return Some(Self {
                index,
                spelled: "as_text".to_owned(),
                serialize: None,
                deserialize: None,
                text: Some(displayed(ty)),
            });
        }
        let spelled = spelled?;
        let spelled = spelled.to_token_stream().to_string().replace(' ', "");
        let of_module = |name: &str| {
            let module = module.as_ref()?;
            let function = Ident::new(name, Span::call_site());
            let colons = <Token![::]>::default();
            Some(quote!(#module #colons #function))
        };
        let index = *withs;
        *withs += 1;
        Some(Self {
            index,
            spelled,
            serialize: of_module("serialize").or_else(|| Some(serialize?.into_token_stream())),
            deserialize: of_module("deserialize")
                .or_else(|| Some(deserialize?.into_token_stream())),
            text: None,
        })
    }
}

/// The name of the type that is displayed, of those that a field may hold.
fn displayed(ty: &Type) -> String {
    const HOLDERS: &[&str] = &[
        "Option", "Vec", "BTreeSet", "HashSet", "BTreeMap", "HashMap",
    ];
    let inner = HOLDERS.iter().find_map(|name| argument_of(ty, name));
    match (inner, ty) {
        (Some(inner), _) => displayed(inner),
        (None, Type::Path(path)) => path.path.segments.last().map_or_else(
            || ty.to_token_stream().to_string(),
            |last| last.ident.unraw().to_string(),
        ),
        (None, _) => ty.to_token_stream().to_string(),
    }
}

impl Part<'_> {
    /// The functions that write and read the field.
    pub(super) fn with(&self, field: &Field, with: &With) -> TokenStream {
        let (ty, index) = (&field.ty, with.index);
        let (write, read) = if let Some(name) = &with.text {
            let (write, read) = (text_form(field, "write"), text_form(field, "read"));
            (
                quote_spanned!(place(ty)=> #write(__value, __serializer, #name)),
                quote_spanned!(place(ty)=> #read(__deserializer, #name)),
            )
        } else {
            with_functions(field, with)
        };
        let header = self.item.implement();
        let header = header.of(&quote!(__p::WithField<#index>));
        quote! {
            #header {
                type Value = #ty;
                fn serialize<__S: __p::Serializer>(
                    __value: &#ty,
                    __serializer: __S,
                ) -> __p::Result<__S::Ok, __S::Error> {
                    #write
                }
                fn deserialize<'de, __D: __p::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> __p::Result<#ty, __D::Error> {
                    #read
                }
            }
        }
    }
}

/// The calls that write and read a field by the functions it names, or by its
/// own where it names only one.
fn with_functions(field: &Field, with: &With) -> (TokenStream, TokenStream) {
    let ty = &field.ty;
    let own = quote_spanned!(place(ty)=> <#ty as __p::EventValue>);
    let serialize = with
        .serialize
        .clone()
        .unwrap_or_else(|| quote!(#own::serialize));
    let deserialize = with
        .deserialize
        .clone()
        .unwrap_or_else(|| quote!(#own::deserialize));
    (
        // One for another type is reported where it is named.
        quote_spanned!(place(&serialize)=> #serialize(__value, __serializer)),
        quote_spanned!(place(&deserialize)=> #deserialize(__deserializer)),
    )
}

pub(super) fn is_text(field: &Field) -> bool {
    field.with.as_ref().is_some_and(|with| with.text.is_some())
}

/// A function of the form of a field that is displayed and parsed. An error
/// about the type of the field points at it.
pub(super) fn text_form(field: &Field, function: &str) -> TokenStream {
    let ty = &field.ty;
    let function = Ident::new(function, place(ty));
    quote_spanned!(place(ty)=> <#ty as __p::TextForm<_>>::#function)
}
