use super::{
    link::Link,
    net::{Manners, Place},
};
use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

/// An accepted socket.
#[derive(Debug)]
pub(super) struct Socket(TcpStream);

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Small answers are not to wait for more.
        let _ = stream.set_nodelay(true);
        let socket = Self(stream);
        socket.acknowledge_at_once();
        socket
    }

    /// Clients that leave Nagle's algorithm on send the second half of a
    /// request when the first is acknowledged. The kernel forgets this setting
    /// whenever it likes, so it is renewed with every read; without it each
    /// call of such a client takes 40 ms.
    fn acknowledge_at_once(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.0.set_quickack(true);
    }

    /// Closing it resets it: what is under way is lost, and the port is free.
    pub(super) fn reset_when_closed(&self) {
        let _ = self.0.set_zero_linger();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(cx, buffer);
        self.acknowledge_at_once();
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A connection in the books, and out of them when it is gone.
#[derive(Debug)]
pub(super) struct Entry {
    link: Link,
    _place: Place,
}

impl Entry {
    pub(super) const fn new(link: Link, place: Place) -> Self {
        Self {
            link,
            _place: place,
        }
    }

    pub(super) const fn link(&self) -> &Link {
        &self.link
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.link.faults().closed(&self.link);
    }
}

/// A connection that is ready to be served.
pub(super) struct Connection {
    io: Io,
    entry: Entry,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    thaw: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    manners: Manners,
}

enum Io {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Connection {
    pub(super) fn plain(socket: Socket, entry: Entry) -> Self {
        Self::new(Io::Plain(socket), entry)
    }

    pub(super) fn tls(stream: TlsStream<Socket>, entry: Entry) -> Self {
        Self::new(Io::Tls(Box::new(stream)), entry)
    }

    fn new(io: Io, entry: Entry) -> Self {
        Self {
            io,
            cut: Box::pin(entry.link.when_cut()),
            thaw: None,
            manners: Manners::new(),
            entry,
        }
    }

    fn socket(&self) -> &Socket {
        match &self.io {
            Io::Plain(socket) => socket,
            Io::Tls(stream) => stream.get_ref().0,
        }
    }

    fn reset(&self) -> io::Error {
        self.socket().reset_when_closed();
        io::ErrorKind::ConnectionReset.into()
    }

    /// Waits while the server is frozen, and fails when the connection is cut.
    fn poll_may_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // It is waited for here too: who cannot write may not read meanwhile.
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(self.reset()));
        }
        let faults = self.entry.link.faults();
        if self.thaw.is_none() && faults.is_frozen() {
            let faults = faults.clone();
            self.thaw = Some(Box::pin(async move { faults.thawed().await }));
        }
        if let Some(thaw) = &mut self.thaw {
            ready!(thaw.as_mut().poll(cx));
            self.thaw = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl Connected for Connection {
    type ConnectInfo = Link;

    fn connect_info(&self) -> Link {
        self.entry.link.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(self.reset()));
        }
        let before = buffer.filled().len();
        let polled = match &mut self.io {
            Io::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
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
        ready!(self.poll_may_write(cx))?;
        match &mut self.io {
            Io::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
