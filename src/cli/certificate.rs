//! Self-signed certificates, for testing TLS listeners. A public server needs certificates of an authority.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use indexmap::IndexMap;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair as PrivateKey,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::Failure;
use crate::config::{KeyPair, Listener};
use crate::private;

/// Returns the certificates of the TLS listeners, each once, with the first listener that uses it.
pub(super) fn wanted(listeners: &IndexMap<String, Listener>) -> Result<Vec<(&str, &KeyPair)>, Failure> {
    let mut wanted: Vec<(&str, &KeyPair)> = Vec::new();
    for (address, listener) in listeners {
        for pair in listener.key_pairs() {
            match wanted.iter().find(|(_, other)| other.cert == pair.cert) {
                None => wanted.push((address, pair)),
                Some((_, other)) if other.key == pair.key => {}
                Some((_, other)) => {
                    return Err(Failure::new(format_args!(
                        "listener {address}: certificate {} has the key {} here, but {} at another listener",
                        pair.cert, pair.key, other.key
                    )));
                }
            }
        }
    }
    Ok(wanted)
}

/// Returns whether no file has this name, not even a dangling link.
pub(super) fn is_free(file: &str) -> bool {
    fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Creates a certificate for localhost and the server name. Never overwrites a file.
pub(super) fn make(pair: &KeyPair, server_name: &str) -> Result<(), Failure> {
    let failed = |what: &dyn std::fmt::Display| {
        Failure::new(format_args!("could not create certificate {}: {what}", pair.cert))
    };
    let (cert, key) = generate(server_name).map_err(|error| failed(&error))?;
    write_new(&pair.key, &key)
        .map_err(|error| Failure::new(format_args!("could not create key {}: {error}", pair.key)))?;
    write_new(&pair.cert, &cert).map_err(|error| {
        // A key without its certificate would block the next attempt.
        let _ = fs::remove_file(&pair.key);
        failed(&error)
    })
}

/// Generates a certificate, valid for a year, and its ECDSA P-256 key in PKCS#8, both in PEM format.
fn generate(server_name: &str) -> Result<(String, String), rcgen::Error> {
    let names = ["127.0.0.1", "::1", server_name, "localhost"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.not_before = OffsetDateTime::now_utc();
    params.not_after = params.not_before + Duration::days(365);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "ircd");
    params.distinguished_name.push(DnType::CommonName, server_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = PrivateKey::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn write_new(path: &str, text: &str) -> io::Result<()> {
    let mut file = private::options().write(true).create_new(true).open(Path::new(path))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
