//! Passphrases of accounts and passwords of the configuration: what they may be, hashes, comparison.
//!
//! Not the hashes of other software, which are in `legacy`. Invariant: a hash that is none, or whose
//! parameters are out of bounds, matches nothing.

use bcrypt::HashParts;
use data_encoding::BASE64;
use sha3::{Digest, Sha3_512};

use super::same;

/// The longest passphrase of an account, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 300;
/// The cheapest hash of bcrypt.
pub const COST_MIN: u32 = 4;
/// The most expensive one; each step doubles the work.
pub const COST_MAX: u32 = 31;

/// Why a passphrase cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassphrase {
    /// It is empty.
    Empty,
    /// It has more than [`PASSPHRASE_BYTES_MAX`].
    TooLong,
    /// It holds a blank or a control character, or begins with `:`, or is `*`: not every command
    /// could carry it.
    Unsendable,
}

/// The cost of a hash is not within [`COST_MIN`] and [`COST_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCost(pub u32);

impl std::fmt::Display for BadCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cost {} is not within {COST_MIN} and {COST_MAX}", self.0)
    }
}

impl std::error::Error for BadCost {}

/// Whether someone may choose this passphrase.
///
/// # Errors
/// Why not.
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

/// The hash of an account's passphrase: bcrypt of its SHA3-512, so that all of a long one counts.
/// Slow: for a job.
///
/// # Errors
/// When the cost is none of bcrypt's.
pub fn hash_passphrase(passphrase: &str, cost: u32, salt: [u8; 16]) -> Result<String, BadCost> {
    let digest = Sha3_512::digest(passphrase);
    let hash = bcrypt::hash_with_salt(digest, cost, salt).map_err(|_| BadCost(cost))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

/// Whether this is the passphrase that [`hash_passphrase`] was given. Slow: for a job.
pub fn verify_passphrase(hash: &str, passphrase: &str) -> bool {
    passphrase.len() <= PASSPHRASE_BYTES_MAX && verify_bcrypt(hash, &Sha3_512::digest(passphrase))
}

/// Whether this is the password of the server, an operator or a gateway: bcrypt as it is, or in
/// base64 once more as older configurations have it. Slow: for a job.
pub fn verify_password(hash: &str, password: &str) -> bool {
    let unwrapped = BASE64.decode(hash.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let hash = unwrapped.as_deref().filter(|inner| inner.starts_with('$')).unwrap_or(hash);
    verify_bcrypt(hash, password.as_bytes())
}

/// What is beyond 72 bytes does not count.
pub(super) fn verify_bcrypt(hash: &str, password: &[u8]) -> bool {
    let Some(parts) = hash.parse::<HashParts>().ok() else { return false };
    let Ok(found) = bcrypt::hash_with_salt(password, parts.get_cost(), parts.get_salt_raw()) else {
        return false;
    };
    // Cost and salt are the same: what differs, if anything, is the digest.
    same(found.to_string().as_bytes(), parts.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_chosen() {
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

    /// A hash that Ergo publishes as an example.
    #[test]
    fn hashes_of_ergo_are_ours() {
        let hash = "$2a$12$sJokyLJ5px3Nb51DEDhsQ.wh8nfwEYuMbVYrpqO5v9Ylyj0YyVWj.";
        assert!(verify_passphrase(hash, "this is my passphrase"));
        assert!(!verify_passphrase(hash, "this is not my passphrase"));
    }

    #[test]
    fn all_of_a_passphrase_counts() {
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
        fn a_hash_is_of_one_passphrase(a in "[a-c]{1,2}", b in "[a-c]{1,2}", salt: [u8; 16]) {
            let hash = hash_passphrase(&a, COST_MIN, salt).unwrap();
            prop_assert_eq!(verify_passphrase(&hash, &b), a == b);
        }

        #[test]
        fn no_hash_is_too_strange(hash in "(\\$2a\\$0[0-4]\\$)?.{0,60}", passphrase in ".{0,10}") {
            prop_assert!(!verify_passphrase(&hash, &passphrase));
            prop_assert!(!verify_password(&hash, &passphrase));
        }
    }
}
