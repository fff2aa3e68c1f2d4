use super::model::{Handlers, Method};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

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
    implementation(handlers, &quote!(let _ = (self, routes);))
}

fn implementation(handlers: &Handlers, body: &TokenStream) -> TokenStream {
    let Handlers {
        krate, block, cfgs, ..
    } = handlers;
    let (generics, ty) = (&block.generics, &block.self_ty);
    let (generics, _, clause) = generics.split_for_impl();
    quote! {
        // A handler is `async` whether it has something to wait for or not.
        #[allow(clippy::unused_async)]
        #block
        #(#cfgs)*
        #[automatically_derived]
        impl #generics #krate::command::HandlesCommands for #ty #clause {
            fn routes(
                self: #krate::__private::std::sync::Arc<Self>,
                routes: &mut #krate::command::CommandHandlers,
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
    } = method;
    let context = takes_context.then(|| quote!(, &context));
    // That the future cannot be sent, or the result is none, is about the method.
    let place = Span::call_site().located_at(name.span());
    let call = quote_spanned!(place=> Self::#name(&handler, id, &command #context).await);
    let at_command = Span::call_site().located_at(command.span());
    let add = quote_spanned!(at_command=> routes.add::<#command, #id, _, _>);
    quote! {
        #(#cfgs)*
        {
            let handler = #krate::__private::std::sync::Arc::clone(&self);
            #add(move |id, command, context| {
                let handler = #krate::__private::std::sync::Arc::clone(&handler);
                async move {
                    let _ = &context;
                    match #call {
                        #krate::__private::Ok(_) => #krate::__private::Ok(()),
                        #krate::__private::Err(error) => #krate::__private::Err(
                            #krate::__private::core::convert::From::from(error),
                        ),
                    }
                }
            });
        }
    }
}
