//! EXTERNAL: the client's TLS certificate, RFC 4422 appendix A.

use super::{Claim, Login, Reason};

/// Reads the authorization identity; empty for the identity of the certificate.
pub(super) fn read(response: &str) -> Result<Claim, Reason> {
    Ok(Claim::External(Login::parse(response)?))
}
