use super::{EventStoreV1Config, EventStoreV1Error, error::NotConnected, tls};
use crate::timer::{hold_clock, timeout_real};
use futures_util::{FutureExt, future::BoxFuture};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::codegen::{Service, http::Uri};

/// Makes connections to the server, in plain text or over TLS.
#[derive(Clone)]
pub(super) struct Connector {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(config: &EventStoreV1Config) -> Result<Self, EventStoreV1Error> {
        let tls = match &config.tls {
            None => None,
            Some(tls) => {
                let name = tls.server_name.as_ref().unwrap_or(&config.host).clone();
                let name = ServerName::try_from(name).map_err(|error| EventStoreV1Error::Tls {
                    source: error.into(),
                })?;
                Some((TlsConnector::from(tls::client_config(tls)?), name))
            }
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            tls,
            timeout: config.connection_timeout,
        })
    }

    async fn connect(self) -> io::Result<Connection> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(match self.tls {
            None => Connection::Plain(stream),
            Some((connector, name)) => {
                Connection::Tls(Box::new(connector.connect(name, stream).await?))
            }
        })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = NotConnected;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let address = format!("{}:{}", connector.host, connector.port);
            let after = connector.timeout;
            let _held = hold_clock();
            // Tokio panics in a runtime without I/O, and has no way to ask.
            let connecting = AssertUnwindSafe(connector.connect()).catch_unwind();
            match timeout_real(after, connecting).await {
                Ok(Ok(Ok(connection))) => Ok(TokioIo::new(connection)),
                Ok(Ok(Err(source))) => Err(NotConnected::Io { address, source }),
                Ok(Err(_)) => Err(NotConnected::NoIo { address }),
                Err(_) => Err(NotConnected::TimedOut { address, after }),
            }
        })
    }
}

/// A connection, whichever it is.
pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
