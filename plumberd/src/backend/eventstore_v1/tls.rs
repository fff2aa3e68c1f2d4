use super::{EventStoreV1Error, Tls};
use crate::BoxError;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error, PemObject},
    },
};
use std::{path::Path, sync::Arc};

/// The settings of a TLS connection, with a provider of its own: the process
/// may have another for its other connections, or none.
pub(super) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, EventStoreV1Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_root_certificates(roots(tls)?);
    let mut config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                certificates("a certificate", certificate)?,
                private_key(key)?,
            )
            .map_err(refused)?,
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

fn roots(tls: &Tls) -> Result<RootCertStore, EventStoreV1Error> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &tls.ca_file {
        for authority in certificates("an authority's certificate", path)? {
            roots
                .add(authority)
                .map_err(|error| EventStoreV1Error::File {
                    what: "an authority's certificate",
                    path: path.clone(),
                    source: error.into(),
                })?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(refused(
            "the machine has no certificates to trust; name a file with `tls_ca`",
        ));
    }
    Ok(roots)
}

fn certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, EventStoreV1Error> {
    let pem = read(what, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| unusable(what, path, error))?;
    if found.is_empty() {
        return Err(unusable(what, path, "there is none"));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, EventStoreV1Error> {
    const WHAT: &str = "a private key";
    let pem = read(WHAT, path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        Error::NoItemsFound => unusable(WHAT, path, "there is none"),
        error => unusable(WHAT, path, error),
    })
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, EventStoreV1Error> {
    std::fs::read(path).map_err(|error| unusable(what, path, error))
}

fn unusable(what: &'static str, path: &Path, source: impl Into<BoxError>) -> EventStoreV1Error {
    EventStoreV1Error::File {
        what,
        path: path.to_owned(),
        source: source.into(),
    }
}

fn refused(source: impl Into<BoxError>) -> EventStoreV1Error {
    EventStoreV1Error::Tls {
        source: source.into(),
    }
}
