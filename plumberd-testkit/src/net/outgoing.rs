//! What servers have answered and clients have not taken yet.

use super::Seat;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tonic::{Status, body::BoxBody};

/// How much of answers may wait on one connection, in bytes; the last message
/// may go beyond it. A call that has more to say waits meanwhile, and so do the
/// others of the connection.
pub(super) const MOST_OF_ONE: usize = 16 << 20;

/// How much may wait on all connections together, in bytes. The connection
/// whose client has taken nothing for longest is cut when it is more.
pub(super) const MOST_OF_ALL: usize = 128 << 20;

/// An answer whose bytes count against its connection, from when they are made
/// until they are sent or given up.
///
/// HTTP/2 does not bound this: a client that lets one byte in has a whole
/// message made for each call.
pub(crate) struct Outgoing {
    body: BoxBody,
    seat: Option<Seat>,
}

impl Outgoing {
    /// `seat` is the place of the connection that the answer goes over.
    pub(crate) const fn new(body: BoxBody, seat: Option<Seat>) -> Self {
        Self { body, seat }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(seat) = self.seat.clone() else {
            return Pin::new(&mut self.body).poll_frame(cx);
        };
        ready!(seat.poll_room(cx));
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| Ok(frame?.map_data(|data| waiting(data, seat)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn waiting(data: Bytes, seat: Seat) -> Bytes {
    if data.is_empty() {
        return data;
    }
    seat.holds(data.len());
    Bytes::from_owner(Waiting { data, seat })
}

/// Bytes that HTTP/2 has, which drops them once they are sent.
struct Waiting {
    data: Bytes,
    seat: Seat,
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.seat.lets_go(self.data.len());
    }
}
