//! TLS without a proxy: a certificate and its key, read again when their files change.
//!
//! Client certificates are asked for, and never needed, where the configuration says so. Any
//! certificate is let through the handshake, once its holder has proved the key: whether it counts is
//! for the client's registration to say (RFC 8705 has certificates that no authority has signed). So
//! the handshake names no authorities either: many clients would then send no certificate but theirs.
//! What it found out goes on as [`model::ClientCertificate`], with what [`judge`] says of it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use model::{ClientCertificate, Timestamp};
use rustls::{
    CipherSuite, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};
use x509_cert::der::Decode as _;

/// Where certificate and key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the certificate, and those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: the private key.
    pub key: PathBuf,
    /// PEM: the authorities of client certificates.
    pub client_ca: Option<PathBuf>,
    /// Whether clients are asked for a certificate.
    pub asks: bool,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, io::Error),
    /// A file does not hold what it should.
    #[error("{0}: {1}")]
    Content(PathBuf, String),
    /// The key is not the certificate's.
    #[error("{1} is not the key of the certificate {0}")]
    Mismatch(PathBuf, PathBuf),
    /// The certificate is not valid at this time.
    #[error("{0}: the certificate is {1}")]
    Validity(PathBuf, &'static str),
}

/// A certificate with its key, as of the last time that its files were good.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
    authorities: RwLock<Option<Authorities>>,
    /// What was in the files that are in use.
    used: Mutex<Vec<Option<Vec<u8>>>>,
    /// What was said last of files that are not good.
    said: Mutex<Option<String>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// With the file that is not good.
    pub fn load(files: &TlsFiles, now: Timestamp) -> Result<Self, TlsError> {
        let used = Mutex::new(contents(files));
        let (config, authorities) = read_all(files, now)?;
        let (current, authorities) = (RwLock::new(config), RwLock::new(authorities));
        Ok(Self { files: files.clone(), current, authorities, used, said: Mutex::default() })
    }

    /// What new connections are served with.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of a client that has shown these certificates in a handshake, its own first.
    #[must_use]
    pub fn judge(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> Option<ClientCertificate> {
        let authorities = self.authorities.read().unwrap_or_else(PoisonError::into_inner).clone();
        judge(authorities.as_ref(), chain, now)
    }

    /// Reads the files again if there is something else in them than is in use; says whether that is in
    /// use now. What is not good is logged once and tried again the next time, since it may become so
    /// without a change: a certificate whose time comes. Until then the old ones stay.
    pub fn reload_if_changed(&self, now: Timestamp) -> bool {
        let unchanged = *self.used.lock().unwrap_or_else(PoisonError::into_inner) == contents(&self.files);
        !unchanged && self.reload(now)
    }

    /// Reads certificate, key and authorities again; says whether they are in use now.
    pub fn reload(&self, now: Timestamp) -> bool {
        let found = contents(&self.files);
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match read_all(&self.files, now) {
            Ok((config, authorities)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
                *self.authorities.write().unwrap_or_else(PoisonError::into_inner) = authorities;
                *self.used.lock().unwrap_or_else(PoisonError::into_inner) = found;
                *said = None;
                tracing::info!(certificate = %self.files.certificate.display(), "the certificate was read again");
                true
            }
            Err(error) => {
                let words = Some(error.to_string());
                if *said != words {
                    tracing::error!(%error, "the new certificate is not used; the old one stays");
                }
                *said = words;
                false
            }
        }
    }
}

/// Times of change may be too coarse to tell two versions apart.
fn contents(files: &TlsFiles) -> Vec<Option<Vec<u8>>> {
    [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()]
        .into_iter()
        .flatten()
        .map(|file| std::fs::read(file).ok())
        .collect()
}

fn read_all(files: &TlsFiles, now: Timestamp) -> Result<(Arc<ServerConfig>, Option<Authorities>), TlsError> {
    let authorities = files.client_ca.as_deref().map(Authorities::load).transpose()?;
    Ok((config(files, now)?, authorities))
}

