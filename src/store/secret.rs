//! Random secrets.

use data_encoding::BASE64URL_NOPAD;

use super::StoreError;

/// Returns 256 random bits as 43 characters of base64url without padding, for API tokens, cloaks and JWT
/// keys.
pub fn random_secret() -> Result<String, StoreError> {
    Ok(BASE64URL_NOPAD.encode(&entropy()?))
}

/// Returns 256 random bits from the operating system.
pub fn entropy() -> Result<[u8; 32], StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Entropy(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_can_be_pasted_anywhere() {
        let (a, b) = (random_secret().unwrap(), random_secret().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 43);
        assert!(a.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    }
}
