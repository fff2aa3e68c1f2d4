use super::{Errors, did_you_mean};
use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::{
    Expr, Ident, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    token,
};

/// One `key`, `key = value` or `key(value)` of an attribute.
#[derive(Clone)]
pub(crate) struct Key {
    /// The key, where the user wrote it.
    pub(crate) name: Ident,
    /// What stands behind `=` or between the parentheses.
    pub(crate) value: Option<TokenStream>,
}

impl Key {
    /// The value, read as a `T`; the error says what was expected.
    pub(crate) fn parse<T: Parse>(&self, expected: &str) -> syn::Result<T> {
        let Some(value) = &self.value else {
            return Err(syn::Error::new_spanned(
                &self.name,
                format!("`{}` needs a value: {expected}", self.name),
            ));
        };
        syn::parse2(value.clone()).map_err(|_| match missing_comma(value) {
            Some(next) => {
                syn::Error::new(next.span(), format!("a comma is missing before `{next}`"))
            }
            None => syn::Error::new_spanned(value, format!("`{}` takes {expected}", self.name)),
        })
    }

    /// That there is no value.
    pub(crate) fn flag(&self) -> syn::Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(syn::Error::new_spanned(
                value,
                format!("`{}` takes no value", self.name),
            )),
        }
    }
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(value(input)?)
        } else if input.peek(token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            Some(inner.parse()?)
        } else {
            None
        };
        Ok(Self { name, value })
    }
}

/// The first token of a value that begins another key: the comma before it was
/// forgotten.
fn missing_comma(value: &TokenStream) -> Option<Ident> {
    let tokens: Vec<TokenTree> = value.clone().into_iter().collect();
    let next = |index: usize, mark: char| {
        matches!(tokens.get(index), Some(TokenTree::Punct(next))
            if next.as_char() == mark && next.spacing() == Spacing::Alone)
    };
    tokens
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(index, token)| {
            let TokenTree::Ident(word) = token else {
                return None;
            };
            let before = &tokens[index - 1];
            let begins = matches!(before, TokenTree::Literal(_))
                || (matches!(before, TokenTree::Ident(_)) && next(index + 1, '='));
            begins.then(|| word.clone())
        })
}

/// The tokens of a value: a type, an expression, or else what stands before
/// the next comma, for the error of the one who asks for it.
fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    // A type goes first: as an expression, `Old<u8, u8>` would be the
    // comparison `Old < u8`.
    if let Some(value) = whole::<Type>(input).or_else(|| whole::<Expr>(input)) {
        return Ok(value);
    }
    let mut value = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        value.extend([input.parse::<TokenTree>()?]);
    }
    if value.is_empty() {
        return Err(input.error("expected a value after `=`"));
    }
    Ok(value)
}

/// The tokens of a `T` that goes to the next comma or the end.
fn whole<T: Parse>(input: ParseStream<'_>) -> Option<TokenStream> {
    let ahead = input.fork();
    ahead.parse::<T>().ok()?;
    if !ahead.is_empty() && !ahead.peek(Token![,]) {
        return None;
    }
    let mut value = TokenStream::new();
    while input.cursor() != ahead.cursor() {
        value.extend([input.parse::<TokenTree>().ok()?]);
    }
    Some(value)
}

/// The keys of an attribute, of all `#[name(…)]` of one item together.
#[derive(Default)]
pub(crate) struct Attrs(Vec<Key>);

impl Attrs {
    /// Reads the tokens between the parentheses of an attribute; mistakes go
    /// to `errors`.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut all = Self::default();
        all.add(tokens, errors);
        all
    }

    /// Reads every `#[name(…)]` among `attrs`.
    pub(crate) fn of(name: &str, attrs: &[syn::Attribute], errors: &mut Errors) -> Self {
        let mut all = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
            match &attr.meta {
                syn::Meta::List(list) => all.add(list.tokens.clone(), errors),
                syn::Meta::Path(path) => {
                    errors.at(
                        path,
                        format!("write `#[{name}(…)]` with a key, or leave it out"),
                    );
                }
                syn::Meta::NameValue(meta) => {
                    errors.at(meta, format!("write `#[{name}(key = value)]`"));
                }
            }
        }
        all
    }

    fn add(&mut self, tokens: TokenStream, errors: &mut Errors) {
        let keys = errors.ok(Punctuated::<Key, Token![,]>::parse_terminated.parse2(tokens));
        for key in keys.into_iter().flatten() {
            let same = |first: &&Key| first.name == key.name && first.name != "alias";
            if let Some(first) = self.0.iter().find(same) {
                errors.at(&key.name, format!("`{}` is set twice", key.name));
                errors.at(&first.name, "first set here");
                continue;
            }
            self.0.push(key);
        }
    }

    /// Takes the key of this name out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Key> {
        let index = self.0.iter().position(|key| key.name == name)?;
        Some(self.0.remove(index))
    }

    /// The keys that are left, but for those of these names.
    pub(crate) fn into_keys(self, but: &[&str]) -> impl Iterator<Item = Key> {
        self.0
            .into_iter()
            .filter(|key| !but.iter().any(|but| key.name == but))
    }

    /// Reports every key that is left.
    pub(crate) fn finish(self, known: &[&str], errors: &mut Errors) {
        for key in self.0 {
            let name = key.name.to_string();
            let known_keys = known.join("`, `");
            let hint = did_you_mean(&name, known);
            let hint = if hint.is_empty() {
                format!("; the keys are `{known_keys}`")
            } else {
                hint
            };
            errors.at(&key.name, format!("no key `{name}`{hint}"));
        }
    }
}
