//! The server's side of SCRAM-SHA-256 without channel binding: RFC 5802 and RFC 7677.
//!
//! It handles messages and keys, not chunks. Invariant: for an account that does not exist, the messages
//! look the same as for one that does, up to the proof, which is then wrong.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::auth::same;

/// Iterations for new keys: the minimum of RFC 7677, because clients do the work.
pub const SCRAM_ITERATIONS: u32 = 4096;
/// The maximum length of a client's nonce, in bytes.
pub const NONCE_BYTES_MAX: usize = 256;

/// The stored keys that proofs are checked against, RFC 5802 section 3.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramKeys {
    /// The salt; 16 bytes in keys created by this server.
    pub salt: Vec<u8>,
    /// The number of PBKDF2 iterations.
    pub iterations: u32,
    /// Checks the client's proof.
    pub stored_key: [u8; 32],
    /// Signs the server's answer.
    pub server_key: [u8; 32],
}

impl ScramKeys {
    /// Derives the keys of a passphrase, without SASLprep. Slow: for a job.
    pub fn derive(passphrase: &str, salt: Vec<u8>, iterations: u32) -> ScramKeys {
        let mut salted = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(passphrase.as_bytes(), &salt, iterations, &mut salted);
        let stored_key = Sha256::digest(mac(&salted, &[b"Client Key"])).into();
        ScramKeys { stored_key, server_key: mac(&salted, &[b"Server Key"]), salt, iterations }
    }

    /// Returns keys that match no passphrase, for an account that does not exist or has no keys. They are
    /// always the same for a name. `name` must be folded, and `secret` known to the server only.
    pub fn pretend(secret: &[u8], name: &str) -> ScramKeys {
        let derived = |label: &[u8]| mac(secret, &[label, b"\0", name.as_bytes()]);
        ScramKeys {
            salt: derived(b"scram salt")[..16].to_vec(),
            iterations: SCRAM_ITERATIONS,
            stored_key: derived(b"scram stored key"),
            server_key: derived(b"scram server key"),
        }
    }
}

impl std::fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// Returns the server's part of a nonce.
pub fn nonce(random: [u8; 18]) -> String {
    BASE64.encode(&random)
}

/// A message that violates the grammar of RFC 5802, section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The client's first message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientFirst {
    /// The GS2 header as received; `c=` of the client's last message must match it.
    header: String,
    /// The message as received, without the header.
    bare: String,
    nonce: String,
    /// The requested identity; empty means `authcid`.
    pub(super) authzid: String,
    /// The identity whose passphrase the client claims to know.
    pub(super) authcid: String,
}

impl ClientFirst {
    /// Parses `gs2-header n=<name>,r=<nonce>[,<extension>…]`.
    pub(super) fn parse(message: &str) -> Result<ClientFirst, Malformed> {
        let mut parts = message.splitn(3, ',');
        let (flag, authzid) = (parts.next().ok_or(Malformed)?, parts.next().ok_or(Malformed)?);
        let bare = parts.next().ok_or(Malformed)?;
        // `p=` requests channel binding, which is not offered.
        if flag != "n" && flag != "y" {
            return Err(Malformed);
        }
        let authzid = match authzid {
            "" => String::new(),
            named => name(named.strip_prefix("a=").ok_or(Malformed)?)?,
        };
        let mut fields = bare.split(',');
        let authcid = name(field(fields.next(), "n=")?)?;
        let nonce = field(fields.next(), "r=")?.to_owned();
        let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if nonce.is_empty() || nonce.len() > NONCE_BYTES_MAX || !printable {
            return Err(Malformed);
        }
        let header = message[..message.len() - bare.len()].to_owned();
        Ok(ClientFirst { header, bare: bare.to_owned(), nonce, authzid, authcid })
    }

    /// Returns the server's first message, and the state for checking the proof.
    pub(super) fn answer(self, keys: &ScramKeys, nonce: &str) -> (String, Proof) {
        let nonce = self.nonce + nonce;
        let message = format!("r={nonce},s={},i={}", BASE64.encode(&keys.salt), keys.iterations);
        let binding = BASE64.encode(self.header.as_bytes());
        let said = format!("{},{message}", self.bare);
        let (stored_key, server_key) = (keys.stored_key, keys.server_key);
        (message, Proof { binding, nonce, said, stored_key, server_key })
    }
}

/// The state for checking the client's last message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proof {
    binding: String,
    nonce: String,
    /// The first two messages, separated by a comma.
    said: String,
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl Proof {
    /// Checks `c=<binding>,r=<nonce>[,<extension>…],p=<proof>`. Returns the server's last message, or
    /// `None` if the proof is wrong.
    pub(super) fn check(&self, message: &str) -> Result<Option<String>, Malformed> {
        let (unproven, proof) = message.rsplit_once(",p=").ok_or(Malformed)?;
        let proof: [u8; 32] = decode(proof)?.try_into().map_err(|_| Malformed)?;
        let mut fields = unproven.split(',');
        let (binding, nonce) = (field(fields.next(), "c=")?, field(fields.next(), "r=")?);
        if binding != self.binding || nonce != self.nonce {
            return Ok(None);
        }
        let said = [self.said.as_bytes(), b",", unproven.as_bytes()];
        let mut client_key = mac(&self.stored_key, &said);
        client_key.iter_mut().zip(proof).for_each(|(byte, proof)| *byte ^= proof);
        let proven = same(&Sha256::digest(client_key), &self.stored_key);
        Ok(proven.then(|| format!("v={}", BASE64.encode(&mac(&self.server_key, &said)))))
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").field("nonce", &self.nonce).finish_non_exhaustive()
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn field<'a>(field: Option<&'a str>, key: &str) -> Result<&'a str, Malformed> {
    field.and_then(|field| field.strip_prefix(key)).ok_or(Malformed)
}

