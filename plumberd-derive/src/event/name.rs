//! A name that an event is stored under.

use crate::{
    support::{Errors, Key, constant, place},
    value::field::text_or,
};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{ExprPath, LitStr};

/// The name, and where it comes from.
#[derive(Clone)]
pub(super) struct Name {
    value: Value,
    pub(super) at: TokenStream,
    is_alias: bool,
}

#[derive(Clone)]
enum Value {
    Text(String),
    /// A constant, which the compiler looks at.
    Constant(ExprPath),
}

impl Name {
    /// The name of a type, at `place`.
    pub(super) fn of_type(name: &str, place: &impl ToTokens) -> Self {
        Self {
            value: Value::Text(name.to_owned()),
            at: place.to_token_stream(),
            is_alias: false,
        }
    }

    /// Reads `type = …` or `alias = …`.
    pub(super) fn read(key: &Key, errors: &mut Errors) -> Option<Self> {
        let is_alias = key.name == "alias";
        if let Some(path) = constant(key) {
            return Some(Self {
                at: path.to_token_stream(),
                value: Value::Constant(path),
                is_alias,
            });
        }
        let expected = format!(
            "a string, `{} = \"…\"`, or the path of a constant",
            key.name
        );
        let text = errors.ok(text_or(key, &expected))?;
        check(&text, is_alias, errors);
        Some(Self {
            value: Value::Text(text.value()),
            at: text.to_token_stream(),
            is_alias,
        })
    }

    /// The text, when it can be seen.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Constant(_) => None,
        }
    }

    /// As it is named in a message.
    pub(super) fn shown(&self) -> String {
        self.text()
            .map_or_else(|| self.spelled(), ToOwned::to_owned)
    }

    /// As it is written in an attribute.
    pub(super) fn spelled(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("{text:?}"),
            Value::Constant(path) => path.to_token_stream().to_string().replace(' ', ""),
        }
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.value {
            Value::Text(text) => text.to_tokens(tokens),
            Value::Constant(path) if self.is_alias => {
                tokens.extend(quote_spanned!(place(path)=> __p::checked_alias(#path)));
            }
            Value::Constant(path) => {
                tokens.extend(quote_spanned!(place(path)=> __p::checked_event_type(#path)));
            }
        }
    }
}

/// As `plumberd::event::EventType` has it.
fn check(name: &LitStr, is_alias: bool, errors: &mut Errors) {
    let text = name.value();
    if text.len() > 512 || text.chars().any(char::is_control) {
        let message = "a stored name has at most 512 bytes and no control characters; shorten it";
        errors.at(name, message);
    }
    if text.starts_with('$') && !is_alias {
        errors.at(
            name,
            "a stored name does not begin with `$`: those are the store's own, and readers pass \
             over them; take another name, and this one as `alias` if it is to be read",
        );
    }
}
