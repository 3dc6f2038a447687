//! EXTERNAL: the client's TLS certificate, RFC 4422 appendix A.

use super::{Login, Reason, SaslClaim};

/// Parses the authorization identity; empty means the account of the certificate.
pub(super) fn read(response: &str) -> Result<SaslClaim, Reason> {
    Ok(SaslClaim::External(Login::parse(response)?))
}
