//! The implementations that a handler stands for.

use super::{
    handlers::{CommandHandler, EventHandler},
    model::Aggregate,
    names::command_name,
};
use crate::support::{CratePath, place};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericParam, Type};

pub(super) fn handles_impl(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &EventHandler,
) -> TokenStream {
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
    let Aggregate {
        krate, cfgs, block, ..
    } = aggregate;
    let (params, _, clause) = block.generics.split_for_impl();
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
        impl #params #runtime::aggregate::Handles<#event> for #this #clause {
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

pub(super) fn command_impl(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &CommandHandler,
) -> TokenStream {
    let method = &handler.method;
    command_impl_of(aggregate, ty, handler, |result, place| {
        let service = handler
            .service
            .as_ref()
            .map(|_| quote_spanned!(place=> , __service));
        quote_spanned!(place=> #result::into_result(Self::#method(self, __command #service)))
    })
}

/// `impl HandlesCommand`, or that of one with a service, with the body that is made of `<Output as
/// DecisionResult>`.
pub(super) fn command_impl_of(
    aggregate: &Aggregate,
    ty: &Type,
    handler: &CommandHandler,
    body: impl FnOnce(&TokenStream, Span) -> TokenStream,
) -> TokenStream {
    let Aggregate {
        krate, cfgs, block, ..
    } = aggregate;
    let CommandHandler {
        command,
        service,
        output,
        lifetimes,
        cfgs: own_cfgs,
        lints,
        ..
    } = handler;
    let name = command_name(command);
    let at_command = place(command);
    let (runtime, this) = (moved(krate, at_command), held(ty, at_command));
    // All that leans on the output being a `Result` is in one place, where the
    // compiler says once that it is none.
    let at_output = place(output);
    let (krate, output) = (moved(krate, at_output), held(output, at_output));
    let (implemented, decide, lent) = match service {
        None => (quote!(HandlesCommand<#command>), quote!(decide), None),
        Some(service) => (
            quote!(HandlesCommandWith<#command, #service>),
            quote!(decide_with),
            Some(quote!(__service: &#service,)),
        ),
    };
    let mut generics = block.generics.clone();
    for lifetime in lifetimes.iter().rev() {
        generics
            .params
            .insert(0, GenericParam::Lifetime(lifetime.clone()));
    }
    let (params, _, clause) = generics.split_for_impl();
    let result = quote_spanned!(at_output=> <#output as #krate::__private::DecisionResult>);
    let body = body(&result, at_output);
    let items = quote_spanned! {at_output=>
        type Events = #result::Events;
        type Error = #result::Error;
        #[inline]
        fn command_name() -> #krate::__private::Option<&'static #krate::__private::str> {
            #krate::__private::Some(#name)
        }
        #[inline]
        fn #decide(
            &self,
            __command: #command,
            #lent
        ) -> #krate::__private::core::result::Result<Self::Events, Self::Error> {
            #body
        }
    };
    quote_spanned! {at_command=>
        #(#cfgs)*
        #(#own_cfgs)*
        #lints
        #[automatically_derived]
        impl #params #runtime::aggregate::#implemented for #this #clause {
            #items
        }
    }
}

/// The path of our own crate at another place. What goes from there to more
/// tokens of ours is then something that the compiler can show.
pub(super) fn moved(krate: &CratePath, place: Span) -> TokenStream {
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