/// When a certificate is good, in milliseconds since the epoch: from, until.
///
/// # Errors
///
/// When the file does not hold one.
pub fn validity(file: &Path) -> Result<(Timestamp, Timestamp), TlsError> {
    let chain = certificates(file)?;
    let first = chain.first().ok_or_else(|| content(file, "there is no certificate in it"))?;
    let parsed = x509_cert::Certificate::from_der(first).map_err(|error| content(file, error))?;
    let at = |time: Duration| Timestamp(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let validity = parsed.tbs_certificate().validity();
    Ok((at(validity.not_before.to_unix_duration()), at(validity.not_after.to_unix_duration())))
}

fn content(file: &Path, what: impl ToString) -> TlsError {
    TlsError::Content(file.to_owned(), what.to_string())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(content(file, "there is no certificate in it")),
        Ok(chain) => Ok(chain),
        Err(error) => Err(content(file, error)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|error| TlsError::Read(file.to_owned(), error))
}

/// What TLS 1.2 may encrypt with: what RFC 9325, section 4.2, recommends. FAPI 2.0 (Security Profile,
/// section 5.2.2) wants nothing else there; TLS 1.3 has no suite that it minds.
const TLS12_SUITES: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
];

fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suite.tls13().is_some() || TLS12_SUITES.contains(&suite.suite()));
    Arc::new(provider)
}

fn config(files: &TlsFiles, now: Timestamp) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| content(&files.key, error))?;
    let provider = provider();
    // Says so too when a certificate and a key are good by themselves and do not belong together.
    CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch(files.certificate.clone(), files.key.clone()),
        rustls::Error::InvalidCertificate(_) => content(&files.certificate, error),
        other => content(&files.key, other),
    })?;
    let (from, until) = validity(&files.certificate)?;
    if now < from {
        return Err(TlsError::Validity(files.certificate.clone(), "not valid yet"));
    }
    if now >= until {
        return Err(TlsError::Validity(files.certificate.clone(), "expired"));
    }
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| content(&files.certificate, error))?;
    let builder = if files.asks {
        builder.with_client_cert_verifier(Arc::new(AskedFor(provider.signature_verification_algorithms)))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| content(&files.certificate, error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The authorities whose client certificates count.
#[derive(Clone, Debug)]
pub struct Authorities {
    verifier: Arc<dyn ClientCertVerifier>,
}

impl Authorities {
    /// Reads them from a PEM file.
    ///
    /// # Errors
    ///
    /// When it does not hold any.
    pub fn load(file: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|error| content(file, error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        Ok(Self { verifier: verifier.map_err(|error| content(file, error))? })
    }

    /// Whether one of them has signed this certificate, by way of `others`, and it is valid now.
    fn trust(&self, own: &CertificateDer<'_>, others: &[CertificateDer<'_>], now: Timestamp) -> bool {
        let now = UnixTime::since_unix_epoch(Duration::from_millis(now.0.unsigned_abs()));
        self.verifier.verify_client_cert(own, others, now).is_ok()
    }
}

/// What is known of a client that has shown these certificates, its own first. That one of the
/// authorities has signed it is said here alone: without authorities, no certificate is trusted.
#[must_use]
pub fn judge(
    authorities: Option<&Authorities>,
    chain: &[CertificateDer<'_>],
    now: Timestamp,
) -> Option<ClientCertificate> {
    let (own, others) = chain.split_first()?;
    let trusted = authorities.is_some_and(|authorities| authorities.trust(own, others, now));
    Some(ClientCertificate { der: own.to_vec(), trusted })
}

/// Asks for a certificate of anybody's, and takes any whose key the client has proved to hold.
#[derive(Debug)]
struct AskedFor(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AskedFor {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// None (RFC 8446, section 4.2.4): a client whose certificate is self-signed, or of an authority
    /// that was renewed, would send nothing to a server that names others.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
