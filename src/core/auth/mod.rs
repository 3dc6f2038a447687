//! Authentication: credentials, SASL mechanisms, throttles and codes.
//!
//! It knows nothing about users, sessions or the storage of credentials. Invariant: same input, same
//! output; the caller passes in random bytes for salts and nonces. Functions that derive a key from a
//! passphrase can take a second. Their documentation says so: call them in jobs, never in the engine.

mod credentials;
mod legacy;
mod passphrase;
mod sasl;
mod script;
mod secret;
mod throttle;
mod token;

pub use credentials::{CERTFPS_MAX, Certfp, CertfpRefused, Credentials, Salts, Version};
pub use legacy::is_known_hash;
pub use passphrase::{
    BadCost, BadPassphrase, COST_MAX, COST_MIN, PASSPHRASE_BYTES_MAX, check_passphrase, hash_passphrase,
    verify_passphrase, verify_password,
};
pub use sasl::{
    CHUNK_BYTES_MAX, DEVICE_BYTES_MAX, Exchange, Login, MalformedLogin, Mechanism, NONCE_BYTES_MAX,
    RESPONSE_BYTES_MAX, Reason, SCRAM_ITERATIONS, SaslClaim, SaslStep, ScramKeys, challenge_chunks,
    is_device, nonce,
};
pub use script::{
    ANSWER_BYTES_MAX, AuthAnswer, AuthRequest, BadAnswer, BearerToken, Cookie, certificate_pem, read_caseless,
};
pub use secret::Secret;
pub use throttle::Throttle;
pub use token::Code;

/// Returns whether two secrets are equal, in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(a, b).into()
}
