/// A rule of the port [`EventStore`](plumberd::store::EventStore).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The name of its function, and of the test that is declared for it.
    pub name: &'static str,
    /// The module of its function.
    pub module: &'static str,
    /// The guarantee it is about; `always` when no backend may do without it.
    pub guarantee: &'static str,
}

/// Every rule of the port.
pub const RULES: &[Rule] = crate::__event_store_rules! { [crate::__event_store_rule_table!] };

#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_rule_table {
    ($([$guarantee:ident $kind:ident $module:ident { $($rule:ident)* }])*) => {
        &[$($($crate::conformance::event_store::Rule {
            name: ::core::stringify!($rule),
            module: ::core::stringify!($module),
            guarantee: ::core::stringify!($guarantee),
        }),*),*]
    };
}

/// Passes every rule to a macro, in groups: the guarantee (`always`: none may
/// do without), what the rule takes (a `store`, a store and its `clock`, a
/// `pair` of handles), its module, the names.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_rules {
    ([$($callback:tt)*] $($context:tt)*) => {
        $($callback)* {
            $($context)*
            [always store append {
                revisions_start_at_zero_and_are_consecutive
                an_outcome_tells_where_the_batch_stands
                positions_grow_with_every_event
                an_empty_append_is_refused
                json_that_is_nested_too_deep_is_refused
                a_batch_is_stored_whole_or_not_at_all
                batches_of_concurrent_writers_do_not_interleave
            }]
            [limits store append {
                an_event_above_the_limit_is_refused
                a_batch_of_too_many_events_is_refused
                a_batch_of_too_many_bytes_is_refused
            }]
            [always pair append {
                two_handles_see_what_the_other_wrote
            }]
            [always store expected {
                expectations_of_a_stream_that_never_was
                expectations_of_a_stream_with_events
                a_conflict_tells_what_was_expected_and_what_is
                of_concurrent_writers_at_one_revision_one_wins
                of_concurrent_writers_that_expect_nothing_all_are_kept
            }]
            [soft_delete store expected {
                expectations_of_a_deleted_stream
                expectations_of_a_stream_written_again
            }]
            [fenced_deletes store expected {
                a_delete_fences_off_who_has_not_seen_it
            }]
            [tombstones store expected {
                expectations_of_a_tombstoned_stream
            }]
            [always store record {
                data_comes_back_byte_for_byte
                metadata_comes_back_byte_for_byte
                id_type_and_content_type_come_back_as_written
                the_shape_revision_comes_back_as_written
                every_valid_stream_name_is_a_stream_of_its_own
            }]
            [global_order store record {
                an_event_is_the_same_in_every_read
            }]
            [always clock record {
                events_bear_the_time_of_the_stores_clock
            }]
            [microseconds clock record {
                times_are_kept_to_the_microsecond
            }]
            [truncation store record {
                the_longest_stream_name_can_have_metadata
            }]
            [always store idempotency {
                the_same_batch_again_is_recognised
                the_same_batch_is_recognised_after_later_events
                a_run_of_stored_events_is_recognised
                stored_events_in_another_order_are_refused
                a_stored_head_with_another_tail_is_refused
                a_new_head_with_a_stored_tail_is_refused
                an_id_twice_in_a_batch_is_refused
                of_concurrent_repetitions_one_is_written
            }]
            [ids_across_streams store idempotency {
                an_id_stored_in_another_stream_is_refused
            }]
            [soft_delete store idempotency {
                the_same_batch_is_recognised_after_a_delete
            }]
            [tombstones store idempotency {
                the_same_batch_is_recognised_after_a_tombstone
            }]
            [always store read {
                a_forward_read_begins_where_it_is_told
                a_backward_read_begins_where_it_is_told
                a_read_yields_no_more_than_its_limit
                a_stream_that_never_was_reads_as_empty
                a_read_may_be_dropped_at_any_time
                a_long_read_comes_in_pages
                a_read_during_appends_has_no_gap
                a_read_can_resume_after_every_event
            }]
            [global_order store global_order {
                everything_is_read_once_and_in_order
                an_unfiltered_read_has_everything
                a_backward_read_of_everything_is_the_reverse
                a_read_of_everything_can_resume_at_every_event
                a_limit_counts_what_passes_the_filter
                a_filter_by_stream_is_exact
                a_filter_by_prefix_takes_it_as_text
                a_filter_by_category_takes_all_of_it
                a_filter_by_type_narrows_the_streams
            }]
            [links store global_order {
                system_events_come_only_when_asked_for
            }]
            [soft_delete store global_order {
                hidden_events_stay_in_the_global_order
            }]
            [truncation store truncation {
                truncate_before_hides_what_is_before
                max_count_keeps_the_last_events
                bounds_of_a_stream_add_up
                metadata_may_come_before_the_first_event
                metadata_keeps_unknown_keys
                metadata_that_cannot_be_read_is_refused
                a_metadata_stream_is_a_stream
                the_highest_revision_outlives_its_event
                a_read_is_not_cut_short_by_a_truncation
            }]
            [max_age clock truncation {
                max_age_hides_what_is_older
                the_age_adds_to_the_other_bounds
            }]
            [soft_delete store delete {
                a_deleted_stream_reads_as_empty
                a_deleted_stream_may_be_written_again
                a_delete_keeps_to_its_expectation
                a_deleted_stream_may_be_deleted_again
                a_read_is_not_cut_short_by_a_delete
            }]
            [tombstones store delete {
                a_tombstone_keeps_to_its_expectation
                a_tombstoned_stream_is_gone_for_ever
                the_global_order_has_the_tombstone
            }]
            [always store info {
                information_of_a_stream_that_never_was
                information_tells_the_last_revision
            }]
            [soft_delete store info {
                information_tells_a_delete
            }]
            [tombstones store info {
                information_tells_a_tombstone
            }]
            [truncation store info {
                information_has_the_metadata_in_force
            }]
            [find_event store info {
                an_event_is_found_by_its_id
                one_of_several_events_is_found
                an_event_is_not_found_elsewhere
            }]
            [soft_delete store info {
                a_hidden_event_is_found_by_its_id
            }]
            [links store link {
                links_are_resolved_when_asked
                links_stay_links_when_not_asked
                a_reader_of_links_continues_after_the_link
                a_link_to_nothing_is_yielded_as_itself
                a_link_to_a_tombstoned_stream_is_yielded_as_itself
                a_subscription_resolves_links
            }]
            [subscriptions store subscribe_stream {
                a_stream_is_followed_from_its_start
                a_stream_is_followed_from_its_end
                a_stream_is_followed_after_every_revision
                caught_up_comes_when_a_stream_has_no_more
                a_slow_follower_of_a_stream_falls_behind_and_catches_up
                a_dropped_follower_harms_no_other
                two_followers_of_a_stream_are_independent
            }]
            [soft_delete store subscribe_stream {
                a_follower_goes_on_after_a_delete
            }]
            [tombstones store subscribe_stream {
                a_tombstone_ends_the_followers_of_its_stream
            }]
            [subscriptions store subscribe_all {
                everything_is_followed_from_the_start
                everything_is_followed_from_the_end
                everything_is_followed_after_every_position
                caught_up_comes_when_there_is_no_more
                a_follower_gets_what_passes_its_filter
                a_slow_follower_of_everything_falls_behind_and_catches_up
                two_followers_of_everything_are_independent
            }]
            [links store subscribe_all {
                a_follower_of_everything_sees_links_as_they_are
            }]
            [soft_delete store subscribe_all {
                a_follower_of_everything_gets_hidden_events
            }]
            [subscriptions store follow_on {
                a_stream_is_not_followed_after_a_revision_it_never_had
                everything_is_not_followed_after_a_position_that_is_not_there
            }]
            [soft_delete store follow_on {
                a_stream_is_followed_after_a_revision_that_is_hidden_now
            }]
            [max_age store stream_deleted {
                nothing_is_told_of_metadata_that_hide_no_more
            }]
            [soft_delete store stream_deleted {
                everything_tells_deletes_and_truncations_in_order
                everything_tells_deletions_once_to_who_resumes
                a_deletion_passes_the_filter_that_its_stream_passes
            }]
            [stream_deletions store stream_deleted {
                a_stream_tells_deletes_and_truncations
            }]
            [tombstones store stream_deleted {
                everything_tells_a_tombstone
                a_tombstone_is_told_or_ends_the_followers_of_its_stream
            }]
            [tenant_deletes store stream_deleted {
                a_tenants_deletions_are_told_to_no_other_tenant
            }]
            [subscriptions store stress {
                followers_get_every_committed_event_once
                a_stream_under_load_is_followed_without_a_gap
            }]
            [global_order store stress {
                a_polling_reader_steps_over_no_event
            }]
            [tenants store tenant {
                tenants_have_streams_and_ids_of_their_own
                tenants_do_not_touch_each_others_streams
                tenants_read_only_their_own_events
                the_root_handle_sees_no_tenants_events_unasked
                a_tenants_handle_cannot_ask_for_others
                a_tenants_handle_is_for_one_tenant
                tenants_follow_only_their_own_events
            }]
            [every_tenant store tenant {
                the_root_handle_reads_every_tenant_when_asked
            }]
            [tenant_deletes store tenant {
                tenants_do_not_hide_each_others_events
            }]
        }
    };
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use std::collections::HashSet;

    /// The modules as they are written, to be compared with the list.
    const SOURCES: &[(&str, &str)] = &[
        ("append", include_str!("append.rs")),
        ("expected", include_str!("expected.rs")),
        ("record", include_str!("record.rs")),
        ("idempotency", include_str!("idempotency.rs")),
        ("read", include_str!("read.rs")),
        ("global_order", include_str!("global_order.rs")),
        ("truncation", include_str!("truncation.rs")),
        ("delete", include_str!("delete.rs")),
        ("info", include_str!("info.rs")),
        ("link", include_str!("link.rs")),
        ("subscribe_stream", include_str!("subscribe_stream.rs")),
        ("subscribe_all", include_str!("subscribe_all.rs")),
        ("follow_on", include_str!("follow_on.rs")),
        ("stream_deleted", include_str!("stream_deleted.rs")),
        ("stress", include_str!("stress.rs")),
        ("tenant", include_str!("tenant.rs")),
    ];

    #[test]
    fn no_rule_is_left_out_of_the_suite() {
        let listed: HashSet<_> = RULES.iter().map(|rule| (rule.module, rule.name)).collect();
        let mut written = 0;
        for (module, source) in SOURCES {
            for line in source.lines() {
                let Some(rest) = line.strip_prefix("pub async fn ") else {
                    continue;
                };
                let name = rest.split(['<', '(']).next().unwrap();
                assert!(
                    listed.contains(&(*module, name)),
                    "{module}::{name} is in no group"
                );
                written += 1;
            }
        }
        assert_eq!(
            written,
            RULES.len(),
            "a rule is listed twice, or its file is not looked at"
        );
    }

    #[test]
    fn every_file_of_rules_is_looked_at() {
        let declared = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        let looked_at: Vec<_> = SOURCES.iter().map(|(module, _)| *module).collect();
        for module in declared {
            assert!(looked_at.contains(&module), "{module}.rs is not looked at");
        }
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let names: HashSet<_> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
    }
}
