use super::model::{Aggregate, CommandHandler, EventHandler};
use crate::support::{CratePath, place};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, ext::IdentExt};

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
    let assertion = (aggregate.handlers.len() > 1).then(|| assertion(aggregate, ty));
    quote! {
        #block
        #implementation
        #(#handles)*
        #(#commands)*
        #assertion
    }
}

/// `impl Aggregate`, with these rows in its table.
pub(super) fn aggregate_impl(aggregate: &Aggregate, ty: &Type, rows: &TokenStream) -> TokenStream {
    let Aggregate {
        krate,
        category,
        cfgs,
        handlers,
        ..
    } = aggregate;
    let lints = handlers.iter().find_map(|handler| handler.lints.as_ref());
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
        #lints
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
            Some(quote!(let __metadata = __metadata.parse()?;)),
            Some(quote_spanned!(place(second)=> , &__metadata)),
        ),
    };
    let body = quote! {
        #parse
        Self::#method(self, __event #second);
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
        lints,
        ..
    } = handler;
    let metadata = if handler.metadata.is_some() {
        quote!(__metadata)
    } else {
        quote!(_)
    };
    let place = place(event);
    let (runtime, this) = (moved(krate, place), held(ty, place));
    quote_spanned! {place=>
        #(#cfgs)*
        #(#own_cfgs)*
        #lints
        #[automatically_derived]
        impl #runtime::aggregate::Handles<#event> for #this {
            #[inline]
            fn handle(
                &mut self,
                __event: &#event,
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
        |result, place| quote_spanned!(place=> #result::into_result(Self::#method(self, __command))),
    )
}

/// `impl HandlesCommand`, with the body that is made of `<Output as
/// DecisionResult>`.
pub(super) fn command_impl_of(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &CommandHandler,
    body: impl FnOnce(&TokenStream, Span) -> TokenStream,
) -> TokenStream {
    let Aggregate { krate, cfgs, .. } = aggregate;
    let CommandHandler {
        command,
        output,
        cfgs: own_cfgs,
        lints,
        ..
    } = handler;
    let at_command = place(command);
    let (runtime, this) = (moved(krate, at_command), held(ty, at_command));
    // All that leans on the output being a `Result` is in one place, where the
    // compiler says once that it is none.
    let at_output = place(output);
    let (krate, output) = (moved(krate, at_output), held(output, at_output));
    let result = quote_spanned!(at_output=> <#output as #krate::__private::DecisionResult>);
    let body = body(&result, at_output);
    let items = quote_spanned! {at_output=>
        type Events = #result::Events;
        type Error = #result::Error;
        #[inline]
        fn decide(
            &self,
            __command: #command,
        ) -> #krate::__private::core::result::Result<Self::Events, Self::Error> {
            #body
        }
    };
    quote_spanned! {at_command=>
        #(#cfgs)*
        #(#own_cfgs)*
        #lints
        #[automatically_derived]
        impl #runtime::aggregate::HandlesCommand<#command> for #this {
            #items
        }
    }
}

/// That no two handlers are for one stored name. One for all, since the compiler
/// runs it; a mistake is where the event of the second handler is.
fn assertion(aggregate: &Aggregate, ty: &Type) -> TokenStream {
    let Aggregate { krate, cfgs, .. } = aggregate;
    // Nothing is above the first one.
    let reports = aggregate.handlers.iter().skip(1).map(|handler| {
        let EventHandler { event, cfgs, .. } = handler;
        let method = handler.method.unraw().to_string();
        let place = place(event);
        let runtime = moved(krate, place);
        let report = quote_spanned!(place=> #runtime::__private::Repeated::report(&__found));
        quote! {
            #(#cfgs)*
            {
                if #krate::__private::Repeated::is_at(&__found, #method) {
                    #report
                }
            }
        }
    });
    quote! {
        #(#cfgs)*
        const _: () = {
            if let #krate::__private::Some(__found) = #krate::__private::Repeated::among(
                &<#ty as #krate::aggregate::Aggregate>::HANDLERS,
            ) {
                #(#reports)*
            }
        };
    }
}

/// The path of our own crate at another place. What goes from there to more
/// tokens of ours is then something that the compiler can show.
fn moved(krate: &CratePath, place: Span) -> TokenStream {
    krate
        .to_token_stream()
        .into_iter()
        .map(|mut token| {
            // Which crate `$crate` is lies in its span.
            if token.to_string() != "$crate" {
                token.set_span(place);
            }
            token
        })
        .collect()
}

/// A type of the user in parentheses that are elsewhere: the whole counts as
/// there, and a mistake inside is where the user made it.
fn held(ty: &Type, place: Span) -> TokenStream {
    let mut group = Group::new(Delimiter::Parenthesis, ty.to_token_stream());
    group.set_span(place);
    TokenTree::Group(group).into()
}
