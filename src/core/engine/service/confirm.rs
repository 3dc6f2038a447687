//! Confirmation codes: the first request shows a code, and the second, which includes it, takes effect.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// Bytes of the hash in a code, which guards against mistakes, not against guessing.
const BYTES: usize = 3;

/// Returns the code, in lower case, for an object with this name and creation time (milliseconds since 1970).
/// An object created later under the same name has a different code.
pub fn confirmation_code(name: &str, at_ms: u64) -> String {
    let hash = Sha256::new().chain_update(at_ms.to_be_bytes()).chain_update(name).finalize();
    BASE32_NOPAD.encode(&hash[..BYTES]).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_depends_on_name_and_time() {
        let code = confirmation_code("#a", 1);
        assert_eq!(code.len(), 5);
        assert_eq!(code, confirmation_code("#a", 1));
        assert_ne!(code, confirmation_code("#b", 1));
        assert_ne!(code, confirmation_code("#a", 2));
    }
}
