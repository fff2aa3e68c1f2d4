//! What the code of an event struct and of an event enum have in common.

use super::stored::{Links, Stored};
use crate::{support::place, value::item::Item};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

/// What the compiler alone can say of the stored names: that no two are one, and that
/// each can be one. With parameters there is nothing to ask of here.
pub(super) fn names_check(item: &Item) -> Option<TokenStream> {
    let ident = &item.ident;
    item.generics.params.is_empty().then(|| {
        quote_spanned! {place(ident)=>
            const _: () = __p::assert_distinct_types(<#ident as __p::Event>::TYPES);
        }
    })
}

/// The methods about the id, from an expression for `Option<Uuid>` and one
/// that puts `__id` there.
pub(super) fn id_methods(get: &TokenStream, set: &TokenStream) -> TokenStream {
    quote! {
        fn id(&self) -> __p::Option<__p::Uuid> {
            #get
        }
        fn assign_id(&mut self, __id: __p::Uuid) {
            #set
        }
    }
}

/// `Some` of the id; an error about its type points at the type.
pub(super) fn lend_id(ty: &syn::Type, id: &TokenStream) -> TokenStream {
    let copy = quote_spanned!(place(ty)=> __p::event_id::<#ty>);
    quote!(#copy(#id))
}

pub(super) fn info(stored: &Stored) -> TokenStream {
    let Stored {
        name,
        aliases,
        revision,
        links,
        format,
        ..
    } = stored;
    // Where the event is declared: the default of where it is written.
    let mut info = quote!(__p::EventInfo::new(#name).with_module(__p::core::module_path!()));
    if !aliases.is_empty() {
        info.extend(quote!(.with_aliases(&[#(#aliases),*])));
    }
    if *revision > 1 {
        let oldest = match links {
            Links::None => quote!(#revision),
            Links::Json { oldest, .. } => quote!(#oldest),
            Links::Typed(previous) => quote!(__p::oldest_revision::<#previous>()),
        };
        info.extend(quote!(.with_revision(#revision, #oldest)));
    }
    let content_type = match (&format.content_type, &format.codec) {
        (Some(label), _) => Some(label.to_token_stream()),
        (None, Some(codec)) => Some(quote!(<#codec as __p::Codec>::CONTENT_TYPE)),
        (None, None) => None,
    };
    if let Some(content_type) = content_type {
        info.extend(quote!(.with_content_type(#content_type)));
    }
    if let Some(category) = &format.output_stream {
        info.extend(quote!(.with_output_stream(#category)));
    }
    info
}

/// The links of a struct, or of the variant number `variant`.
pub(super) fn links(stored: &Stored, variant: Option<usize>) -> TokenStream {
    match (&stored.links, variant) {
        (Links::None, _) => quote!(__p::Links::None),
        (Links::Json { steps, .. }, _) => {
            // A wrong signature is reported where the function is named.
            let steps = steps
                .iter()
                .map(|step| quote!({ let __step: __p::Upcaster = #step; __step }));
            quote!(__p::Links::Json(const { &[#(#steps),*] }))
        }
        (Links::Typed(previous), None) => {
            quote_spanned!(place(previous)=> __p::Links::Typed(__p::upcast::<#previous, Self>))
        }
        (Links::Typed(previous), Some(index)) => quote_spanned! {place(previous)=>
            __p::Links::Typed(__p::upcast_variant::<#previous, Self, #index>)
        },
    }
}

/// That the type of the revision before is stored under the same name, with
/// the revision before.
pub(super) fn previous_check(item: &Item, stored: &Stored) -> Option<TokenStream> {
    let Links::Typed(previous) = &stored.links else {
        return None;
    };
    // Outside of the implementation there are no generics to name.
    if !item.generics.params.is_empty() {
        return None;
    }
    let (name, aliases, revision) = (&stored.name, &stored.aliases, stored.revision - 1);
    let written = name.spelled();
    let spelled = previous.to_token_stream().to_string().replace(' ', "");
    let message = format!(
        "`upcast_from = {spelled}` needs `{spelled}` to be a struct with \
         `#[event(type = {written}, revision = {revision})]`"
    );
    Some(quote_spanned! {place(previous)=>
        const _: () = __p::assert_previous(
            <#previous as __p::Event>::TYPES,
            &[#name #(, #aliases)*],
            #revision,
            #message,
        );
    })
}
