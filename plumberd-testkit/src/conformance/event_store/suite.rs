/// Declares one test for each rule of the port
/// [`EventStore`](plumberd::store::EventStore), named after the rule.
///
/// It takes an expression that gives a future of a store. It is evaluated anew
/// in each test, on a Tokio runtime of several threads, so each rule has a
/// handle of its own; the stores behind the handles may be one and the same.
/// The store must be [`Clone`].
///
/// After it may follow, in this order:
///
/// * `clock: |clock| async { … }` makes a store that runs by the
///   [`Clock`](plumberd::clock::Clock) it is given. Rules about time need it;
///   without it they are shown as ignored, with this reason.
/// * `handles: async { (one, two) }` makes two handles of one store, opened as
///   differently as possible; without it they are a handle and its clone.
/// * `without: [guarantee: "why not", …]` names what the backend does not
///   promise. The rules about it are shown as ignored, with the reason.
///
/// | guarantee | what is promised |
/// |---|---|
/// | `limits` | [`EventStore::limits`](plumberd::store::EventStore::limits) are kept, and small enough to be tried |
/// | `ids_across_streams` | an id that is stored in another stream is refused |
/// | `global_order` | reads of everything, and their filters |
/// | `subscriptions` | subscriptions to a stream and to everything |
/// | `find_event` | an event is found by its id |
/// | `microseconds` | the time of an event is kept to the microsecond, not only to the millisecond |
/// | `tenants` | tenants |
/// | `every_tenant` | a handle of no tenant reads the events of every tenant |
/// | `truncation` | stream metadata: `$tb`, `$maxCount` |
/// | `max_age` | stream metadata: `$maxAge`, by the clock |
/// | `soft_delete` | a stream is deleted and may be written again |
/// | `fenced_deletes` | a writer that expects the last revision before a delete is refused after it |
/// | `tombstones` | a stream is deleted for ever |
/// | `tenant_deletes` | a tenant's deletes and truncations hide nothing of another's |
/// | `links` | links, and reads that resolve them |
/// | `stream_deletions` | a subscription of one stream tells its deletes and truncations |
///
/// A rule that needs several counts as one about the last in this list.
///
/// # Examples
///
/// ```no_run
/// use plumberd::backend::memory::Memory;
///
/// plumberd_testkit::event_store_conformance!(
///     async { Memory::new() },
///     without: [tenants: "left out of this example", links: "and these too"],
/// );
/// # fn main() {}
/// ```
///
/// What is not a guarantee does not compile:
///
/// ```compile_fail
/// use plumberd::backend::memory::Memory;
///
/// plumberd_testkit::event_store_conformance!(
///     async { Memory::new() },
///     without: [tennants: "misspelt"],
/// );
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! event_store_conformance {
    (
        $store:expr
        $(, clock: $clock:expr)?
        $(, handles: $handles:expr)?
        $(, without: [$($guarantee:ident : $why:literal),* $(,)?])?
        $(,)?
    ) => {
        $($($crate::__event_store_guarantee!($guarantee);)*)?
        $crate::__event_store_rules! {
            [$crate::__event_store_groups!]
            {
                store: [$store]
                clock: [$($clock)?]
                handles: [$($handles)?]
            }
            [$($($guarantee: $why,)*)?]
        }
    };
}

