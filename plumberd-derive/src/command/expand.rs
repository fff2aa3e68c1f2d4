use super::model::{Handlers, Method};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// The block, and a route for each of its commands.
pub(super) fn expand(handlers: &Handlers) -> TokenStream {
    let routes = handlers
        .methods
        .iter()
        .map(|method| route(handlers, method));
    implementation(handlers, &quote!(#(#routes)*))
}

/// The block without routes, so that what uses it has nothing to complain
/// about.
pub(super) fn stub(handlers: &Handlers) -> TokenStream {
    implementation(handlers, &quote!(let _ = (self, __routes);))
}

fn implementation(handlers: &Handlers, body: &TokenStream) -> TokenStream {
    let Handlers {
        krate, block, cfgs, ..
    } = handlers;
    let (generics, ty) = (&block.generics, &block.self_ty);
    let (generics, _, clause) = generics.split_for_impl();
    quote! {
        #block
        #(#cfgs)*
        #[automatically_derived]
        impl #generics #krate::command::HandlesCommands for #ty #clause {
            fn routes(
                self: #krate::__private::std::sync::Arc<Self>,
                __routes: &mut #krate::command::CommandHandlers,
            ) {
                #body
            }
        }
    }
}

fn route(handlers: &Handlers, method: &Method) -> TokenStream {
    let krate = &handlers.krate;
    let Method {
        name,
        id,
        command,
        takes_context,
        cfgs,
        lints,
    } = method;
    let context = takes_context.then(|| quote!(, &__context));
    // That the future cannot be sent, or the result is none, is about the method.
    let call =
        quote_spanned!(place(name)=> Self::#name(&__handler, __id, &__command #context).await);
    let add = quote_spanned!(place(command)=> #krate::command::CommandHandlers::add::<#command, #id, _, _>);
    quote! {
        #(#cfgs)*
        #lints
        {
            let __handler = #krate::__private::core::clone::Clone::clone(&self);
            #add(__routes, move |__id, __command, __context| {
                let __handler = #krate::__private::core::clone::Clone::clone(&__handler);
                async move {
                    let _ = &__context;
                    match #call {
                        #krate::__private::Ok(_) => #krate::__private::Ok(()),
                        #krate::__private::Err(__error) => #krate::__private::Err(
                            #krate::__private::core::convert::From::from(__error),
                        ),
                    }
                }
            });
        }
    }
}
