//! How the fields of a type are read, as its attributes say it.

use super::body::Body;
use crate::support::{Attrs, Errors};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::LitStr;

/// What is read besides what is written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reading {
    /// Keys that are not known are an error.
    pub(crate) deny_unknown: bool,
    /// What .NET writes where the type says nothing.
    pub(crate) dotnet: bool,
}

impl Reading {
    /// Takes `read = "dotnet"` and `deny_unknown`.
    pub(crate) fn take(attrs: &mut Attrs, errors: &mut Errors) -> Self {
        let mut reading = Self::default();
        if let Some(key) = attrs.take("deny_unknown") {
            reading.deny_unknown = errors.ok(key.flag()).is_some();
        }
        if let Some(key) = attrs.take("read")
            && let Some(text) = errors.ok(key.parse::<LitStr>("`\"dotnet\"`"))
        {
            reading.dotnet = text.value() == "dotnet";
            if !reading.dotnet {
                errors.at(
                    &text,
                    "`read` takes `\"dotnet\"`: what .NET writes is read as well",
                );
            }
        }
        reading
    }

    /// That there are keys to be unknown.
    pub(crate) fn check(self, body: &Body, place: &impl ToTokens, errors: &mut Errors) {
        if self.deny_unknown && !matches!(body, Body::Object(_)) {
            errors.at(
                place,
                "`deny_unknown` is about keys, and fields without names have none; remove it",
            );
        }
    }

    /// The constant that says so of an object, when it is not the default.
    pub(super) fn rules(self) -> Option<TokenStream> {
        let Self {
            deny_unknown,
            dotnet,
        } = self;
        (deny_unknown || dotnet).then(|| {
            quote! {
                const RULES: __p::Rules = __p::Rules {
                    deny_unknown: #deny_unknown,
                    any_case: #dotnet,
                };
            }
        })
    }
}