/// Refuses what is not a guarantee: a misspelt one would leave its rules on,
/// or, worse, be taken for a rule that is off.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_guarantee {
    (limits) => {};
    (ids_across_streams) => {};
    (global_order) => {};
    (subscriptions) => {};
    (truncation) => {};
    (max_age) => {};
    (soft_delete) => {};
    (fenced_deletes) => {};
    (tombstones) => {};
    (links) => {};
    (find_event) => {};
    (microseconds) => {};
    (tenants) => {};
    (every_tenant) => {};
    (tenant_deletes) => {};
    (stream_deletions) => {};
    ($other:ident) => {
        ::core::compile_error!(::core::concat!(
            "`",
            ::core::stringify!($other),
            "` is not a guarantee of an event store; `event_store_conformance!` lists them"
        ));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_groups {
    ($context:tt $without:tt $([$($group:tt)*])*) => {
        $($crate::__event_store_group! { $context $without $($group)* })*
    };
}

/// Declares the tests of a group of rules: looks for the group's guarantee
/// among those the backend does without.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_group {
    ($context:tt [] $guarantee:ident $kind:ident $module:ident $rules:tt) => {
        $crate::__event_store_tests! { [] $context $kind $module $rules }
    };
    ($context:tt [limits: $why:literal, $($more:tt)*] limits $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [ids_across_streams: $why:literal, $($more:tt)*] ids_across_streams $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [global_order: $why:literal, $($more:tt)*] global_order $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [subscriptions: $why:literal, $($more:tt)*] subscriptions $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [truncation: $why:literal, $($more:tt)*] truncation $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [max_age: $why:literal, $($more:tt)*] max_age $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [soft_delete: $why:literal, $($more:tt)*] soft_delete $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [fenced_deletes: $why:literal, $($more:tt)*] fenced_deletes $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [tombstones: $why:literal, $($more:tt)*] tombstones $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [links: $why:literal, $($more:tt)*] links $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [stream_deletions: $why:literal, $($more:tt)*] stream_deletions $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [find_event: $why:literal, $($more:tt)*] find_event $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [tenants: $why:literal, $($more:tt)*] tenants $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [microseconds: $why:literal, $($more:tt)*] microseconds $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [every_tenant: $why:literal, $($more:tt)*] every_tenant $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [tenant_deletes: $why:literal, $($more:tt)*] tenant_deletes $($group:tt)*) => {
        $crate::__event_store_ignored! { $why $context $($group)* }
    };
    ($context:tt [$other:ident: $why:literal, $($more:tt)*] $($group:tt)*) => {
        $crate::__event_store_group! { $context [$($more)*] $($group)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_ignored {
    ($why:literal $context:tt $kind:ident $module:ident $rules:tt) => {
        $crate::__event_store_tests! { [#[ignore = $why]] $context $kind $module $rules }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_tests {
    ($attributes:tt $context:tt $kind:ident $module:ident { $($rule:ident)* }) => {
        $($crate::__event_store_test! { $attributes $context $kind $module $rule })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_test {
    (
        [$($attribute:tt)*]
        { store: [$store:expr] clock: $clock:tt handles: $handles:tt }
        store $module:ident $rule:ident
    ) => {
        #[test]
        $($attribute)*
        fn $rule() {
            $crate::conformance::event_store::run(async {
                $crate::conformance::event_store::$module::$rule($store.await).await;
            });
        }
    };
    (
        [$($attribute:tt)*]
        { store: [$store:expr] clock: $clock:tt handles: [] }
        pair $module:ident $rule:ident
    ) => {
        #[test]
        $($attribute)*
        fn $rule() {
            $crate::conformance::event_store::run(async {
                let one = $store.await;
                let two = ::core::clone::Clone::clone(&one);
                $crate::conformance::event_store::$module::$rule(one, two).await;
            });
        }
    };
    (
        [$($attribute:tt)*]
        { store: [$store:expr] clock: $clock:tt handles: [$handles:expr] }
        pair $module:ident $rule:ident
    ) => {
        #[test]
        $($attribute)*
        fn $rule() {
            $crate::conformance::event_store::run(async {
                let (one, two) = $handles.await;
                $crate::conformance::event_store::$module::$rule(one, two).await;
            });
        }
    };
    (
        [$($attribute:tt)*]
        { store: [$store:expr] clock: [$clock:expr] handles: $handles:tt }
        clock $module:ident $rule:ident
    ) => {
        #[test]
        $($attribute)*
        fn $rule() {
            $crate::conformance::event_store::run_with_clock(
                $clock,
                $crate::conformance::event_store::$module::$rule,
            );
        }
    };
    // The backend's own reason is the better one.
    (
        [#[ignore = $why:literal]]
        { store: [$store:expr] clock: [] handles: $handles:tt }
        clock $module:ident $rule:ident
    ) => {
        #[test]
        #[ignore = $why]
        fn $rule() {
            ::core::panic!("this rule needs a clock: give the suite a `clock:`");
        }
    };
    (
        []
        { store: [$store:expr] clock: [] handles: $handles:tt }
        clock $module:ident $rule:ident
    ) => {
        #[test]
        #[ignore = "no `clock: |clock| async { … }` was given to the suite"]
        fn $rule() {
            ::core::panic!("this rule needs a clock: give the suite a `clock:`");
        }
    };
}