fn decode(base64: &str) -> Result<Vec<u8>, Malformed> {
    BASE64.decode(base64.as_bytes()).map_err(|_| Malformed)
}

/// Unescapes a `saslname`: `=2C` is a comma and `=3D` an equals sign; any other `=` is an error.
fn name(escaped: &str) -> Result<String, Malformed> {
    let mut pieces = escaped.split('=');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (c, rest) = match (piece.strip_prefix("2C"), piece.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(Malformed),
        };
        name.push(c);
        name.push_str(rest);
    }
    if name.is_empty() || name.contains('\0') { Err(Malformed) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const FINAL: &str = concat!(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,",
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );

    fn pencil() -> ScramKeys {
        ScramKeys::derive("pencil", BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), 4096)
    }

    /// RFC 7677 section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let first = ClientFirst::parse(FIRST).unwrap();
        assert_eq!((&first.authzid[..], &first.authcid[..]), ("", "user"));
        let (message, proof) = first.answer(&pencil(), NONCE);
        let expected = concat!(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,",
            "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        assert_eq!(message, expected);
        let expected = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(proof.check(FINAL), Ok(Some(expected.to_owned())));
    }

    #[test]
    fn a_proof_is_valid_for_one_nonce_name_and_key() {
        let checked = |first: &str, keys: &ScramKeys, nonce: &str, last: &str| {
            ClientFirst::parse(first).unwrap().answer(keys, nonce).1.check(last)
        };
        assert!(checked(FIRST, &pencil(), NONCE, FINAL).unwrap().is_some());
        assert_eq!(checked(FIRST, &pencil(), "other", FINAL), Ok(None));
        assert_eq!(checked(FIRST, &pencil(), "other", &FINAL.replace(NONCE, "other")), Ok(None));
        assert_eq!(checked(&FIRST.replace("user", "root"), &pencil(), NONCE, FINAL), Ok(None));
        assert_eq!(checked(&FIRST.replace("n,,", "y,,"), &pencil(), NONCE, FINAL), Ok(None));
        assert_eq!(checked(FIRST, &ScramKeys::pretend(b"secret", "user"), NONCE, FINAL), Ok(None));
        assert_eq!(checked(FIRST, &pencil(), NONCE, &FINAL.replace("p=dHzb", "p=dHzc")), Ok(None));
        assert_eq!(checked(FIRST, &pencil(), NONCE, &FINAL.replace("dVQ=", "")), Err(Malformed));
    }

    #[test]
    fn pretended_keys_are_stable_per_name() {
        let pretended = ScramKeys::pretend(b"secret", "unknown");
        assert_eq!(pretended, ScramKeys::pretend(b"secret", "unknown"));
        assert_eq!(pretended.salt.len(), 16);
        assert_eq!(pretended.iterations, SCRAM_ITERATIONS);
        for other in [ScramKeys::pretend(b"secret", "unknow"), ScramKeys::pretend(b"Secret", "unknown")] {
            assert_ne!(pretended.salt, other.salt);
            assert_ne!(pretended.stored_key, other.stored_key);
        }
        // The salt, which the client sees, must not reveal the keys.
        assert_ne!(pretended.stored_key[..16], pretended.salt);
        assert_ne!(pretended.stored_key, pretended.server_key);
    }

    #[test]
    fn names_are_escaped() {
        let parsed = ClientFirst::parse("y,a=a=2Cb=3D2C,n=a=2Cb=3D2C,r=x,ext=1").unwrap();
        assert_eq!((&parsed.authzid[..], &parsed.authcid[..]), ("a,b=2C", "a,b=2C"));
        assert_eq!(parsed.header, "y,a=a=2Cb=3D2C,");
        for wrong in [
            "",
            "n,,",
            "n,,n=user",
            "n,,r=x,n=user",
            "n,,n=,r=x",
            "n,,n=user,r=",
            "n,,n=us=er,r=x",
            "n,,n=us=2cer,r=x",
            "n,,n=us\0er,r=x",
            "n,,n=user,r=a b",
            "n,,m=must,n=user,r=x",
            "n,user,n=user,r=x",
            "p=tls-unique,,n=user,r=x",
            "x,,n=user,r=x",
            &format!("n,,n=user,r={}", "x".repeat(NONCE_BYTES_MAX + 1)),
        ] {
            assert_eq!(ClientFirst::parse(wrong), Err(Malformed), "{wrong}");
        }
    }

    #[test]
    fn a_nonce_is_printable_and_has_no_comma() {
        let nonce = nonce([0xff; 18]);
        assert_eq!(nonce.len(), 24);
        assert!(nonce.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
    }

    proptest! {
        #[test]
        fn no_message_panics_or_passes(
            first in "([ny],(a=x)?,)?(n=.{0,9},)?(r=[ -~]{0,9})?.{0,9}",
            last in ".{0,20}(,p=[A-Za-z=]{0,44})?",
        ) {
            let keys = ScramKeys::pretend(b"secret", "x");
            if let Ok(first) = ClientFirst::parse(&first) {
                let (_, proof) = first.answer(&keys, "nonce");
                prop_assert!(!matches!(proof.check(&last), Ok(Some(_))));
            }
        }
    }
}
