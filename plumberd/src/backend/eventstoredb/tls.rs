//! The certificates, looked at before the client crate sees them: it panics
//! on every one that it cannot use.

use super::{EventStoreDbConfig, EventStoreDbError};
use crate::BoxError;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};

/// What the client crate will make of the settings: the same files, the same
/// provider, the same protocol. `None` without TLS.
pub(super) fn client_config(
    config: &EventStoreDbConfig,
) -> Result<Option<ClientConfig>, EventStoreDbError> {
    if !config.tls {
        return Ok(None);
    }
    let roots = match &config.ca_file {
        Some(file) => of_file(file)?,
        None if config.verifies() => of_system()?,
        None => RootCertStore::empty(),
    };
    let mut tls = with_roots(roots, config.user_certificate())?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Some(tls))
}

/// Trusts no server: only whether the peer speaks TLS can be found out with it.
pub(super) fn trusting_none() -> Result<ClientConfig, EventStoreDbError> {
    with_roots(RootCertStore::empty(), None)
}

fn with_roots(
    roots: RootCertStore,
    user: Option<(&Path, &Path)>,
) -> Result<ClientConfig, EventStoreDbError> {
    // The client crate's own, once it has started.
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EventStoreDbError::Client {
            source: error.into(),
        })?
        .with_root_certificates(roots);
    let Some((certificate, key)) = user else {
        return Ok(tls.with_no_client_auth());
    };
    let chain = certificates(certificate, "userCertFile")?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unusable("userKeyFile", key, error.into()))?;
    tls.with_client_auth_cert(chain, secret)
        .map_err(|error| unusable("userCertFile", certificate, error.into()))
}

fn of_file(file: &Path) -> Result<RootCertStore, EventStoreDbError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, "tlsCAFile")? {
        roots
            .add(certificate)
            .map_err(|error| unusable("tlsCAFile", file, error.into()))?;
    }
    Ok(roots)
}

fn certificates(
    file: &Path,
    option: &'static str,
) -> Result<Vec<CertificateDer<'static>>, EventStoreDbError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unusable(option, file, error.into()))?;
    if certificates.is_empty() {
        let none = "there is no certificate in it";
        return Err(unusable(option, file, none.into()));
    }
    Ok(certificates)
}

fn of_system() -> Result<RootCertStore, EventStoreDbError> {
    let failed = |source| EventStoreDbError::SystemCertificates { source };
    let loaded = rustls_native_certs::load_native_certs();
    if let Some(error) = loaded.errors.into_iter().next() {
        return Err(failed(error.into()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in loaded.certs {
        roots
            .add(certificate)
            .map_err(|error| failed(error.into()))?;
    }
    if roots.is_empty() {
        return Err(failed("there is none".into()));
    }
    Ok(roots)
}

fn unusable(option: &'static str, file: &Path, source: BoxError) -> EventStoreDbError {
    EventStoreDbError::CertificateFile {
        option,
        path: file.to_owned(),
        source,
    }
}
