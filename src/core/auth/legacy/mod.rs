//! Password hashes of other software. An imported account can log in with one, and then gets a current
//! hash.
//!
//! Invariant: no new hash has one of these forms, and a hash that is malformed or requires more than
//! [`ROUNDS_MAX`] rounds matches nothing.

mod md5_crypt;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use sha_crypt::{PasswordVerifier, ShaCrypt};
use sha1::Sha1;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256, Sha512};

use super::credentials::Version;
use super::passphrase::{PASSPHRASE_BYTES_MAX, verify_bcrypt};
use super::same;
use md5_crypt::md5_crypt;

/// The maximum number of rounds of PBKDF2 or crypt(3) that the server spends: a few seconds.
const ROUNDS_MAX: u32 = 10_000_000;

/// Verifies a hash of Oragono: a salt of the server (30 bytes), a salt of the passphrase (30 bytes),
/// then bcrypt of both and the passphrase, of which bcrypt uses only the first 10 bytes.
pub(super) fn verify_oragono(hash: &[u8], passphrase: &str) -> bool {
    let Some((salts, hash)) = hash.split_at_checked(60) else { return false };
    let salted = [&salts[..30], b"-", &salts[30..], b"-", passphrase.as_bytes()].concat();
    std::str::from_utf8(hash).is_ok_and(|hash| verify_bcrypt(hash, &salted))
}

/// Verifies a hash of Atheme's crypto modules: raw SHA-1, PBKDF2 in both versions, bcrypt, crypt(3).
pub(super) fn verify_atheme(hash: &[u8], passphrase: &str) -> bool {
    let Some((hash, passphrase)) = text(hash, passphrase) else { return false };
    if let Some(digest) = hash.strip_prefix("$rawsha1$") {
        verify_hex(digest, &Sha1::digest(passphrase))
    } else if let Some(fields) = hash.strip_prefix("$z$") {
        verify_pbkdf2v2(fields, passphrase).unwrap_or(false)
    } else if let Some(fields) = hash.strip_prefix("$1$") {
        fields.split_once('$').is_some_and(|(salt, digest)| {
            same(md5_crypt(passphrase, salt.as_bytes()).as_bytes(), digest.as_bytes())
        })
    } else if hash.starts_with("$5$") || hash.starts_with("$6$") {
        verify_sha_crypt(hash, passphrase)
    } else if hash.starts_with("$2") {
        verify_bcrypt(hash, passphrase)
    } else {
        verify_pbkdf2(hash, passphrase)
    }
}

/// Verifies a hash of Anope's encryption modules: `method:hash`, for SHA-256 followed by `:iv`.
pub(super) fn verify_anope(hash: &[u8], passphrase: &str) -> bool {
    let Some((hash, passphrase)) = text(hash, passphrase) else { return false };
    let Some((method, hash)) = hash.split_once(':') else { return false };
    match method {
        "plain" => BASE64.decode(hash.as_bytes()).is_ok_and(|plain| same(&plain, passphrase)),
        "md5" => verify_hex(hash, &Md5::digest(passphrase)),
        "sha1" => verify_hex(hash, &Sha1::digest(passphrase)),
        "bcrypt" => verify_bcrypt(hash, passphrase),
        "sha256" => hash
            .split_once(':')
            .and_then(|(digest, iv)| Some((digest, <[u8; 32]>::try_from(unhex(iv)?).ok()?)))
            .is_some_and(|(digest, iv)| verify_hex(digest, &sha256_from(iv, passphrase))),
        _ => false,
    }
}

/// Returns whether a hash of Atheme or Anope has a supported form.
pub fn is_known_hash(version: Version, hash: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| hash.starts_with(prefix));
    match version {
        Version::Atheme => starts(&["$rawsha1$", "$z$", "$1$", "$5$", "$6$", "$2"]) || hash.len() == 144,
        Version::Anope => starts(&["plain:", "md5:", "sha1:", "bcrypt:", "sha256:"]),
        Version::Oragono | Version::Current => false,
    }
}

/// Rejects hashes that are not ASCII and passphrases longer than any of that software allows.
fn text<'a>(hash: &'a [u8], passphrase: &'a str) -> Option<(&'a str, &'a [u8])> {
    let hash = std::str::from_utf8(hash).ok().filter(|hash| hash.is_ascii())?;
    (passphrase.len() <= PASSPHRASE_BYTES_MAX).then_some((hash, passphrase.as_bytes()))
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()
}

fn verify_hex(hex: &str, digest: &[u8]) -> bool {
    unhex(hex).is_some_and(|expected| same(&expected, digest))
}

