//! What the servers of this kit have in common below their protocols: how many
//! connections there are, how long a client may take to say something, how much
//! it may leave unfinished, and how much of its answers it may leave untaken.

#![allow(
    clippy::result_large_err,
    reason = "what a call fails with is tonic's `Status`"
)]

mod budget;
mod calls;
mod manners;
mod outgoing;
mod places;

pub(crate) use budget::{Budget, Share};
pub(crate) use calls::Watched;
pub(crate) use manners::Manners;
use outgoing::Outgoing;
pub(crate) use places::{Place, Places, Seat};

use std::time::Duration;

/// How long a client may take to agree on encryption, to greet, and to finish
/// headers or any other frame that it has begun.
pub(crate) const SPEAKS_WITHIN: Duration = Duration::from_secs(10);

/// How long a client may take to send the message that a call begins with, and
/// to finish any other that it has begun.
pub(crate) const ASKS_WITHIN: Duration = Duration::from_secs(30);

/// How long to leave a system alone that has no more sockets to give.
pub(crate) const RESPITE: Duration = Duration::from_millis(20);

/// A client that answers no ping for this long is gone.
pub(crate) const PING: Duration = Duration::from_secs(30);

/// So many calls a client may have open at once on one connection: each
/// subscription is one.
pub(crate) const MAX_CALLS: u32 = 1_024;

/// How many connections a server keeps that was not told another number.
pub(crate) const MAX_CONNECTIONS: usize = 1_024;
