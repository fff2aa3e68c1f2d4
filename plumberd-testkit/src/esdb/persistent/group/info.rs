use super::Group;
use crate::esdb::proto::persistent_subscriptions::{
    SubscriptionInfo, subscription_info::ConnectionInfo,
};
use plumberd::store::StoreError;

impl Group {
    /// What it says of itself.
    pub(super) async fn info(&mut self) -> Result<SubscriptionInfo, StoreError> {
        let known = self.source.head(&self.engine).await?;
        let parked = self.parking.count(&self.engine).await?;
        let in_flight: usize = self.consumers.iter().map(|one| one.in_flight.len()).sum();
        let seconds = self.started.elapsed().as_secs().max(1);
        let place = |place: Option<u64>| place.map(|place| self.source.place_text(place));
        let connections = self.connections(seconds);
        let settings = self.settings();
        let info = SubscriptionInfo {
            event_source: self.key.source.to_string(),
            group_name: self.key.group.clone(),
            status: "Live".to_owned(),
            connections,
            average_per_second: per_second(self.total, seconds),
            total_items: self.total,
            count_since_last_measurement: self.since,
            last_checkpointed_event_position: place(self.progress.checkpoint).unwrap_or_default(),
            last_known_event_position: place(known).unwrap_or_default(),
            resolve_link_tos: settings.resolve_links,
            start_from: self.source.start_text(self.definition.start),
            message_timeout_milliseconds: small(settings.message_timeout.as_millis()),
            extra_statistics: settings.extra_statistics,
            max_retry_count: small(settings.max_retry_count),
            live_buffer_size: small(settings.live_buffer_size),
            buffer_size: small(settings.history_buffer_size),
            read_batch_size: small(settings.read_batch_size),
            check_point_after_milliseconds: small(settings.checkpoint_after.as_millis()),
            min_check_point_count: small(settings.min_checkpoint_count),
            max_check_point_count: small(settings.max_checkpoint_count),
            read_buffer_count: small(self.queue.buffered()),
            // What is live is read from the engine as history is.
            live_buffer_count: 0,
            retry_buffer_count: small(self.queue.waiting_again()),
            total_in_flight_messages: small(in_flight),
            outstanding_messages_count: small(in_flight),
            named_consumer_strategy: settings.strategy.name().to_owned(),
            max_subscriber_count: small(settings.max_subscriber_count),
            parked_message_count: i64::try_from(parked).unwrap_or(i64::MAX),
        };
        self.since = 0;
        for consumer in &mut self.consumers {
            consumer.since = 0;
        }
        Ok(info)
    }

    fn connections(&self, seconds: u64) -> Vec<ConnectionInfo> {
        self.consumers
            .iter()
            .map(|consumer| ConnectionInfo {
                from: consumer.who.address.clone(),
                username: consumer.who.user.clone(),
                average_items_per_second: per_second(consumer.total, seconds),
                total_items: consumer.total,
                count_since_last_measurement: consumer.since,
                observed_measurements: Vec::new(),
                available_slots: small(
                    consumer
                        .who
                        .buffer_size
                        .saturating_sub(consumer.in_flight.len()),
                ),
                in_flight_messages: small(consumer.in_flight.len()),
                connection_name: consumer.who.connection_name.clone(),
            })
            .collect()
    }
}

fn per_second(count: i64, seconds: u64) -> i32 {
    small(count / i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The protocol counts in 32 bits.
fn small(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
