use crate::net::{Manners, Place, Places, RESPITE, SPEAKS_WITHIN, Seat};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Extensions, transport::server::Connected};

/// An accepted connection, which can be cut.
pub(super) struct Connection {
    io: Io,
    link: Link,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    manners: Manners,
    _place: Place,
}

enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What a call knows of the connection it came by.
#[derive(Debug, Clone)]
pub(super) struct Link {
    cut: CancellationToken,
    seat: Seat,
}

impl Link {
    /// Ends the connection at once; who waits for an answer gets none.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }

    /// The place of the connection that a request with these extensions came
    /// over.
    pub(super) fn seat(extensions: &Extensions) -> Option<Seat> {
        Some(extensions.get::<Self>()?.seat.clone())
    }
}

/// Takes connections in until `cutting` fires, which cuts them all. Those for
/// which there is no place are reset.
pub(super) async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    places: Places,
    ready: mpsc::Sender<Connection>,
    cutting: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = cutting.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // One that fails while it is accepted belongs to no client.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(RESPITE).await;
            continue;
        };
        // Small answers are not to wait for more.
        let _ = stream.set_nodelay(true);
        let cut = cutting.child_token();
        let Some(place) = places.take(&cut) else {
            let _ = stream.set_zero_linger();
            continue;
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            let begun = async {
                Ok::<_, io::Error>(match acceptor {
                    None => Io::Plain(stream),
                    Some(acceptor) => {
                        let accepted = timeout(SPEAKS_WITHIN, acceptor.accept(stream)).await;
                        Io::Tls(Box::new(accepted??))
                    }
                })
            };
            if let Some(Ok(io)) = cut.run_until_cancelled(begun).await {
                let connection = Connection {
                    io,
                    cut: Box::pin(cut.clone().cancelled_owned()),
                    link: Link {
                        cut: cut.clone(),
                        seat: place.seat(),
                    },
                    manners: Manners::new(),
                    _place: place,
                };
                // When the server has stopped the connection is closed.
                let _ = ready.send(connection).await;
            }
        });
    }
}

impl Connected for Connection {
    type ConnectInfo = Link;

    fn connect_info(&self) -> Link {
        self.link.clone()
    }
}

impl Connection {
    fn check(&self) -> io::Result<()> {
        if self.link.cut.is_cancelled() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let before = buffer.filled().len();
        let polled = match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        self.manners.read(&buffer.filled()[before..]);
        if self.manners.poll_overdue(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
