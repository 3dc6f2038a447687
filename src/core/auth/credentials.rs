//! The credentials of an account, and the form in which they are stored.
//!
//! The JSON form is Ergo's, so its records need no conversion. Invariant: there are at most
//! [`CERTFPS_MAX`] certificates, and SCRAM keys, if present, are derived from the passphrase.

use std::borrow::Borrow;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::passphrase::{BadCost, COST_MAX, COST_MIN, hash_passphrase};
use super::sasl::{SCRAM_ITERATIONS, ScramKeys};
use super::{legacy, verify_passphrase};

/// The maximum number of certificates per account.
pub const CERTFPS_MAX: usize = 5;

/// The software that created [`Credentials::passphrase_hash`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// Anope.
    Anope,
    /// Atheme.
    Atheme,
    /// The first versions of Oragono: bcrypt with additional salts.
    Oragono,
    /// This server, with [`hash_passphrase`].
    #[default]
    Current,
}

/// The passphrase and certificates that can log in to an account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The software that created the hash.
    pub version: Version,
    /// The hash of the passphrase; `None` if the account has no passphrase.
    pub passphrase_hash: Option<Vec<u8>>,
    /// The SCRAM keys; `None` without a passphrase, or if it was set by software without SCRAM.
    pub scram: Option<ScramKeys>,
    /// The certificates. Use [`Credentials::add_certfp`] to add one.
    pub certfps: Vec<Certfp>,
}

/// Random bytes for [`Credentials::set_passphrase`].
#[derive(Clone, Copy, Debug)]
pub struct Salts {
    /// For the hash.
    pub bcrypt: [u8; 16],
    /// For the SCRAM keys.
    pub scram: [u8; 16],
}

/// Why a certificate was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertfpRefused {
    /// It was added before.
    Present,
    /// There are already [`CERTFPS_MAX`].
    Full,
}

impl Credentials {
    /// Returns whether there is nothing to log in with.
    pub fn is_empty(&self) -> bool {
        self.passphrase_hash.is_none() && self.certfps.is_empty()
    }

    /// Returns credentials that no passphrase matches. Verifying against them takes as long as against
    /// real ones of this cost, so the time does not reveal whether an account exists or has a passphrase.
    pub fn decoy(cost: u32) -> Credentials {
        // `.` means zero in bcrypt's base64: 22 characters of salt and 31 of digest.
        let hash = format!("$2a${:02}${}", cost.clamp(COST_MIN, COST_MAX), ".".repeat(53));
        Credentials { passphrase_hash: Some(hash.into_bytes()), ..Credentials::default() }
    }

    /// Returns whether the passphrase is correct. Slow: for a job.
    pub fn verify(&self, passphrase: &str) -> bool {
        let Some(hash) = &self.passphrase_hash else { return false };
        match self.version {
            Version::Current => {
                std::str::from_utf8(hash).is_ok_and(|hash| verify_passphrase(hash, passphrase))
            }
            Version::Oragono => legacy::verify_oragono(hash, passphrase),
            Version::Atheme => legacy::verify_atheme(hash, passphrase),
            Version::Anope => legacy::verify_anope(hash, passphrase),
        }
    }

    /// Returns whether [`Credentials::set_passphrase`] should be called with a passphrase that proved
    /// correct, because the hash has an old form or a different cost, or there are no SCRAM keys yet.
    pub fn is_outdated(&self, cost: u32) -> bool {
        let Some(hash) = &self.passphrase_hash else { return false };
        let other_cost = || hash.get(4..6).is_none_or(|digits| digits != format!("{cost:02}").as_bytes());
        self.version != Version::Current || self.scram.is_none() || other_cost()
    }