/// Verifies `$5$[rounds=<n>$]<salt>$<digest>` and `$6$…`.
fn verify_sha_crypt(hash: &str, passphrase: &[u8]) -> bool {
    let rounds = hash[3..].strip_prefix("rounds=").and_then(|rest| rest.split('$').next());
    let affordable = rounds.is_none_or(|rounds| rounds.parse().is_ok_and(|rounds: u32| rounds <= ROUNDS_MAX));
    affordable && ShaCrypt::default().verify_password(passphrase, hash).is_ok()
}

/// Verifies a salt of 16 characters followed by the digest in hexadecimal.
fn verify_pbkdf2(hash: &str, passphrase: &[u8]) -> bool {
    if hash.len() != 144 {
        return false;
    }
    let (salt, digest) = hash.split_at(16);
    let mut found = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, salt.as_bytes(), 128_000, &mut found);
    verify_hex(digest, &found)
}

/// Verifies `<algorithm>$<iterations>$<salt>$<digest>`, or `…$<server key>$<stored key>` for SCRAM. The
/// last digit of the algorithm is the hash function; 20 is added for a salt in base64, 40 for SCRAM.
fn verify_pbkdf2v2(fields: &str, passphrase: &[u8]) -> Option<bool> {
    let fields: Vec<&str> = fields.split('$').collect();
    let (algorithm, scram) = match (fields[0].parse::<u8>().ok()?, fields.len()) {
        (algorithm @ (3..=6 | 23..=26), 4) => (algorithm, false),
        (algorithm @ (43..=46 | 63..=66), 5) => (algorithm, true),
        _ => return None,
    };
    let rounds = fields[1].parse().ok().filter(|rounds| (1..=ROUNDS_MAX).contains(rounds))?;
    let salt = match algorithm / 20 % 2 {
        0 => fields[2].as_bytes().to_vec(),
        _ => BASE64.decode(fields[2].as_bytes()).ok()?,
    };
    let expected = BASE64.decode(fields[3].as_bytes()).ok()?;
    let check = match algorithm % 10 {
        3 => pbkdf2v2_digest::<Md5>,
        4 => pbkdf2v2_digest::<Sha1>,
        5 => pbkdf2v2_digest::<Sha256>,
        _ => pbkdf2v2_digest::<Sha512>,
    };
    Some(same(&check(passphrase, &salt, rounds, scram), &expected))
}

fn pbkdf2v2_digest<D>(passphrase: &[u8], salt: &[u8], rounds: u32, scram: bool) -> Vec<u8>
where
    D: EagerHash<Core: Sync> + Digest,
{
    let mut salted = vec![0; <D as Digest>::output_size()];
    pbkdf2::pbkdf2_hmac::<D>(passphrase, salt, rounds, &mut salted);
    if !scram {
        return salted;
    }
    let mut mac = Hmac::<D>::new_from_slice(&salted).expect("HMAC takes a key of any length");
    mac.update(b"Server Key");
    mac.finalize().into_bytes().to_vec()
}

