//! The code that `#[derive(Event)]` stands for. In it `__p` is the module of
//! the runtime that macro output names.

use super::{
    expand_enum, expand_struct,
    model::{Form, Model},
};
use proc_macro2::TokenStream;

pub(super) fn expand(model: &Model) -> TokenStream {
    let content = match &model.form {
        Form::Struct(stored, body) => expand_struct::expand(&model.item, stored, body),
        Form::Enum(variants, other) => expand_enum::expand(&model.item, variants, other.as_deref()),
    };
    model.item.block(&content)
}
