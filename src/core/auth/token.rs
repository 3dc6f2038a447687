//! Codes that are sent by email to verify an address or reset a passphrase.
//!
//! Invariant: a code matches only until it expires.

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use serde::{Deserialize, Serialize};

use super::same;

/// A code and its expiry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    text: String,
    expires_ms: u64,
}

impl Code {
    /// Creates a code of 26 letters and digits from random bytes. It expires at `expires_ms` on the wall
    /// clock.
    pub fn new(random: [u8; 16], expires_ms: u64) -> Code {
        Code { text: BASE32_NOPAD.encode(&random).to_ascii_lowercase(), expires_ms }
    }

    /// Restores a code from the result of [`Code::as_str`].
    pub fn read(text: &str, expires_ms: u64) -> Code {
        Code { text: text.to_owned(), expires_ms }
    }

    /// Returns the code as sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns when it expires, in milliseconds of the wall clock.
    pub fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    /// Returns whether `supplied` is this code and has not expired. Case does not matter, because phones
    /// capitalize what people type.
    pub fn matches(&self, supplied: &str, now_ms: u64) -> bool {
        let decoded = |text: &str| BASE32_NOPAD_NOCASE.decode(text.as_bytes()).ok();
        match (decoded(&self.text), decoded(supplied)) {
            (Some(code), Some(supplied)) => {
                now_ms < self.expires_ms && !code.is_empty() && same(&code, &supplied)
            }
            _ => false,
        }
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("expires_ms", &self.expires_ms).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_matches_until_it_expires() {
        let code = Code::new(*b"sixteen bytes  .", 1000);
        assert_eq!(code.as_str(), "onuxq5dfmvxcaytzorsxgibafy");
        assert!(code.matches("onuxq5dfmvxcaytzorsxgibafy", 999));
        assert!(code.matches("ONUXQ5DFMVXCAYTZORSXGIBAFY", 0));
        assert!(!code.matches("onuxq5dfmvxcaytzorsxgibafy", 1000));
        assert!(!code.matches("onuxq5dfmvxcaytzorsxgibafa", 0));
        assert!(!code.matches("", 0));
        assert!(!code.matches("onuxq5dfmvxcaytzorsxgibaf", 0));
    }

    #[test]
    fn an_empty_stored_code_matches_nothing() {
        let code: Code = serde_json::from_str(r#"{"text":"","expires_ms":5}"#).unwrap();
        assert!(!code.matches("", 0));
        assert!(!code.matches("aa", 0));
    }

    proptest! {
        #[test]
        fn a_code_matches_only_itself(random: [u8; 16], other: [u8; 16], typed in ".{0,40}") {
            let code = Code::new(random, 1);
            prop_assert!(code.matches(code.as_str(), 0));
            prop_assert_eq!(code.matches(Code::new(other, 1).as_str(), 0), random == other);
            code.matches(&typed, 0);
        }

        #[test]
        fn a_stored_code_is_read_back(random: [u8; 16], expires_ms: u64) {
            let code = Code::new(random, expires_ms);
            let stored = serde_json::to_string(&code).unwrap();
            prop_assert_eq!(serde_json::from_str::<Code>(&stored).unwrap(), code);
        }
    }
}
