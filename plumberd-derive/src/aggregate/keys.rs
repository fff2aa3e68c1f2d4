//! What stands in `#[aggregate(…)]`.

use super::{model::Aggregate, names::check_category};
use crate::support::{Attrs, CratePath, Errors, Key, constant, did_you_mean};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ExprPath, LitInt, LitStr, Type};

const KEYS: &[&str] = &[
    "category",
    "id",
    "unknown_events",
    "blocks",
    "block",
    "crate",
];

/// The first part of the stream's name.
pub(super) enum Category {
    Name(LitStr),
    /// A constant, which may be one of a parameter.
    Constant(ExprPath),
}

/// Which of the type's blocks with handlers it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    /// The only one.
    One,
    /// The first of so many.
    First(u32),
    /// The one of this number.
    Further(u32),
}

impl Aggregate {
    pub(super) fn read_keys(&mut self, args: TokenStream, errors: &mut Errors) {
        if let Some(TokenTree::Literal(literal)) = args.clone().into_iter().next() {
            errors.at(&literal, format!("write `category = {literal}`"));
            return;
        }
        let mut keys = Attrs::parse(args, errors);
        if let Some(key) = keys.take("crate") {
            let path = errors.ok(key.parse("a path, like `::plumberd`"));
            self.krate = CratePath::new(path);
        }
        self.read_blocks(&mut keys, errors);
        if let Blocks::Further(_) = self.blocks {
            for name in ["category", "id", "unknown_events"] {
                if let Some(key) = keys.take(name) {
                    let message = format!("`{name}` is set in the first block, for all of them");
                    errors.at(&key.name, message);
                }
            }
        }
        if let Some(key) = keys.take("id") {
            self.id = errors.ok(key.parse("a type, like `OrderNumber`"));
        }
        match keys.take("category") {
            Some(key) => self.read_category(&key, errors),
            None if matches!(self.blocks, Blocks::Further(_)) => {}
            None => self.ask_for_category(errors),
        }
        let policies = "`\"error\"` or `\"skip\"`";
        if let Some(key) = keys.take("unknown_events")
            && let Some(policy) = errors.ok(key.parse::<LitStr>(policies))
        {
            match policy.value().as_str() {
                "error" => {}
                "skip" => self.skips_unknown_events = true,
                other => errors.at(
                    &policy,
                    format!(
                        "`unknown_events` is {policies}{}",
                        did_you_mean(other, &["error", "skip"])
                    ),
                ),
            }
        }
        keys.finish(KEYS, errors);
    }

    fn read_category(&mut self, key: &Key, errors: &mut Errors) {
        if let Some(constant) = constant(key) {
            self.category = Category::Constant(constant);
        } else if let Some(name) =
            errors.ok(key.parse::<LitStr>("a string, like `\"Account\"`, or a constant"))
        {
            check_category(&name, errors);
            self.category = Category::Name(name);
        }
    }

    /// Several types may have the name that the type is written with.
    fn ask_for_category(&self, errors: &mut Errors) {
        let Some(Type::Path(ty)) = &self.ty else {
            return;
        };
        let Some(last) = ty.path.segments.last() else {
            return;
        };
        if self.is_generic() {
            errors.at(
                ty,
                format!(
                    "several types are named `{}`; say which streams are whose: \
                     `#[aggregate(category = T::CATEGORY)]` for a category each, with a constant \
                     of the parameter, or `category = \"…\"` when all share one",
                    last.ident
                ),
            );
        } else if !last.arguments.is_empty() {
            errors.at(
                ty,
                format!(
                    "several types may be named `{}`; say which streams are this one's: \
                     `#[aggregate(category = \"...\")]`",
                    last.ident
                ),
            );
        }
    }

    fn read_blocks(&mut self, keys: &mut Attrs, errors: &mut Errors) {
        let (blocks, block) = (keys.take("blocks"), keys.take("block"));
        if let (Some(blocks), Some(block)) = (&blocks, &block) {
            let message = "the first block says how many there are, and each other one which it \
                           is; remove one of the two";
            errors.at(&block.name, message);
            errors.at(&blocks.name, "`blocks` is set here");
            return;
        }
        let number = |key: &Key, errors: &mut Errors| {
            let expected = "a number from 2";
            let literal: LitInt = errors.ok(key.parse(expected))?;
            if let Ok(number @ 2..=255) = literal.base10_parse::<u32>() {
                return Some(number);
            }
            let message = if key.name == "block" {
                "the first block has no number, it says `blocks = 2`; the others are numbered \
                 from 2 to 255"
            } else {
                "`blocks` counts the blocks of the type, this one too: 2 to 255"
            };
            errors.at(&literal, message);
            None
        };
        let key = blocks.as_ref().or(block.as_ref());
        if let Some(key) = key
            && self.is_generic()
        {
            errors.at(
                &key.name,
                "the handlers of an aggregate with parameters are in one block, because their \
                 table is made once for each type; move them there",
            );
            return;
        }
        if let Some(count) = blocks.and_then(|key| number(&key, errors)) {
            self.blocks = Blocks::First(count);
        } else if let Some(which) = block.and_then(|key| number(&key, errors)) {
            self.blocks = Blocks::Further(which);
        }
    }
}

impl ToTokens for Category {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Name(name) => name.to_tokens(tokens),
            Self::Constant(path) => path.to_tokens(tokens),
        }
    }
}
