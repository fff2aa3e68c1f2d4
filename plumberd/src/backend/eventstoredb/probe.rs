//! Why no call gets through: the client crate says no more than that there is
//! no connection, so one is opened by hand as far as it goes.

use super::{EventStoreDbConfig, EventStoreDbError, tls};
use rustls::{AlertDescription, CertificateError, Error, pki_types::ServerName};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// HTTP/2's first words, and an empty frame of settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The number of a frame of settings.
const SETTINGS: u8 = 4;

/// The longest that one host is probed.
const LONGEST: Duration = Duration::from_secs(3);

/// What is wrong with the first host with which something is; `None` when
/// nothing was found.
pub(super) async fn probe(config: &EventStoreDbConfig) -> Option<EventStoreDbError> {
    let limit = config.deadline.min(LONGEST);
    for (host, port) in &config.hosts {
        let target = Target {
            config,
            host,
            port: *port,
        };
        let found = match timeout(limit, target.probe()).await {
            Ok(found) => found.err(),
            Err(_) => Some(EventStoreDbError::TimedOut {
                address: target.address(),
                deadline: limit,
            }),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

struct Target<'a> {
    config: &'a EventStoreDbConfig,
    host: &'a str,
    port: u16,
}

impl Target<'_> {
    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn probe(&self) -> Result<(), EventStoreDbError> {
        let stream = self.tcp().await?;
        match tls::client_config(self.config)? {
            None => self.plain(stream).await,
            Some(tls) => self.encrypted(stream, tls).await,
        }
    }

    async fn tcp(&self) -> Result<TcpStream, EventStoreDbError> {
        TcpStream::connect(self.address())
            .await
            .map_err(|error| EventStoreDbError::Unreachable {
                address: self.address(),
                source: error.into(),
            })
    }

    async fn plain(&self, stream: TcpStream) -> Result<(), EventStoreDbError> {
        if speaks_http2(stream).await.is_ok_and(|speaks| speaks) {
            return Ok(());
        }
        let tls = tls::trusting_none()?;
        let address = self.address();
        match self.handshake(self.tcp().await?, tls).await {
            // That a certificate is not trusted takes one.
            Ok(_) | Err(Some(Error::InvalidCertificate(_) | Error::AlertReceived(_))) => {
                Err(EventStoreDbError::TlsExpected { address })
            }
            Err(_) => Err(EventStoreDbError::NotEventStoreDb { address }),
        }
    }

    async fn encrypted(
        &self,
        stream: TcpStream,
        tls: rustls::ClientConfig,
    ) -> Result<(), EventStoreDbError> {
        let address = self.address();
        match self.handshake(stream, tls).await {
            Ok(stream) => match speaks_http2(stream).await {
                Ok(true) => Ok(()),
                // With TLS 1.3 a server refuses the client's certificate only
                // now.
                Err(error) if rustls_error(&error).is_some() => {
                    Err(self.refused(rustls_error(&error)))
                }
                Ok(false) | Err(_) => Err(EventStoreDbError::NotEventStoreDb { address }),
            },
            // The client crate does not look at it; so it is not the reason.
            Err(Some(Error::InvalidCertificate(_))) if !self.config.verifies() => Ok(()),
            Err(Some(error @ (Error::InvalidCertificate(_) | Error::AlertReceived(_)))) => {
                Err(self.refused(Some(error)))
            }
            Err(error) => {
                let stream = self.tcp().await?;
                if speaks_http2(stream).await.is_ok_and(|speaks| speaks) {
                    return Err(EventStoreDbError::TlsNotSpoken { address });
                }
                Err(self.refused(error))
            }
        }
    }

    /// The error of rustls, where it is one.
    async fn handshake(
        &self,
        stream: TcpStream,
        tls: rustls::ClientConfig,
    ) -> Result<TlsStream<TcpStream>, Option<Error>> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| None)?;
        TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await
            .map_err(|error| rustls_error(&error))
    }

    fn refused(&self, error: Option<Error>) -> EventStoreDbError {
        let address = self.address();
        let Some(error) = error else {
            return EventStoreDbError::NotEventStoreDb { address };
        };
        let source = error.clone().into();
        match error {
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => EventStoreDbError::WrongName { address, source },
            Error::InvalidCertificate(_) => EventStoreDbError::Untrusted { address, source },
            Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied,
            ) => EventStoreDbError::UserCertificateRefused { address, source },
            _ => EventStoreDbError::Tls { address, source },
        }
    }
}

fn rustls_error(error: &io::Error) -> Option<Error> {
    error.get_ref()?.downcast_ref::<Error>().cloned()
}

/// Whether the other side answers HTTP/2 with HTTP/2.
async fn speaks_http2(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
    stream.write_all(PREFACE).await?;
    stream.flush().await?;
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await?;
    Ok(frame[3] == SETTINGS)
}
