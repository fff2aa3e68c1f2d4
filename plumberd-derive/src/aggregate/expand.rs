use super::model::{Aggregate, CommandHandler, EventHandler};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, ext::IdentExt, spanned::Spanned};

/// The code of an aggregate without mistakes.
pub(super) fn expand(aggregate: &Aggregate) -> TokenStream {
    let block = &aggregate.block;
    let Some(ty) = &aggregate.ty else {
        return quote!(#block);
    };
    let rows = aggregate.handlers.iter().map(|handler| {
        let row = row(aggregate, handler);
        let cfgs = &handler.cfgs;
        quote!(#(#cfgs)* #row)
    });
    let implementation = aggregate_impl(aggregate, ty, &quote!(#(#rows),*));
    let handles = aggregate
        .handlers
        .iter()
        .map(|handler| handles_impl(aggregate, ty, handler));
    let commands = aggregate
        .commands
        .iter()
        .map(|command| command_impl(aggregate, ty, command));
    // Nothing is above the first one.
    let assertions = aggregate
        .handlers
        .iter()
        .skip(1)
        .map(|handler| assertion(aggregate, ty, handler));
    quote! {
        #block
        #implementation
        #(#handles)*
        #(#commands)*
        #(#assertions)*
    }
}

/// `impl Aggregate`, with these rows in its table.
pub(super) fn aggregate_impl(aggregate: &Aggregate, ty: &Type, rows: &TokenStream) -> TokenStream {
    let Aggregate {
        krate,
        category,
        cfgs,
        ..
    } = aggregate;
    let id = aggregate
        .id
        .as_ref()
        .map_or_else(|| quote!(#krate::__private::Uuid), |id| quote!(#id));
    let policy = if aggregate.skips_unknown_events {
        quote!(Skip)
    } else {
        quote!(Error)
    };
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #krate::aggregate::Aggregate for #ty {
            type Id = #id;
            const CATEGORY: &'static #krate::__private::core::primitive::str = #category;
            const UNKNOWN_EVENTS: #krate::aggregate::UnknownEvents =
                #krate::aggregate::UnknownEvents::#policy;
            const HANDLERS: #krate::aggregate::HandlerTable<Self> =
                #krate::aggregate::HandlerTable::new(&[#rows]);
        }
    }
}

/// A row of the table, at the event's place: what the compiler has to say
/// about the event it says there.
fn row(aggregate: &Aggregate, handler: &EventHandler) -> TokenStream {
    let Aggregate { krate, .. } = aggregate;
    let EventHandler { event, aliases, .. } = handler;
    let method = handler.method.unraw().to_string();
    let also = (!aliases.is_empty()).then(|| quote!(.also_named(&[#(#aliases),*])));
    quote_spanned!(place(event)=>
        #krate::aggregate::Row::of::<#event>(#method) #also
    )
}

fn handles_impl(aggregate: &Aggregate, ty: &Type, handler: &EventHandler) -> TokenStream {
    let method = &handler.method;
    let (parse, second) = match &handler.metadata {
        None => (None, None),
        Some(second) => (
            Some(quote!(let metadata = metadata.parse()?;)),
            Some(quote_spanned!(place(second)=> , &metadata)),
        ),
    };
    let body = quote! {
        #parse
        Self::#method(self, event #second);
    };
    handles_impl_of(aggregate, ty, handler, &body)
}

/// `impl Handles`, with this body.
pub(super) fn handles_impl_of(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &EventHandler,
    body: &TokenStream,
) -> TokenStream {
    let Aggregate { krate, cfgs, .. } = aggregate;
    let EventHandler {
        event,
        cfgs: own_cfgs,
        ..
    } = handler;
    let metadata = if handler.metadata.is_some() {
        quote!(metadata)
    } else {
        quote!(_)
    };
    let header = quote_spanned!(place(event)=> impl #krate::aggregate::Handles<#event> for #ty);
    quote! {
        #(#cfgs)*
        #(#own_cfgs)*
        #[automatically_derived]
        #header {
            #[inline]
            fn handle(
                &mut self,
                event: &#event,
                #metadata: &#krate::event::RawMetadata,
            ) -> #krate::__private::core::result::Result<(), #krate::aggregate::ApplyError> {
                #body
                #krate::__private::core::result::Result::Ok(())
            }
        }
    }
}

fn command_impl(aggregate: &Aggregate, ty: &Type, handler: &CommandHandler) -> TokenStream {
    let method = &handler.method;
    command_impl_of(
        aggregate,
        ty,
        handler,
        &quote!(Self::#method(self, command)),
    )
}

/// `impl HandlesCommand`, with this body.
pub(super) fn command_impl_of(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &CommandHandler,
    body: &TokenStream,
) -> TokenStream {
    let Aggregate { krate, cfgs, .. } = aggregate;
    let CommandHandler {
        command,
        output,
        cfgs: own_cfgs,
        ..
    } = handler;
    let header =
        quote_spanned!(place(command)=> impl #krate::aggregate::HandlesCommand<#command> for #ty);
    let sides = quote_spanned! {place(output)=>
        type Events = <#output as #krate::__private::DecisionResult>::Events;
        type Error = <#output as #krate::__private::DecisionResult>::Error;
    };
    quote! {
        #(#cfgs)*
        #(#own_cfgs)*
        #[automatically_derived]
        #header {
            #sides
            #[inline]
            fn decide(
                &self,
                command: #command,
            ) -> #krate::__private::core::result::Result<Self::Events, Self::Error> {
                #body
            }
        }
    }
}

/// That no handler above this one is for a stored name of this one.
fn assertion(aggregate: &Aggregate, ty: &Type, handler: &EventHandler) -> TokenStream {
    let Aggregate { krate, cfgs, .. } = aggregate;
    let EventHandler {
        event,
        cfgs: own_cfgs,
        ..
    } = handler;
    let method = handler.method.unraw().to_string();
    let check = quote_spanned!(place(event)=>
        #krate::__private::assert_distinct(
            &<#ty as #krate::aggregate::Aggregate>::HANDLERS,
            #method,
        )
    );
    quote! {
        #(#cfgs)*
        #(#own_cfgs)*
        const _: () = #check;
    }
}

/// The place of `ty`, for tokens that are ours: the compiler points there, and
/// lints still know that no user wrote them.
fn place(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}