    /// Sets the passphrase, without checking whether it is allowed ([`super::check_passphrase`]). Slow:
    /// for a job.
    ///
    /// # Errors
    /// An invalid bcrypt cost; nothing changes then.
    pub fn set_passphrase(&mut self, passphrase: &str, cost: u32, salts: Salts) -> Result<(), BadCost> {
        self.passphrase_hash = Some(hash_passphrase(passphrase, cost, salts.bcrypt)?.into_bytes());
        self.scram = Some(ScramKeys::derive(passphrase, salts.scram.to_vec(), SCRAM_ITERATIONS));
        self.version = Version::Current;
        Ok(())
    }

    /// Removes the passphrase, leaving only certificates.
    pub fn clear_passphrase(&mut self) {
        self.passphrase_hash = None;
        self.scram = None;
        self.version = Version::Current;
    }

    /// Adds a certificate.
    ///
    /// # Errors
    /// A certificate that was added before, or one too many.
    pub fn add_certfp(&mut self, certfp: Certfp) -> Result<(), CertfpRefused> {
        if self.certfps.contains(&certfp) {
            return Err(CertfpRefused::Present);
        }
        if self.certfps.len() >= CERTFPS_MAX {
            return Err(CertfpRefused::Full);
        }
        self.certfps.push(certfp);
        Ok(())
    }

    /// Removes a certificate; returns whether it existed.
    pub fn remove_certfp(&mut self, certfp: &str) -> bool {
        let before = self.certfps.len();
        self.certfps.retain(|present| present.as_str() != certfp);
        self.certfps.len() < before
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("version", &self.version)
            .field("has_passphrase", &self.passphrase_hash.is_some())
            .field("certfps", &self.certfps)
            .finish_non_exhaustive()
    }
}

/// The fingerprint of a certificate: SHA-256 of its DER form, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Certfp(Box<str>);

impl Certfp {
    /// Parses a fingerprint. Capitals and colons are allowed, as `openssl` prints them.
    pub fn parse(raw: &str) -> Option<Certfp> {
        let hex: String = raw.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
        let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Certfp(hex.into()))
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Certfp {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Certfp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Certfp> for String {
    fn from(certfp: Certfp) -> String {
        certfp.0.into()
    }
}

impl TryFrom<String> for Certfp {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Certfp, &'static str> {
        Certfp::parse(&raw).ok_or("a certificate fingerprint must have 64 hexadecimal digits")
    }
}

/// JSON has the form of [`StoredCredentials`]; a binary format has the fields as they are.
impl Serialize for Credentials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return StoredCredentials::from(self.clone()).serialize(serializer);
        }
        (self.version, &self.passphrase_hash, &self.scram, &self.certfps).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Credentials, D::Error> {
        if deserializer.is_human_readable() {
            return StoredCredentials::deserialize(deserializer)?.try_into().map_err(D::Error::custom);
        }
        let (version, passphrase_hash, scram, certfps) = Deserialize::deserialize(deserializer)?;
        Ok(Credentials { version, passphrase_hash, scram, certfps })
    }
}

/// The stored form: byte strings in base64, `null` for absent ones.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct StoredCredentials {
    version: i8,
    passphrase_hash: Option<String>,
    certfps: Option<Vec<Certfp>>,
    salt: Option<String>,
    iters: u32,
    stored_key: Option<String>,
    server_key: Option<String>,
}

impl From<Credentials> for StoredCredentials {
    fn from(credentials: Credentials) -> StoredCredentials {
        let base64 = |bytes: &[u8]| Some(BASE64.encode(bytes));
        let scram = credentials.scram.as_ref();
        StoredCredentials {
            version: match credentials.version {
                Version::Anope => -2,
                Version::Atheme => -1,
                Version::Oragono => 0,
                Version::Current => 1,
            },
            passphrase_hash: credentials.passphrase_hash.as_deref().and_then(base64),
            salt: scram.and_then(|keys| base64(&keys.salt)),
            iters: scram.map_or(0, |keys| keys.iterations),
            stored_key: scram.and_then(|keys| base64(&keys.stored_key)),
            server_key: scram.and_then(|keys| base64(&keys.server_key)),
            certfps: Some(credentials.certfps),
        }
    }
}

