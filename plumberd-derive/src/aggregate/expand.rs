use super::{
    expand_handlers::{command_impl, handles_impl, moved},
    handlers::EventHandler,
    keys::{Blocks, Category},
    model::Aggregate,
};
use crate::support::place;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, ext::IdentExt, parse_quote};

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
    let rows = quote!(#(#rows),*);
    let own = match aggregate.blocks {
        Blocks::Further(number) => further_block(aggregate, ty, number, &rows),
        Blocks::One | Blocks::First(_) => {
            let implementation = aggregate_impl(aggregate, ty, &table(aggregate, ty, &rows));
            let count = count(aggregate, ty);
            let assertion = assertion(aggregate, ty);
            let once = once(aggregate, ty);
            quote!(#implementation #once #count #assertion)
        }
    };
    let handles = aggregate
        .handlers
        .iter()
        .map(|handler| handles_impl(aggregate, ty, handler));
    let commands = aggregate
        .commands
        .iter()
        .map(|command| command_impl(aggregate, ty, command));
    quote! {
        #block
        #own
        #(#handles)*
        #(#commands)*
    }
}

/// `impl Aggregate`, with this table.
pub(super) fn aggregate_impl(aggregate: &Aggregate, ty: &Type, table: &TokenStream) -> TokenStream {
    let Aggregate {
        krate,
        block,
        cfgs,
        handlers,
        ..
    } = aggregate;
    let lints = handlers.iter().find_map(|handler| handler.lints.as_ref());
    let id = aggregate
        .id
        .as_ref()
        .map_or_else(|| quote!(#krate::__private::Uuid), |id| quote!(#id));
    let policy = policy(aggregate);
    let category = match &aggregate.category {
        Category::Name(name) => name.to_token_stream(),
        Category::Constant(path) => {
            quote_spanned!(place(path)=> #krate::__private::checked_category(#path))
        }
    };
    let mut generics = block.generics.clone();
    if aggregate.is_generic() {
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote! {
            Self: #krate::__private::Default
                + #krate::__private::core::marker::Send
                + #krate::__private::core::marker::Sync
                + 'static
        });
    }
    let (params, _, clause) = generics.split_for_impl();
    quote! {
        #(#cfgs)*
        #lints
        #[automatically_derived]
        impl #params #krate::aggregate::Aggregate for #ty #clause {
            type Id = #id;
            const CATEGORY: &'static #krate::__private::core::primitive::str = #category;
            const UNKNOWN_EVENTS: #krate::aggregate::UnknownEvents = #policy;
            const HANDLERS: #krate::aggregate::HandlerTable<Self> = #table;
        }
    }
}

/// The table of these rows, and of those of other blocks.
pub(super) fn table(aggregate: &Aggregate, ty: &Type, rows: &TokenStream) -> TokenStream {
    let Aggregate { krate, other, .. } = aggregate;
    let new = quote!(#krate::aggregate::HandlerTable::new);
    let table = match aggregate.blocks {
        Blocks::First(count) => {
            let further = (2..=count)
                .map(|number| quote!(<#ty as #krate::__private::HandlerBlock<#number>>::ROWS));
            let row = quote!(#krate::aggregate::Row<#ty>);
            quote! {
                #new({
                    const __BLOCKS: &[&[#row]] = &[&[#rows], #(#further),*];
                    const __ROWS: [#row; #krate::__private::count_rows(__BLOCKS)] =
                        #krate::__private::join_rows(__BLOCKS);
                    &__ROWS
                })
            }
        }
        // With parameters the table is not made here, but once for each type.
        _ if aggregate.is_generic() => quote!(#new(const { &[#rows] })),
        _ => quote!(#new(&[#rows])),
    };
    let other = other.as_ref().map(|other| {
        let (method, cfgs) = (&other.method, &other.cfgs);
        quote! {
            #(#cfgs)*
            let __table = #krate::aggregate::HandlerTable::or_else(__table, Self::#method);
        }
    });
    let table_itself = quote!(&__table);
    let check = (aggregate.is_generic() && aggregate.handlers.len() > 1)
        .then(|| distinct(aggregate, &table_itself));
    let catch_all = aggregate
        .is_generic()
        .then(|| catch_all(aggregate, &table_itself))
        .flatten();
    if other.is_none() && check.is_none() && catch_all.is_none() {
        return table;
    }
    quote!({
        let __table: #krate::aggregate::HandlerTable<Self> = #table;
        #other
        #check
        #catch_all
        __table
    })
}

/// A row of the table, at the event's place: what the compiler has to say
/// about the event it says there.
fn row(aggregate: &Aggregate, handler: &EventHandler) -> TokenStream {
    let Aggregate { krate, .. } = aggregate;
    let EventHandler { event, .. } = handler;
    let method = handler.method.unraw().to_string();
    quote_spanned!(place(event)=>
        #krate::aggregate::Row::of::<#event>(#method)
    )
}

/// A block that is not the first one.
fn further_block(aggregate: &Aggregate, ty: &Type, number: u32, rows: &TokenStream) -> TokenStream {
    let Aggregate {
        krate,
        cfgs,
        handlers,
        ..
    } = aggregate;
    let lints = handlers.iter().find_map(|handler| handler.lints.as_ref());
    quote! {
        #(#cfgs)*
        #lints
        #[automatically_derived]
        impl #krate::__private::HandlerBlock<#number> for #ty {
            const ROWS: &'static [#krate::aggregate::Row<Self>] = &[#rows];
        }
        #(#cfgs)*
        const _: () = #krate::__private::assert_counted(
            <#ty as #krate::__private::CountsBlocks>::BLOCKS,
            #number,
        );
    }
}

/// What says of two blocks what to do, where the compiler only says that they conflict.
fn once(aggregate: &Aggregate, ty: &Type) -> TokenStream {
    let Aggregate {
        krate, cfgs, block, ..
    } = aggregate;
    let (params, _, clause) = block.generics.split_for_impl();
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #params
            #krate::__private::of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2
            for #ty #clause {}
    }
}

/// How many blocks there are, for those that are not the first one.
fn count(aggregate: &Aggregate, ty: &Type) -> Option<TokenStream> {
    let Aggregate { krate, cfgs, .. } = aggregate;
    let Blocks::First(count) = aggregate.blocks else {
        return None;
    };
    Some(quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #krate::__private::CountsBlocks for #ty {
            const BLOCKS: #krate::__private::core::primitive::u32 = #count;
        }
    })
}

/// What must hold of the constants of an aggregate without parameters, which the
/// compiler looks at here and not only where they are used.
fn assertion(aggregate: &Aggregate, ty: &Type) -> Option<TokenStream> {
    let Aggregate { krate, cfgs, .. } = aggregate;
    if aggregate.is_generic() {
        return None;
    }
    let this = quote!(<#ty as #krate::aggregate::Aggregate>);
    let category = match &aggregate.category {
        Category::Name(_) => None,
        Category::Constant(_) => Some(quote!(let _ = #this::CATEGORY;)),
    };
    let several = aggregate.handlers.len() > 1 || aggregate.blocks != Blocks::One;
    let table = quote!(&#this::HANDLERS);
    let distinct = several.then(|| distinct(aggregate, &table));
    let catch_all = catch_all(aggregate, &table);
    (category.is_some() || distinct.is_some() || catch_all.is_some()).then(|| {
        quote! {
            #(#cfgs)*
            const _: () = { #category #distinct #catch_all };
        }
    })
}

/// A statement that events of unknown types have one way to go, where there may be two.
fn catch_all(aggregate: &Aggregate, table: &TokenStream) -> Option<TokenStream> {
    let krate = &aggregate.krate;
    let may_be_two = aggregate.handlers.len() > 1
        || aggregate.blocks != Blocks::One
        || aggregate.other.is_some()
        || aggregate.skips_unknown_events;
    if !may_be_two {
        return None;
    }
    let policy = policy(aggregate);
    let at = place(aggregate.ty.as_ref()?);
    let runtime = moved(krate, at);
    Some(quote_spanned! {at=>
        #runtime::__private::assert_one_catch_all(#table, #policy);
    })
}

/// What happens to events that no handler is for.
fn policy(aggregate: &Aggregate) -> TokenStream {
    let krate = &aggregate.krate;
    let policy = if aggregate.skips_unknown_events {
        quote!(Skip)
    } else {
        quote!(Error)
    };
    quote!(#krate::aggregate::UnknownEvents::#policy)
}

/// A statement that no two handlers of the table are for one stored name. One for
/// all, since the compiler runs it; a mistake is where the event of the second handler
/// is.
fn distinct(aggregate: &Aggregate, table: &TokenStream) -> TokenStream {
    let krate = &aggregate.krate;
    let reports = aggregate.handlers.iter().map(|handler| {
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
    // The second one may be in another block.
    quote! {
        if let #krate::__private::Some(__found) = #krate::__private::Repeated::among(#table) {
            #(#reports)*
            #krate::__private::Repeated::report(&__found)
        }
    }
}
