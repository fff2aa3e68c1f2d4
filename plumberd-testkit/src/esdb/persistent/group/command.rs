use super::{
    Group,
    consumer::{Applicant, Consumer, Outbound},
};
use crate::esdb::{
    persistent::{item::Item, refusal},
    proto::persistent_subscriptions::SubscriptionInfo,
    status,
};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

/// What a group is asked.
#[derive(Debug)]
pub(in crate::esdb::persistent) enum Command {
    Connect(Applicant, Answer<Connected>),
    /// That consumer is gone.
    Disconnect(u64),
    Ack(u64, Vec<Uuid>),
    Nack(u64, Vec<Uuid>, Verdict, String),
    Info(Answer<SubscriptionInfo>),
    /// Sends parked events again, up to a revision of their stream.
    Replay(Option<u64>, Answer<()>),
    /// Ends its work, telling consumers that status.
    End {
        status: Status,
        /// Whether a checkpoint says how far it came.
        checkpoint: bool,
        answer: Answer<()>,
    },
}

/// Where an answer goes.
#[derive(Debug)]
pub(in crate::esdb::persistent) struct Answer<T>(oneshot::Sender<Result<T, Status>>);

impl<T> Answer<T> {
    pub(in crate::esdb::persistent) fn new() -> (Self, oneshot::Receiver<Result<T, Status>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// Whether who asked is still there to take it.
    pub(super) fn give(self, answer: Result<T, Status>) -> bool {
        self.0.send(answer).is_ok()
    }
}

/// A consumer that was let in.
#[derive(Debug)]
pub(in crate::esdb::persistent) struct Connected {
    pub(in crate::esdb::persistent) id: u64,
    pub(in crate::esdb::persistent) outbound: Outbound,
    /// Fires when the consumer reads no more.
    pub(in crate::esdb::persistent) gone: CancellationToken,
}

/// What is to become of an event that was not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::esdb::persistent) enum Verdict {
    Park,
    Retry,
    Skip,
    Stop,
}

impl Group {
    /// Lets a consumer in. One that has given up meanwhile is out again.
    pub(super) fn connect(&mut self, who: Applicant, answer: Answer<Connected>) {
        let connected = self.admit(who);
        let id = connected.as_ref().ok().map(|connected| connected.id);
        if !answer.give(connected)
            && let Some(id) = id
        {
            self.disconnect(id);
        }
    }

    fn admit(&mut self, who: Applicant) -> Result<Connected, Status> {
        self.remove_gone();
        let limit = self.settings().max_subscriber_count as usize;
        if limit > 0 && self.consumers.len() >= limit {
            return Err(refusal::full(&self.key));
        }
        self.joined += 1;
        let id = self.joined;
        let gone = CancellationToken::new();
        let name = self.key.to_string();
        let (consumer, outbound) = Consumer::new(id, who, name, gone.clone());
        self.consumers.push(consumer);
        Ok(Connected { id, outbound, gone })
    }

    /// What a consumer that is gone had goes to others, before everything
    /// else.
    pub(super) fn disconnect(&mut self, id: u64) {
        self.remove(id, status::not_ready());
    }

    /// Removes the consumers that read no more and were not reported: their
    /// calls ended before they had begun.
    pub(super) fn remove_gone(&mut self) {
        let gone: Vec<_> = self
            .consumers
            .iter()
            .filter(|consumer| consumer.is_gone())
            .map(|consumer| consumer.id)
            .collect();
        for id in gone {
            self.disconnect(id);
        }
    }

    fn remove(&mut self, id: u64, status: Status) {
        let Some(place) = self.place_of(id) else {
            return;
        };
        for mut item in self.consumers.remove(place).end(status) {
            item.retries = item.retries.saturating_add(1);
            self.queue.push_again(item);
        }
    }

    pub(super) async fn ack(&mut self, id: u64, events: &[Uuid]) {
        for item in self.take(id, events) {
            self.progress.finished(item.place);
        }
        self.checkpoint_if_due(false).await;
    }

    pub(super) async fn nack(&mut self, id: u64, events: &[Uuid], verdict: Verdict, reason: &str) {
        if verdict == Verdict::Stop {
            self.remove(id, refusal::dropped(&self.key));
            return;
        }
        for item in self.take(id, events) {
            match verdict {
                Verdict::Park => self.park(item, reason).await,
                Verdict::Retry => self.again(item, reason).await,
                Verdict::Skip | Verdict::Stop => self.progress.finished(item.place),
            }
        }
        self.checkpoint_if_due(false).await;
    }

    /// Sends an event again, unless that was done often enough.
    pub(super) async fn again(&mut self, mut item: Item, reason: &str) {
        item.retries = item.retries.saturating_add(1);
        if item.retries > self.settings().max_retry_count {
            self.park(item, reason).await;
        } else {
            self.queue.push_again(item);
        }
    }

    async fn park(&mut self, item: Item, reason: &str) {
        match self.parking.park(&self.engine, &item, reason).await {
            Ok(()) => self.progress.finished(item.place),
            Err(error) => {
                self.queue.push_again(item);
                self.note(Err(error));
            }
        }
    }

    fn take(&mut self, id: u64, events: &[Uuid]) -> Vec<Item> {
        let Some(place) = self.place_of(id) else {
            return Vec::new();
        };
        let in_flight = &mut self.consumers[place].in_flight;
        let taken = events.iter().filter_map(|event| in_flight.remove(event));
        taken.map(|sent| sent.item).collect()
    }

    fn place_of(&self, id: u64) -> Option<usize> {
        self.consumers.iter().position(|consumer| consumer.id == id)
    }

    /// What is done every now and then: time-outs, checkpoints.
    pub(super) async fn look(&mut self) {
        self.paused = false;
        let now = Instant::now();
        let mut overdue: Vec<Item> = self
            .consumers
            .iter_mut()
            .flat_map(|consumer| consumer.take_overdue(now))
            .collect();
        overdue.sort_by_key(Item::order);
        for item in overdue {
            self.again(item, "it was not answered in time").await;
        }
        self.checkpoint_if_due(true).await;
    }
}