impl TryFrom<StoredCredentials> for Credentials {
    type Error = &'static str;

    fn try_from(record: StoredCredentials) -> Result<Credentials, &'static str> {
        let version = match record.version {
            -2 => Version::Anope,
            -1 => Version::Atheme,
            0 => Version::Oragono,
            1 => Version::Current,
            _ => return Err("unknown version of credentials"),
        };
        let certfps = record.certfps.unwrap_or_default();
        if certfps.len() > CERTFPS_MAX {
            return Err("more certificates than an account can have");
        }
        let hash = bytes(record.passphrase_hash)?;
        let scram = match record.iters {
            0 => None,
            iterations => Some(ScramKeys {
                salt: bytes(record.salt)?,
                iterations,
                stored_key: key(record.stored_key)?,
                server_key: key(record.server_key)?,
            }),
        };
        Ok(Credentials { version, passphrase_hash: (!hash.is_empty()).then_some(hash), scram, certfps })
    }
}

fn bytes(base64: Option<String>) -> Result<Vec<u8>, &'static str> {
    BASE64.decode(base64.unwrap_or_default().as_bytes()).map_err(|_| "a byte string is not base64")
}

fn key(base64: Option<String>) -> Result<[u8; 32], &'static str> {
    bytes(base64)?.try_into().map_err(|_| "a SCRAM key does not have 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SALTS: Salts = Salts { bcrypt: [1; 16], scram: [2; 16] };

    fn certfp(digit: char) -> Certfp {
        Certfp::parse(&digit.to_string().repeat(64)).unwrap()
    }

    #[test]
    fn a_passphrase_is_set_and_removed() {
        let mut credentials = Credentials::default();
        assert!(credentials.is_empty() && !credentials.verify("") && !credentials.is_outdated(4));
        credentials.set_passphrase("sesame", 4, SALTS).unwrap();
        assert!(credentials.verify("sesame") && !credentials.verify("Sesame"));
        assert!(!credentials.is_empty() && !credentials.is_outdated(4) && credentials.is_outdated(5));
        assert_eq!(credentials.scram, Some(ScramKeys::derive("sesame", vec![2; 16], 4096)));
        let before = credentials.clone();
        assert_eq!(credentials.set_passphrase("other", 99, SALTS), Err(BadCost(99)));
        assert_eq!(credentials, before);
        credentials.clear_passphrase();
        assert_eq!(credentials, Credentials::default());
    }

    #[test]
    fn an_imported_hash_is_outdated() {
        let hash = b"md5:dbf8be80e8dccdd33915b482e4390426".to_vec();
        let mut credentials = Credentials {
            version: Version::Anope,
            passphrase_hash: Some(hash),
            certfps: vec![certfp('a')],
            scram: None,
        };
        assert!(credentials.verify("edpassphrase") && credentials.is_outdated(4));
        credentials.set_passphrase("edpassphrase", 4, SALTS).unwrap();
        assert!(credentials.verify("edpassphrase") && !credentials.is_outdated(4));
        assert_eq!(credentials.certfps, [certfp('a')]);
    }

    #[test]
    fn no_passphrase_matches_a_decoy() {
        let decoy = Credentials::decoy(6);
        let hash = String::from_utf8(decoy.passphrase_hash.clone().unwrap()).unwrap();
        assert_eq!(hash.parse::<bcrypt::HashParts>().unwrap().get_cost(), 6);
        assert!(!decoy.verify("") && !decoy.verify("sesame"));
    }

    #[test]
    fn the_number_of_certificates_is_limited() {
        let mut credentials = Credentials::default();
        for digit in "01234".chars() {
            assert_eq!(credentials.add_certfp(certfp(digit)), Ok(()));
        }
        assert_eq!(credentials.add_certfp(certfp('4')), Err(CertfpRefused::Present));
        assert_eq!(credentials.add_certfp(certfp('5')), Err(CertfpRefused::Full));
        assert!(!credentials.remove_certfp(certfp('5').as_str()));
        assert!(credentials.remove_certfp(certfp('0').as_str()));
        assert_eq!(credentials.add_certfp(certfp('5')), Ok(()));
        assert!(!credentials.is_empty());
    }

    #[test]
    fn fingerprints_with_capitals_and_colons() {
        let written = format!("{}:0F", ["AB"; 31].join(":"));
        assert_eq!(Certfp::parse(&written).unwrap().as_str(), format!("{}0f", "ab".repeat(31)));
        for wrong in ["", "ab", &"g".repeat(64), &"a".repeat(66), &"\u{e4}".repeat(32)] {
            assert_eq!(Certfp::parse(wrong), None, "{wrong}");
        }
    }

    /// A record in Ergo's form, with the example of RFC 7677.
    #[test]
    fn ergo_records_are_read_and_written() {
        let record = concat!(
            r#"{"Version":1,"PassphraseHash":"JDJh","Certfps":null,"Salt":"W22ZaJ0SNY7soEsUEjb6gQ==","#,
            r#""Iters":4096,"#,
            r#""StoredKey":"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=","#,
            r#""ServerKey":"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="}"#
        );
        let credentials: Credentials = serde_json::from_str(record).unwrap();
        let salt = credentials.scram.as_ref().unwrap().salt.clone();
        let expected = Credentials {
            version: Version::Current,
            passphrase_hash: Some(b"$2a".to_vec()),
            scram: Some(ScramKeys::derive("pencil", salt, 4096)),
            certfps: Vec::new(),
        };
        assert_eq!(credentials, expected);
        assert_eq!(serde_json::to_string(&credentials).unwrap(), record.replace("null", "[]"));
        let none = r#"{"Version":1,"PassphraseHash":"","Certfps":[],"Salt":null,"Iters":0}"#;
        assert_eq!(serde_json::from_str::<Credentials>(none).unwrap(), Credentials::default());
    }

    #[test]
    fn invalid_records_are_rejected() {
        let six: Vec<Certfp> = "012345".chars().map(certfp).collect();
        let six = serde_json::json!({ "Version": 1, "Certfps": six }).to_string();
        for record in [
            r#"{"Version":2}"#,
            r#"{"Version":1,"PassphraseHash":"?"}"#,
            r#"{"Version":1,"Certfps":["ab"]}"#,
            r#"{"Version":1,"Iters":4096,"Salt":"AAAA","StoredKey":"AAAA","ServerKey":"AAAA"}"#,
            &six,
        ] {
            assert!(serde_json::from_str::<Credentials>(record).is_err(), "{record}");
        }
    }

    proptest! {
        #[test]
        fn stored_credentials_are_read_back(
            version in 0..4_usize,
            hash in prop::option::of(prop::collection::vec(any::<u8>(), 1..130)),
            keys in prop::option::of((any::<[u8; 16]>(), 1..u32::MAX, any::<[u8; 32]>(), any::<[u8; 32]>())),
            digits in prop::collection::btree_set("[0-9a-f]", 0..=CERTFPS_MAX),
        ) {
            let credentials = Credentials {
                version: [Version::Anope, Version::Atheme, Version::Oragono, Version::Current][version],
                passphrase_hash: hash,
                scram: keys.map(|(salt, iterations, stored_key, server_key)| ScramKeys {
                    salt: salt.to_vec(), iterations, stored_key, server_key,
                }),
                certfps: digits.iter().map(|digit| Certfp::parse(&digit.repeat(64)).unwrap()).collect(),
            };
            let record = serde_json::to_string(&credentials).unwrap();
            prop_assert_eq!(serde_json::from_str::<Credentials>(&record).unwrap(), credentials);
        }
    }
}