/// Computes SHA-256 with a different initial value, which is Anope's salt.
fn sha256_from(iv: [u8; 32], data: &[u8]) -> [u8; 32] {
    let mut state = [0_u32; 8];
    for (word, bytes) in state.iter_mut().zip(iv.chunks_exact(4)) {
        *word = u32::from_be_bytes(bytes.try_into().expect("chunks of four"));
    }
    let mut padded = data.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((data.len() as u64 * 8).to_be_bytes());
    let blocks: Vec<[u8; 64]> =
        padded.chunks_exact(64).map(|block| block.try_into().expect("chunks of 64")).collect();
    compress256(&mut state, &blocks);
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(verify: fn(&[u8], &str) -> bool, cases: &[(&str, &str)]) {
        for (hash, passphrase) in cases {
            assert!(verify(hash.as_bytes(), passphrase), "{hash}");
            assert!(!verify(hash.as_bytes(), &format!("{passphrase}x")), "{hash}");
            assert!(!verify(hash.as_bytes(), ""), "{hash}");
        }
    }

    /// Examples published by Ergo.
    #[test]
    fn hashes_of_atheme() {
        let cases = [
            ("$1$hcspif$nCm4r3S14Me9ifsOPGuJT.", "shivarampassphrase"),
            ("$1$diwesm$9MjapdOyhyC.2FdHzKMzK.", "1Ss1GN4q-3e8SgIJblfQxw"),
            ("$rawsha1$49fffa5543f21dd6effe88a79633e4073e36a828", "shivarampassphrase"),
            (
                concat!(
                    "khMlbBBIFya2ihyN42abc3e768663e2c4fd0e0020e46292bf9fdf44e9a51d2a2e69509cb73b4b1bf9c1b",
                    "6355a1fc9ea663fcd6da902287159494f15b905e5e651d6a60f2ec834598"
                ),
                "password",
            ),
            (
                concat!(
                    "$z$65$64000$1kz1I9YJPJ2gkJALbrpL2DoxRDhYPBOg60KNJMK/6do=$",
                    "Cnfg6pYhBNrVXiaXYH46byrC+3HKet/XvYwvI1BvZbs=$",
                    "m0hrT33gcF90n2TU3lm8tdm9V9XC4xEV13KsjuT38iY="
                ),
                "password",
            ),
            (
                concat!(
                    "$z$6$64000$rWfIGzPY9qiIt7m5$VdFroDOlTQSLlFUJtpvlbp2i7sH3ZUndqwdnOvoDvt6b2AzLjaAK/lhSO/",
                    "QaR2nA3Wm4ObHdl3WMW32NdtSMdw=="
                ),
                "pHQpwje5CjS3_Lx0RaeS7w",
            ),
            ("$2a$10$UyNgHyniPukGf/3A6vzBx.VMNfej0h4WzATg4ahKW2H86a0QLcVIK", "shivarampassphrase"),
        ];
        check(verify_atheme, &cases);
    }

    /// Hashes created by the C library.
    #[test]
    fn hashes_of_crypt() {
        let cases = [
            ("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"),
            ("$5$rounds=1500$saltstringsaltst$c4R4PwZiTypAnYW6hVaYNacpJ.Qa37n.22S3NasI3HD", "Hello world!"),
            (
                concat!(
                    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEd",
                    "FCoEOfaS35inz1"
                ),
                "Hello world!",
            ),
            (
                concat!(
                    "$6$rounds=1000$x$98srrfQplUAcQueRX/lMsaa/bvBpOn6BjsBz0pz6DTYUKwtkuofnBt5jZYtlJNDHUvzY/Z",
                    "ZskMI9j.zyaTYgO0"
                ),
                "p\u{e4}ss",
            ),
        ];
        check(verify_atheme, &cases);
    }

    /// Hashes created by Python's hashlib, one for each algorithm number.
    #[test]
    fn algorithms_of_pbkdf2v2() {
        let cases = [
            "$z$3$100$literalsalt$bPRqFqHGG7fC46p6btINaw==",
            "$z$23$100$AAH/IHNhbHQ=$CvAU93jxQ1aNP/DziQeyjg==",
            "$z$43$100$literalsalt$BxLhyZqEqjIDi7v9Cz8Utg==$vgafILK5q61oerVQnCOg0g==",
            "$z$63$100$AAH/IHNhbHQ=$rRjWAeUoQUqCW83wnsPObA==$3rc1QVLqpOpwp8jYduCLJQ==",
            "$z$4$100$literalsalt$XhCfnnMabfEunSshRmhSNdG9DCI=",
            "$z$24$100$AAH/IHNhbHQ=$MX7yrfa4wck/zuS+fJ0mdNSRn2o=",
            "$z$44$100$literalsalt$fhfCTHNpHMH7Pqxn1b3v1Koo0Zo=$hOoGZySAoqnw1N9dTWcIGcSL6L4=",
            "$z$64$100$AAH/IHNhbHQ=$mymRkk6s8I/7ocaBh8rC5E9VnSs=$TCCBmuEzjcr7s9+3bp4SuEJVMNs=",
            "$z$5$100$literalsalt$U05anZ+EM47qrxY+z2kO5zb3aFWA/XTp7/ijDaixnYU=",
            "$z$25$100$AAH/IHNhbHQ=$Fs5EHJeI1D+naWFMYbOwvWQxO/KGip3K5NdnRuTAHZw=",
            concat!(
                "$z$45$100$literalsalt$DoTMZcmcsdi0p6nDUs+WVA68AJwe1bkh6YOIR0QJVxY=$",
                "4/PoE7fqOZ4MgTpATuY+YpUPj1dKyPUzWEQ2hun1Rxk="
            ),
            concat!(
                "$z$46$100$literalsalt$FJ6GhKKgmSHOdsysfrtBsqRXKrZe/PuBWRVsDgIPaWaIZ2SuP+Jx88GmQO/joq7KtxJG",
                "kKrUNHGAm+mO+XCmtQ==$saUtBnv1tdeWs7ZMXN01VKUC2fkVxc27XS/+KLxQ3nEgQTRx8XhzktyrLqO9zsz6mTjK",
                "5ZyzuZXcNZibus+S3g=="
            ),
            concat!(
                "$z$26$100$AAH/IHNhbHQ=$CXQEI5sWz/DDvQqBHjaY+D9sqCCvqvg4YEaWl9+BLqqZBmdNfvFomXfzUocDhWiP1eC",
                "arJfg07SQ0H9axg1raQ=="
            ),
        ];
        check(verify_atheme, &cases.map(|hash| (hash, "sesame")));
    }

    #[test]
    fn hashes_of_anope() {
        let cases = [
            ("sha1:49fffa5543f21dd6effe88a79633e4073e36a828", "shivarampassphrase"),
            ("sha1:ea44e256819de972c25fef0aa277396067d6024f", "edpassphrase"),
            ("md5:ce4bd864f37ffaa1b871aef22eea82ff", "shivarampassphrase"),
            ("md5:dbf8be80e8dccdd33915b482e4390426", "edpassphrase"),
            ("plain:YVxzMC1fMmZ+ZjM0OEAhN2FzZGYxNDJAIyFhZmE=", "a\\s0-_2f~f348@!7asdf142@#!afa"),
            ("bcrypt:$2a$10$UyNgHyniPukGf/3A6vzBx.VMNfej0h4WzATg4ahKW2H86a0QLcVIK", "shivarampassphrase"),
            (
                concat!(
                    "sha256:ff337943c8c4219cd330a3075a699492e0f8b1a823bb76af0129f1f117ba0630:",
                    "60250c3053f7b34e35576fc5063b8b396fe7b9ab416842117991a8e027aa72f6"
                ),
                "shivarampassphrase",
            ),
            (
                concat!(
                    "sha256:06d11a06025354e37a7ddf48913a1c9831ffab47d04e4c22a89fd7835abcb6cc:",
                    "3137788c2749da0419bc9df320991d2d72495c7065da4f39004fd21710601409"
                ),
                "1Ss1GN4q-3e8SgIJblfQxw",
            ),
        ];
        check(verify_anope, &cases);
    }

    #[test]
    fn hashes_of_oragono() {
        let hash = concat!(
            "ZPLKvCGipalUo9AlDIlMzAuY/ACWvM3yr1kh7k0/wa7lLlCwaPpe2ht9LNZZlZ9FPUWggUi7D4jyg2WnJDJhJDE0",
            "JDRsN0gwVmYvNHlyNjR1U212U2Q0YU9EVmRvWngwcXNGLkkyYVc4eUZISGxYaGE4SWVrRzRt"
        );
        let hash = BASE64.decode(hash.as_bytes()).unwrap();
        assert!(verify_oragono(&hash, "shivarampassphrase"));
        assert!(!verify_oragono(&hash, "edpassphrase"));
        assert!(!verify_oragono(&hash[..119], "shivarampassphrase"));
    }

    #[test]
    fn a_hash_with_too_many_rounds_matches_nothing() {
        for hash in [
            "$5$rounds=999999999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
            "$z$5$4294967295$literalsalt$U05anZ+EM47qrxY+z2kO5zb3aFWA/XTp7/ijDaixnYU=",
            "$z$5$0$literalsalt$U05anZ+EM47qrxY+z2kO5zb3aFWA/XTp7/ijDaixnYU=",
        ] {
            assert!(!verify_atheme(hash.as_bytes(), "Hello world!"), "{hash}");
        }
        assert!(!verify_anope(b"plain:", &"x".repeat(PASSPHRASE_BYTES_MAX + 1)));
    }

    proptest! {
        #[test]
        fn the_standard_initial_value_gives_sha_256(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let iv = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19";
            let iv = unhex(iv).unwrap().try_into().unwrap();
            prop_assert_eq!(&sha256_from(iv, &data)[..], &Sha256::digest(&data)[..]);
        }

        #[test]
        fn verifying_any_hash_does_not_panic(
            prefix in prop::sample::select(
                vec!["", "$z$", "$z$5$1$", "$1$", "$5$", "$6$rounds=", "$2a$04$", "md5:", "sha256:"],
            ),
            rest in ".{0,40}",
            bytes in prop::collection::vec(any::<u8>(), 0..130),
            passphrase in ".{0,20}",
        ) {
            let hash = format!("{prefix}{rest}");
            verify_atheme(hash.as_bytes(), &passphrase);
            verify_anope(hash.as_bytes(), &passphrase);
            prop_assert!(!verify_oragono(&bytes, &passphrase));
        }
    }
}
