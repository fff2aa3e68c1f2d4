use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// Where the runtime is: `::plumberd`, or what `crate = …` says.
#[derive(Clone, Default)]
pub(crate) struct CratePath(Option<syn::Path>);

impl CratePath {
    pub(crate) fn new(path: Option<syn::Path>) -> Self {
        Self(path)
    }

    /// Whether `crate = …` says where it is.
    pub(crate) const fn is_named(&self) -> bool {
        self.0.is_some()
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::plumberd)),
        }
    }
}
