//! EXTERNAL: the client's TLS certificate, RFC 4422 appendix A.

use super::{Claim, Login, Reason};

/// Parses the authorization identity; empty means the account of the certificate.
pub(super) fn read(response: &str) -> Result<Claim, Reason> {
    Ok(Claim::External(Login::parse(response)?))
}
