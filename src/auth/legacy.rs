//! Hashes that other software made, so that imported accounts can log in once and get one of ours.
//!
//! Nothing is stored in these forms. Invariant: a hash that is malformed, or would take more than
//! [`ROUNDS_MAX`] rounds, matches nothing.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use sha_crypt::{PasswordVerifier, ShaCrypt};
use sha1::Sha1;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256, Sha512};

use super::md5_crypt::md5_crypt;
use super::passphrase::{PASSPHRASE_BYTES_MAX, verify_bcrypt};
use super::same;

/// The most rounds of PBKDF2 or crypt(3) that are worth a server's time: some seconds.
const ROUNDS_MAX: u32 = 10_000_000;

/// 30 bytes of the server's salt, 30 of the passphrase's, then bcrypt of both and the passphrase,
/// of which bcrypt sees no more than 10 bytes.
pub(super) fn verify_oragono(hash: &[u8], passphrase: &str) -> bool {
    let Some((salts, hash)) = hash.split_at_checked(60) else { return false };
    let salted = [&salts[..30], b"-", &salts[30..], b"-", passphrase.as_bytes()].concat();
    std::str::from_utf8(hash).is_ok_and(|hash| verify_bcrypt(hash, &salted))
}

/// Atheme's crypto modules: raw SHA-1, PBKDF2 in both versions, bcrypt, crypt(3).
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

/// Anope's encryption modules: `method:hash`, and for SHA-256 `:iv`.
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

/// All of these hashes are ASCII, and none is of a passphrase too long for any of that software.
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

/// `$5$[rounds=<n>$]<salt>$<digest>` and `$6$…`.
fn verify_sha_crypt(hash: &str, passphrase: &[u8]) -> bool {
    let rounds = hash[3..].strip_prefix("rounds=").and_then(|rest| rest.split('$').next());
    let affordable = rounds.is_none_or(|rounds| rounds.parse().is_ok_and(|rounds: u32| rounds <= ROUNDS_MAX));
    affordable && ShaCrypt::default().verify_password(passphrase, hash).is_ok()
}

/// A salt of 16 characters, then the digest in hexadecimal.
fn verify_pbkdf2(hash: &str, passphrase: &[u8]) -> bool {
    if hash.len() != 144 {
        return false;
    }
    let (salt, digest) = hash.split_at(16);
    let mut found = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, salt.as_bytes(), 128_000, &mut found);
    verify_hex(digest, &found)
}

/// `<algorithm>$<iterations>$<salt>$<digest>`, or `…$<server key>$<stored key>` as in SCRAM. The
/// algorithm's last digit is the hash; 20 is added for a salt in base64, 40 for SCRAM.
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

/// SHA-256 with another initial value, which is how Anope salts.
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
