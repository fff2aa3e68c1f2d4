use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// Where the runtime is: `::plumberd`, or what `crate = …` says.
#[derive(Clone, Default)]
pub(crate) struct CratePath(Option<syn::Path>);

impl CratePath {
    pub(crate) fn new(path: Option<syn::Path>) -> Self {
        Self(path)
    }

    /// An item that does not compile where the crate is not called plumberd and nothing
    /// says what it is called: a macro cannot ask, and the compiler says no more than that
    /// `plumberd` is not found. The name that is not found then tells of `crate = …`.
    pub(crate) fn check(&self) -> Option<TokenStream> {
        let check = self.check_in_block()?;
        Some(quote! {
            const _: () = {
                use ::plumberd::__private as __p;
                #check
            };
        })
    }

    /// The same, where `__p` is what macro output names.
    pub(crate) fn check_in_block(&self) -> Option<TokenStream> {
        self.0.is_none().then(|| {
            quote! {
                const _: () = {
                    use __p::named::*;
                    plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
                };
            }
        })
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
