use super::{caught, flaw, store::Broken};
use plumberd::store::{EventStore, Filter};

/// Knows no "every".
fn reads_its_own_only() -> Broken {
    Broken::new().read_all(|inner, options, filter| {
        let own = filter
            .stream_prefixes()
            .fold(Filter::new(), |streams, prefix| {
                streams.stream_prefix(prefix)
            });
        inner.read_all(options, own)
    })
}

fn reads_every_tenant_unasked() -> Broken {
    Broken::new()
        .read_all(|inner, options, filter| inner.read_all(options, filter.of_every_tenant()))
}

caught! { tenant:
    tenants_have_streams_and_ids_of_their_own(flaw::tenants_without_walls())
        says "a tenant's first append: got Ok";
    tenants_do_not_touch_each_others_streams(flaw::tenants_without_walls())
        says "a tenant knows of another's stream";
    tenants_do_not_hide_each_others_events(flaw::tenants_without_walls())
        says "a tenant deletes another's stream";
    tenants_read_only_their_own_events(flaw::tenants_without_walls())
        says "a tenant reads other events";
    the_root_handle_reads_every_tenant_when_asked(reads_its_own_only())
        says "the root handle reads other events";
    the_root_handle_sees_no_tenants_events_unasked(reads_every_tenant_unasked())
        says "a tenant's events are seen without it";
    a_tenants_handle_cannot_ask_for_others(flaw::tenants_without_walls())
        says "a read of another tenant's events: got Ok";
    a_tenants_handle_is_for_one_tenant(flaw::tenants_without_walls())
        says "a tenant's handle leads on to";
    tenants_follow_only_their_own_events(flaw::tenants_without_walls())
        says "a tenant follows another's events";
}
