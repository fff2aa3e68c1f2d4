//! Certificates, and the encryption of the servers of this kit.

use plumberd::{BoxError, event::new_event_id};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::TlsAcceptor;

/// How a server encrypts.
#[derive(Debug, Clone, Default)]
pub(super) struct TlsConfig {
    /// Whose certificate it shows.
    pub(super) identity: Option<Identity>,
    /// Whose clients it admits, in PEM; everybody's when there is none.
    pub(super) client_ca: Option<String>,
}

/// Where a server takes its certificate from.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    /// An authority of its own signs it.
    Own,
    /// The caller brings it.
    Given(IssuedCertificate),
}

/// A certificate and its key, in PEM. The key is never printed.
#[derive(Clone)]
#[non_exhaustive]
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
}

impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedCertificate").finish_non_exhaustive()
    }
}

impl IssuedCertificate {
    pub(super) const fn new(certificate_pem: String, key_pem: String) -> Self {
        Self {
            certificate_pem,
            key_pem,
        }
    }
}

/// An authority that signs certificates for tests.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "eventstoredb")]
/// # fn main() -> Result<(), plumberd::Report> {
/// use plumberd_testkit::esdb::CertificateAuthority;
///
/// let authority = CertificateAuthority::new("clients")?;
/// let client = authority.issue_client("reader")?;
///
/// assert!(client.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "eventstoredb"))]
/// # fn main() {}
/// ```
pub struct CertificateAuthority {
    certificate: Certificate,
    key: KeyPair,
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateAuthority")
            .finish_non_exhaustive()
    }
}

impl CertificateAuthority {
    /// A new authority of that name, with a new key.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    pub fn new(name: &str) -> Result<Self, BoxError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate, key })
    }

    /// Its certificate, for those who are to trust it.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate for a server with these host names or addresses.
    ///
    /// # Errors
    ///
    /// When a name is none, or no key can be made.
    pub fn issue_server(&self, hosts: &[&str]) -> Result<IssuedCertificate, BoxError> {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let params = CertificateParams::new(hosts)?;
        self.issue(
            params,
            "plumberd-testkit",
            ExtendedKeyUsagePurpose::ServerAuth,
        )
    }

    /// A certificate for a client of that name.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    pub fn issue_client(&self, name: &str) -> Result<IssuedCertificate, BoxError> {
        let params = CertificateParams::default();
        self.issue(params, name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<IssuedCertificate, BoxError> {
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.certificate, &self.key)?;
        Ok(IssuedCertificate::new(
            certificate.pem(),
            key.serialize_pem(),
        ))
    }
}

/// What a server encrypts with, for as long as it lives.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    /// The authority behind its certificate, when that is its own.
    pub(super) authority: Option<Arc<AuthorityFile>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn new(identity: &Identity, client_ca: Option<&str>) -> Result<Self, BoxError> {
        let (issued, authority) = match identity {
            Identity::Own => {
                let authority = CertificateAuthority::new("plumberd-testkit authority")?;
                let issued = authority.issue_server(&["127.0.0.1", "::1", "localhost"])?;
                let file = AuthorityFile::write(authority.pem())?;
                (issued, Some(Arc::new(file)))
            }
            Identity::Given(issued) => (issued.clone(), None),
        };
        // The process has no default provider, and must not get one here:
        // a program that wants to install one would find it taken.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(pem)? {
                    roots.add(certificate)?;
                }
                let verifier: Arc<dyn ClientCertVerifier> =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes())?;
        let mut config = builder.with_single_cert(certificates(&issued.certificate_pem)?, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            authority,
        })
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err("there is no certificate in the PEM".into());
    }
    Ok(found)
}

/// The certificate of a server's own authority in a file, for clients that
/// want a path. The file goes with the value.
#[derive(Debug)]
pub(super) struct AuthorityFile {
    pem: String,
    path: PathBuf,
}

impl AuthorityFile {
    fn write(pem: String) -> Result<Self, BoxError> {
        let name = format!("plumberd-testkit-{}.pem", new_event_id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, &pem)?;
        Ok(Self { pem, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }
}

impl Drop for AuthorityFile {
    fn drop(&mut self) {
        // One that is removed already does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, Tls};

    #[test]
    fn no_default_provider_is_installed() {
        Tls::new(&Identity::Own, None).unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
