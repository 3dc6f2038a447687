//! PLAIN: an account name and a passphrase, RFC 4616.

use super::{Reason, SaslClaim, identity};

/// Parses `authzid NUL authcid NUL passphrase`.
pub(super) fn read(response: &str) -> Result<SaslClaim, Reason> {
    let parts: Vec<&str> = response.split('\0').collect();
    let [authzid, authcid, passphrase] = parts[..] else { return Err(Reason::Malformed) };
    Ok(SaslClaim::Password { login: identity(authzid, authcid)?, passphrase: passphrase.to_owned() })
}
