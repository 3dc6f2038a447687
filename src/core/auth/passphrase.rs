//! Checks, hashes and compares the passphrases of accounts and the passwords in the configuration.
//!
//! The hashes of other software are in `legacy`. Invariant: a hash that is malformed or has parameters
//! out of bounds matches nothing.

use bcrypt::HashParts;
use data_encoding::BASE64;
use sha3::{Digest, Sha3_512};

use super::same;

/// The maximum length of an account's passphrase, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 300;
/// The lowest bcrypt cost.
pub const COST_MIN: u32 = 4;
/// The highest bcrypt cost; each step doubles the work.
pub const COST_MAX: u32 = 31;

/// Why a passphrase is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassphrase {
    /// It is empty.
    Empty,
    /// It is longer than [`PASSPHRASE_BYTES_MAX`].
    TooLong,
    /// It contains a space or a control character, begins with `:`, or is `*`, so some commands could
    /// not contain it.
    Unsendable,
}

/// A bcrypt cost that is not between [`COST_MIN`] and [`COST_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCost(pub u32);

impl std::fmt::Display for BadCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cost {} is not between {COST_MIN} and {COST_MAX}", self.0)
    }
}

impl std::error::Error for BadCost {}

/// Checks whether a passphrase is allowed for an account.
///
/// # Errors
/// The reason if it is not.
pub fn check_passphrase(passphrase: &str) -> Result<(), BadPassphrase> {
    if passphrase.is_empty() {
        return Err(BadPassphrase::Empty);
    }
    if passphrase.len() > PASSPHRASE_BYTES_MAX {
        return Err(BadPassphrase::TooLong);
    }
    let sendable = passphrase != "*"
        && !passphrase.starts_with(':')
        && !passphrase.chars().any(|c| c.is_whitespace() || c.is_control());
    if sendable { Ok(()) } else { Err(BadPassphrase::Unsendable) }
}

/// Returns the hash of an account's passphrase: bcrypt of its SHA3-512, so that every byte of a long
/// one counts. Slow: for a job.
///
/// # Errors
/// An invalid bcrypt cost.
pub fn hash_passphrase(passphrase: &str, cost: u32, salt: [u8; 16]) -> Result<String, BadCost> {
    let digest = Sha3_512::digest(passphrase);
    let hash = bcrypt::hash_with_salt(digest, cost, salt).map_err(|_| BadCost(cost))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

/// Returns whether a hash by [`hash_passphrase`] is that of this passphrase. Slow: for a job.
pub fn verify_passphrase(hash: &str, passphrase: &str) -> bool {
    passphrase.len() <= PASSPHRASE_BYTES_MAX && verify_bcrypt(hash, &Sha3_512::digest(passphrase))
}

/// Returns whether a hash is that of this password of the server, an operator or a gateway. The hash is
/// bcrypt, encoded in base64 once more in older configurations. Slow: for a job.
pub fn verify_password(hash: &str, password: &str) -> bool {
    let unwrapped = BASE64.decode(hash.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let hash = unwrapped.as_deref().filter(|inner| inner.starts_with('$')).unwrap_or(hash);
    verify_bcrypt(hash, password.as_bytes())
}

/// Verifies a bcrypt hash. Only the first 72 bytes of the password count.
pub(super) fn verify_bcrypt(hash: &str, password: &[u8]) -> bool {
    let Some(parts) = hash.parse::<HashParts>().ok() else { return false };
    let Ok(found) = bcrypt::hash_with_salt(password, parts.get_cost(), parts.get_salt_raw()) else {
        return false;
    };
    // Cost and salt are equal, so only the digest can differ.
    same(found.to_string().as_bytes(), parts.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn allowed_and_forbidden_passphrases() {
        let long = "x".repeat(PASSPHRASE_BYTES_MAX);
        for good in ["x", "p\u{e4}ss", "a:b", "**", &long] {
            assert_eq!(check_passphrase(good), Ok(()), "{good}");
        }
        assert_eq!(check_passphrase(""), Err(BadPassphrase::Empty));
        assert_eq!(check_passphrase(&(long + "x")), Err(BadPassphrase::TooLong));
        for bad in ["*", ":x", "a b", "a\tb", "a\u{a0}b", "a\u{1}", "\u{7f}"] {
            assert_eq!(check_passphrase(bad), Err(BadPassphrase::Unsendable), "{bad:?}");
        }
    }

    /// An example published by Ergo.
    #[test]
    fn a_hash_of_ergo_is_verified() {
        let hash = "$2a$12$sJokyLJ5px3Nb51DEDhsQ.wh8nfwEYuMbVYrpqO5v9Ylyj0YyVWj.";
        assert!(verify_passphrase(hash, "this is my passphrase"));
        assert!(!verify_passphrase(hash, "this is not my passphrase"));
    }

    #[test]
    fn every_byte_of_a_passphrase_counts() {
        let mut passphrase = "a".repeat(PASSPHRASE_BYTES_MAX);
        let hash = hash_passphrase(&passphrase, COST_MIN, [7; 16]).unwrap();
        assert!(hash.starts_with("$2a$04$") && hash.len() == 60, "{hash}");
        assert!(verify_passphrase(&hash, &passphrase));
        passphrase.replace_range(299.., "b");
        assert!(!verify_passphrase(&hash, &passphrase));
        assert_eq!(hash_passphrase("x", 3, [0; 16]), Err(BadCost(3)));
        assert_eq!(hash_passphrase("x", 32, [0; 16]), Err(BadCost(32)));
    }

    #[test]
    fn passwords_of_the_configuration() {
        let hash = bcrypt::hash_with_salt("sesame", 4, [1; 16]).unwrap();
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
            let hash = hash.format_for_version(version);
            let wrapped = BASE64.encode(hash.as_bytes());
            assert_eq!(wrapped.len(), 80);
            for hash in [&hash, &wrapped] {
                assert!(verify_password(hash, "sesame"), "{hash}");
                assert!(!verify_password(hash, "Sesame"), "{hash}");
            }
        }
        assert!(!verify_password("?", ""));
        assert!(!verify_password("", ""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_hash_matches_only_its_passphrase(a in "[a-c]{1,2}", b in "[a-c]{1,2}", salt: [u8; 16]) {
            let hash = hash_passphrase(&a, COST_MIN, salt).unwrap();
            prop_assert_eq!(verify_passphrase(&hash, &b), a == b);
        }

        #[test]
        fn verifying_any_hash_does_not_panic(hash in "(\\$2a\\$0[0-4]\\$)?.{0,60}", passphrase in ".{0,10}") {
            prop_assert!(!verify_passphrase(&hash, &passphrase));
            prop_assert!(!verify_password(&hash, &passphrase));
        }
    }
}
