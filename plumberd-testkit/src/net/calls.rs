use super::{ASKS_WITHIN, Budget, Outgoing, Seat, Share};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use std::{
    convert::Infallible,
    future::Future,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::time::Sleep;
use tonic::{
    Status,
    body::{BoxBody, boxed},
    codegen::{
        Service,
        http::{Extensions, Request, Response},
    },
    server::NamedService,
};

/// The length of what a message of gRPC begins with.
const HEAD: usize = 5;

/// A service whose calls must get on with what they ask, and are known to the
/// connection that they came over.
///
/// A message that has begun must be whole in time, and so must the first one;
/// what has come of it counts against a budget of all calls. What a call is
/// answered and its client does not take counts against its connection's.
/// Whatever a call has is given back when it ends, or when its client gives it
/// up.
#[derive(Debug, Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    unfinished: Budget,
    seat: fn(&Extensions) -> Option<Seat>,
}

impl<S> Watched<S> {
    /// `seat` finds the place of the connection that a request came over.
    pub(crate) const fn new(
        inner: S,
        unfinished: Budget,
        seat: fn(&Extensions) -> Option<Seat>,
    ) -> Self {
        Self {
            inner,
            unfinished,
            seat,
        }
    }
}

impl<S: NamedService> NamedService for Watched<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<BoxBody>> for Watched<S>
where
    S: Service<Request<BoxBody>, Response = Response<BoxBody>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<BoxBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<BoxBody>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<BoxBody>) -> Self::Future {
        // The one that said it is ready is the one to call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let call = Arc::new(Call {
            seat: (self.seat)(request.extensions()),
            begun: AtomicBool::new(false),
        });
        let asked = Arc::clone(&call);
        let share = self.unfinished.share();
        let request = request.map(|body| boxed(Asked::new(body, share, asked)));
        Box::pin(async move {
            let response = inner.call(request).await?;
            let seat = call.seat.clone();
            Ok(response.map(|body| {
                boxed(Answer {
                    body: Outgoing::new(body, seat),
                    _call: call,
                })
            }))
        })
    }
}

/// A call, for as long as anything of it is there.
#[derive(Debug)]
struct Call {
    seat: Option<Seat>,
    begun: AtomicBool,
}

impl Call {
    /// It is known what is asked.
    fn begins(&self) {
        if let Some(seat) = &self.seat
            && !self.begun.swap(true, Ordering::Relaxed)
        {
            seat.call_begins();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(seat) = &self.seat
            && self.begun.load(Ordering::Relaxed)
        {
            seat.call_ends();
        }
    }
}

/// What a client sends with a call.
struct Asked {
    body: BoxBody,
    /// Of a message that has begun: what has come of its head.
    head: [u8; HEAD],
    known: usize,
    /// What is still to come of it.
    missing: usize,
    /// What has come of it in bytes.
    held: usize,
    share: Share,
    /// Until when it must be whole; the first one has begun with the call, and
    /// has its time from when a call wants to read it.
    deadline: Option<Pin<Box<Sleep>>>,
    is_read: bool,
    call: Arc<Call>,
}

impl Asked {
    fn new(body: BoxBody, share: Share, call: Arc<Call>) -> Self {
        Self {
            body,
            head: [0; HEAD],
            known: 0,
            missing: 0,
            held: 0,
            share,
            deadline: None,
            is_read: false,
            call,
        }
    }

    fn take(&mut self, mut data: &[u8]) -> Result<(), Status> {
        while !data.is_empty() {
            let room = if self.known < HEAD {
                HEAD - self.known
            } else {
                self.missing
            };
            let (now, later) = data.split_at(room.min(data.len()));
            if self.known < HEAD {
                self.head[self.known..self.known + now.len()].copy_from_slice(now);
                self.known += now.len();
                if self.known == HEAD {
                    let [_, length @ ..] = self.head;
                    let length = u32::from_be_bytes(length);
                    self.missing = usize::try_from(length).unwrap_or(usize::MAX);
                }
            } else {
                self.missing -= now.len();
            }
            self.held += now.len();
            data = later;
            if self.known == HEAD && self.missing == 0 {
                (self.known, self.held, self.deadline) = (0, 0, None);
                self.call.begins();
            } else if self.deadline.is_none() {
                self.deadline = Some(deadline());
            }
        }
        self.share.set(self.held)
    }
}

fn deadline() -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(ASKS_WITHIN))
}

impl Body for Asked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if !mem::replace(&mut self.is_read, true) {
            self.deadline = Some(deadline());
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && let Err(status) = self.take(data)
        {
            return Poll::Ready(Some(Err(status)));
        }
        if let Some(deadline) = &mut self.deadline
            && !matches!(polled, Poll::Ready(None | Some(Err(_))))
            && deadline.as_mut().poll(cx).is_ready()
        {
            let late = Status::deadline_exceeded("the message did not come in time");
            return Poll::Ready(Some(Err(late)));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a client is answered, and the call with it.
struct Answer {
    body: Outgoing,
    _call: Arc<Call>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
