use super::{faults::Faults, net::Seat};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Extensions, Status};

/// The connection that a request came over; it is among the extensions of
/// every request.
#[derive(Debug, Clone)]
pub(super) struct Link(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    number: u64,
    /// The address at which the client found the server.
    local: SocketAddr,
    /// The address of the client.
    peer: SocketAddr,
    cut: CancellationToken,
    seat: Seat,
    faults: Faults,
}

impl Link {
    /// Enters a new connection, which is cut by `cut`.
    pub(super) fn open(
        local: SocketAddr,
        peer: SocketAddr,
        cut: CancellationToken,
        seat: Seat,
        faults: &Faults,
    ) -> Self {
        faults.opened(|number| {
            Self(Arc::new(Inner {
                number,
                local,
                peer,
                cut,
                seat,
                faults: faults.clone(),
            }))
        })
    }

    /// The connection that a request with these extensions came over.
    ///
    /// # Errors
    ///
    /// `Internal` for a request that no connection brought.
    pub(super) fn of(extensions: &Extensions) -> Result<Self, Status> {
        let link = extensions.get::<Self>().cloned();
        link.ok_or_else(|| Status::internal("the connection is unknown"))
    }

    /// The place of the connection that a request with these extensions came
    /// over.
    pub(super) fn seat(extensions: &Extensions) -> Option<Seat> {
        Some(extensions.get::<Self>()?.0.seat.clone())
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.0.local
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.0.peer
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.0.faults
    }

    pub(super) fn cut(&self) {
        self.0.cut.cancel();
    }

    pub(super) fn when_cut(&self) -> WaitForCancellationFutureOwned {
        self.0.cut.clone().cancelled_owned()
    }

    /// Does that, unless the connection is cut before it is done.
    pub(super) async fn unless_cut<F: Future>(&self, work: F) -> Option<F::Output> {
        self.0.cut.run_until_cancelled(work).await
    }

    /// Says that an append was committed. To be called after every commit and
    /// before its answer: here the connection is cut, if it is to be.
    pub(super) fn committed(&self) {
        self.0.faults.after_commit(self);
    }

    /// Gives a subscription the end that a test may ask for.
    pub(super) fn subscription<T: Send + 'static>(
        &self,
        messages: BoxStream<'static, Result<T, Status>>,
    ) -> BoxStream<'static, Result<T, Status>> {
        Ending {
            messages: Some(messages),
            ended: self.0.faults.subscribed(),
        }
        .boxed()
    }
}

struct Ending<T> {
    /// None when it has ended.
    messages: Option<BoxStream<'static, Result<T, Status>>>,
    ended: oneshot::Receiver<Result<(), Status>>,
}

impl<T> Stream for Ending<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let ending = &mut *self;
        let Some(messages) = &mut ending.messages else {
            return Poll::Ready(None);
        };
        if !ending.ended.is_terminated()
            && let Poll::Ready(Ok(end)) = Pin::new(&mut ending.ended).poll(cx)
        {
            ending.messages = None;
            return Poll::Ready(end.err().map(Err));
        }
        messages.poll_next_unpin(cx)
    }
}
