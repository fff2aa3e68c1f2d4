use super::link::Link;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{oneshot, watch};
use tonic::{Code, Status, metadata::MetadataValue};

/// What can go wrong on cue with a server; each is counted when it happens.
///
/// A cue stays until it is used up or taken back; [`Faults::clear`] takes all
/// of them back. Cues outlive a restart of the server.
///
/// # Examples
///
/// ```
/// use plumberd_testkit::esdb::{EsdbServer, Fault, Status};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let server = EsdbServer::start().await?;
/// server.faults().answer(2, Status::unavailable("Server Is Too Busy"));
///
/// // ... two calls of a client fail, and then:
/// assert_eq!(server.faults().count(Fault::Answer), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cues: Mutex<Cues>,
    frozen: watch::Sender<bool>,
    counts: watch::Sender<Counts>,
}

type Counts = BTreeMap<Fault, u64>;

#[derive(Debug, Default)]
struct Cues {
    refusing: bool,
    delay: Duration,
    answers: VecDeque<Answer>,
    cuts: usize,
    links: BTreeMap<u64, Link>,
    subscriptions: BTreeMap<u64, oneshot::Sender<Result<(), Status>>>,
    /// The number of the next connection or subscription.
    next: u64,
}

#[derive(Debug)]
struct Answer {
    left: usize,
    fault: Fault,
    status: Status,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A connection was cut by [`Faults::drop_connections`].
    Drop,
    /// A connection was refused.
    Refusal,
    /// An answer was held back for the delay that was set.
    Delay,
    /// A call came to a frozen server.
    Freeze,
    /// A call was answered with the status that was set.
    Answer,
    /// A call was sent to another leader.
    NotLeader,
    /// A connection was cut after an append was committed.
    CutAfterCommit,
    /// A subscription was ended, with an error or without.
    SubscriptionEnd,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            cues: Mutex::default(),
            frozen: watch::Sender::new(false),
            counts: watch::Sender::default(),
        }))
    }

    /// Cuts every connection there is, in the middle of whatever it carries,
    /// and says how many. Clients may connect again at once.
    pub fn drop_connections(&self) -> usize {
        let links: Vec<_> = self.cues().links.values().cloned().collect();
        for link in &links {
            link.cut();
            self.happens(Fault::Drop);
        }
        links.len()
    }

    /// From now on new connections are reset as soon as they are made; those
    /// that are there stay.
    pub fn refuse_connections(&self) {
        self.cues().refusing = true;
    }

    /// Takes [`Faults::refuse_connections`] back.
    pub fn admit_connections(&self) {
        self.cues().refusing = false;
    }

    /// From now on every answer begins this much later than it would; what a
    /// call does is done before. Zero takes it back.
    ///
    /// Of an answer of many messages the first is late, and none after it.
    pub fn delay_answers(&self, delay: Duration) {
        self.cues().delay = delay;
    }

    /// From now on connections are accepted and requests are read, but no byte
    /// is answered, not even to a ping, and nothing that is asked is done. New
    /// messages of subscriptions wait too. A connection that is made meanwhile
    /// is accepted, and not greeted.
    pub fn freeze(&self) {
        self.0.frozen.send_replace(true);
    }

    /// Takes [`Faults::freeze`] back; what was asked meanwhile is done now, as
    /// far as the caller still waits for it.
    pub fn thaw(&self) {
        self.0.frozen.send_replace(false);
    }

    /// Answers the next calls with that status; they do nothing.
    ///
    /// A client that looks for a server (gossip, server features) is not
    /// counted and not bothered. Several cues are used up one after another.
    pub fn answer(&self, calls: usize, status: Status) {
        self.script(calls, Fault::Answer, status);
    }

    /// Answers the next calls as a follower that knows the leader: it is at
    /// `host` and `port`. Which calls those are is said at [`Faults::answer`].
    ///
    /// A host that cannot be written in a header becomes `localhost`.
    pub fn answer_not_leader(&self, calls: usize, host: &str, port: u16) {
        let mut status = Status::new(Code::NotFound, "Leader info available");
        let trailers = status.metadata_mut();
        trailers.insert("exception", MetadataValue::from_static("not-leader"));
        let host = MetadataValue::try_from(host)
            .unwrap_or_else(|_| MetadataValue::from_static("localhost"));
        trailers.insert("leader-endpoint-host", host);
        trailers.insert("leader-endpoint-port", MetadataValue::from(port));
        self.script(calls, Fault::NotLeader, status);
    }

    /// Cuts the connection of each of the next appends after it was committed
    /// and before it is answered: the writer cannot know what became of it.
    pub fn cut_after_commits(&self, appends: usize) {
        self.cues().cuts = appends;
    }

    /// Ends every subscription there is with that status, and says how many.
    pub fn end_subscriptions(&self, status: &Status) -> usize {
        let endings = std::mem::take(&mut self.cues().subscriptions);
        let ended = endings
            .into_values()
            .filter_map(|ending| ending.send(Err(status.clone())).ok())
            .count();
        (0..ended).for_each(|_| self.happens(Fault::SubscriptionEnd));
        ended
    }

    /// Ends the oldest subscription as if it were complete, which a healthy
    /// server never does: clients have been seen to spin on it. `false` when
    /// there is none.
    pub fn complete_subscription(&self) -> bool {
        loop {
            let Some((_, ending)) = self.cues().subscriptions.pop_first() else {
                return false;
            };
            if ending.send(Ok(())).is_ok() {
                self.happens(Fault::SubscriptionEnd);
                return true;
            }
        }
    }

    /// Takes every cue back. What happened stays counted.
    pub fn clear(&self) {
        let mut cues = self.cues();
        cues.refusing = false;
        cues.delay = Duration::ZERO;
        cues.answers.clear();
        cues.cuts = 0;
        drop(cues);
        self.thaw();
    }

    /// How often that has happened since the server was made.
    pub fn count(&self, fault: Fault) -> u64 {
        self.0.counts.borrow().get(&fault).copied().unwrap_or(0)
    }

    /// Waits until that has happened so many times since the server was made.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn happened(&self, fault: Fault, times: u64) {
        let reached = |counts: &Counts| counts.get(&fault).is_some_and(|count| *count >= times);
        // The sender is kept by this value: waiting cannot fail.
        let _ = self.0.counts.subscribe().wait_for(reached).await;
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.cues().links.len()
    }

    /// How many subscriptions are followed.
    pub fn subscriptions(&self) -> usize {
        let mut cues = self.cues();
        cues.subscriptions.retain(|_, ending| !ending.is_closed());
        cues.subscriptions.len()
    }

    fn script(&self, calls: usize, fault: Fault, status: Status) {
        self.cues().answers.push_back(Answer {
            left: calls,
            fault,
            status,
        });
    }

    fn cues(&self) -> MutexGuard<'_, Cues> {
        self.0.cues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn happens(&self, fault: Fault) {
        self.0
            .counts
            .send_modify(|counts| *counts.entry(fault).or_default() += 1);
    }
}

