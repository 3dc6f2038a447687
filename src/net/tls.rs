//! Reads certificates and builds the TLS configuration of listeners. Leaves sockets to others.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme, SupportedProtocolVersion,
};

/// The TLS settings of a listener.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'a> {
    /// Certificate chains and keys, as PEM files. The first is for clients that name no host or another one.
    pub(super) pairs: &'a [(&'a Path, &'a Path)],
    /// Whether TLS 1.2 is rejected.
    pub(super) tls13_only: bool,
    /// Whether clients are asked for a certificate, which is optional.
    pub(super) ask_certificate: bool,
}

/// Reads the files and builds the configuration for handshakes.
///
/// # Errors
/// If a file is not usable. The error names the file and the reason.
pub(super) fn server_config(identity: Identity<'_>) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let mut keys = Vec::new();
    for (cert, key) in identity.pairs {
        keys.push(Arc::new(certified_key(cert, key, &provider)?));
    }
    if keys.is_empty() {
        return Err("a tls listener needs a certificate".into());
    }
    let versions: &[&SupportedProtocolVersion] =
        if identity.tls13_only { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let failed = |error: Error| format!("cannot set up tls: {error}");
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .map_err(failed)?;
    let builder = if identity.ask_certificate {
        builder.with_client_cert_verifier(Arc::new(AnyClient { provider }))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(Arc::new(ByServerName { keys }));
    // With tickets, clients keep their TLS sessions; by default, the server would keep the latest 256.
    config.ticketer = ring::Ticketer::new().map_err(failed)?;
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

/// Returns the fingerprint of a certificate that accounts store: the SHA-256 of its DER form in lower-case
/// hex.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    HEXLOWER.encode(&Sha256::digest(certificate.as_ref()))
}

fn certified_key(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let (chain, private) = (read_chain(cert)?, read_key(key)?);
    CertifiedKey::from_der(chain, private, provider).map_err(|error| {
        format!(
            "the key in {} does not work with the certificate in {}: {error}",
            key.display(),
            cert.display()
        )
    })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut reader = open(path, "certificate")?;
    let chain: Result<Vec<_>, _> = rustls_pemfile::certs(&mut reader).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(format!("no certificate in {}", path.display())),
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("cannot read certificate file {}: {error}", path.display())),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let mut reader = open(path, "key")?;
    match rustls_pemfile::private_key(&mut reader) {
        Ok(Some(key)) => Ok(key),
        Ok(None) => Err(format!("no private key in {}", path.display())),
        Err(error) => Err(format!("cannot read key file {}: {error}", path.display())),
    }
}

fn open(path: &Path, what: &str) -> Result<BufReader<File>, String> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|error| format!("cannot read {what} file {}: {}", path.display(), super::reason(&error)))
}

/// Selects the certificate by the name that the client requests (SNI).
#[derive(Debug)]
struct ByServerName {
    keys: Vec<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| {
            let name = ServerName::try_from(name).ok()?;
            self.keys.iter().find(|key| is_for(key, &name))
        });
        named.or(self.keys.first()).cloned()
    }
}

fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let Some(end_entity) = key.cert.first() else { return false };
    ParsedCertificate::try_from(end_entity).is_ok_and(|cert| verify_server_name(&cert, name).is_ok())
}

/// Accepts any client certificate whose key the client proves to have. Accounts identify it by fingerprint,
/// so no authority needs to have signed it.
#[derive(Debug)]
struct AnyClient {
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
