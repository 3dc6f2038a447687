//! Codes that make sure someone means what they ask for: the first try shows the code, the second has it.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// Bytes of the hash that are shown: a guard against slips, not against guessing.
const BYTES: usize = 3;

/// The code for something that came to be at a time (milliseconds since 1970) and has a name, in lower
/// case. An object created again under the same name has another.
pub fn confirmation_code(name: &str, at_ms: u64) -> String {
    let hash = Sha256::new().chain_update(at_ms.to_be_bytes()).chain_update(name).finalize();
    BASE32_NOPAD.encode(&hash[..BYTES]).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_a_name_and_a_time() {
        let code = confirmation_code("#a", 1);
        assert_eq!(code.len(), 5);
        assert_eq!(code, confirmation_code("#a", 1));
        assert_ne!(code, confirmation_code("#b", 1));
        assert_ne!(code, confirmation_code("#a", 2));
    }
}