// What the server asks at the places where something can go wrong.
impl Faults {
    /// Whether a new connection is to be refused.
    pub(super) fn refuses(&self) -> bool {
        let refuses = self.cues().refusing;
        if refuses {
            self.happens(Fault::Refusal);
        }
        refuses
    }

    /// Enters a connection; it is to be left with [`Faults::closed`].
    pub(super) fn opened(&self, link: impl FnOnce(u64) -> Link) -> Link {
        let mut cues = self.cues();
        let number = cues.number();
        let link = link(number);
        cues.links.insert(number, link.clone());
        link
    }

    pub(super) fn closed(&self, link: &Link) {
        self.cues().links.remove(&link.number());
    }

    pub(super) fn is_frozen(&self) -> bool {
        *self.0.frozen.borrow()
    }

    pub(super) async fn thawed(&self) {
        // The sender is kept by this value: waiting cannot fail.
        let _ = self.0.frozen.subscribe().wait_for(|frozen| !frozen).await;
    }

    /// Holds a call while the server is frozen.
    pub(super) async fn call_begins(&self) {
        if self.is_frozen() {
            self.happens(Fault::Freeze);
            self.thawed().await;
        }
    }

    /// What to answer instead of doing what is asked.
    pub(super) fn scripted(&self) -> Option<Status> {
        let mut cues = self.cues();
        while cues.answers.front().is_some_and(|answer| answer.left == 0) {
            cues.answers.pop_front();
        }
        let answer = cues.answers.front_mut()?;
        answer.left -= 1;
        let (fault, status) = (answer.fault, answer.status.clone());
        drop(cues);
        self.happens(fault);
        Some(status)
    }

    /// Holds an answer back.
    pub(super) async fn answer_begins(&self) {
        let delay = self.cues().delay;
        if !delay.is_zero() {
            self.happens(Fault::Delay);
            tokio::time::sleep(delay).await;
        }
    }

    /// An append that came over `link` is committed and not yet answered.
    pub(super) fn after_commit(&self, link: &Link) {
        let mut cues = self.cues();
        if cues.cuts == 0 {
            return;
        }
        cues.cuts -= 1;
        drop(cues);
        link.cut();
        self.happens(Fault::CutAfterCommit);
    }

    /// Enters a subscription: what comes out says how to end it.
    pub(super) fn subscribed(&self) -> oneshot::Receiver<Result<(), Status>> {
        let (ending, ended) = oneshot::channel();
        let mut cues = self.cues();
        let number = cues.number();
        // Those that ended by themselves are left here, so none stays for ever.
        cues.subscriptions.retain(|_, ending| !ending.is_closed());
        cues.subscriptions.insert(number, ending);
        ended
    }
}

impl Cues {
    const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
