//! PLAIN: an account name and a passphrase, RFC 4616.

use super::{Claim, Reason, identity};

/// Parses `authzid NUL authcid NUL passphrase`.
pub(super) fn read(response: &str) -> Result<Claim, Reason> {
    let parts: Vec<&str> = response.split('\0').collect();
    let [authzid, authcid, passphrase] = parts[..] else { return Err(Reason::Malformed) };
    Ok(Claim::Password { login: identity(authzid, authcid)?, passphrase: passphrase.to_owned() })
}
