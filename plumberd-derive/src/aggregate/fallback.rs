use super::{
    expand::aggregate_impl,
    expand_handlers::{command_impl_of, handles_impl_of},
    keys::Blocks,
    model::Aggregate,
};
use proc_macro2::TokenStream;
use quote::quote;

/// The mistakes, the block as it is, and impls that do nothing, so that code
/// which uses the aggregate has nothing to complain about.
pub(super) fn expand(aggregate: &Aggregate, error: &syn::Error) -> TokenStream {
    let krate = &aggregate.krate;
    let errors = error.to_compile_error();
    let block = &aggregate.block;
    let stubs = aggregate.ty.as_ref().map(|ty| {
        let implementation = (!matches!(aggregate.blocks, Blocks::Further(_))).then(|| {
            let table = quote!(#krate::aggregate::HandlerTable::new(&[]));
            aggregate_impl(aggregate, ty, &table)
        });
        let handles = aggregate
            .handlers
            .iter()
            .map(|handler| handles_impl_of(aggregate, ty, handler, &quote!(let _ = __event;)));
        let commands = aggregate.commands.iter().map(|handler| {
            let service = handler.service.as_ref().map(|_| quote!(let _ = __service;));
            command_impl_of(aggregate, ty, handler, |_, _| {
                quote! {
                    #service
                    let _ = __command;
                    #krate::__private::core::unreachable!()
                }
            })
        });
        quote!(#implementation #(#handles)* #(#commands)*)
    });
    quote!(#errors #block #stubs)
}

/// The mistake, and the item as it is.
pub(super) fn unreadable(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    quote!(#errors #item)
}
