//! The server's side of AUTHENTICATE: chunks in, challenges and claims out.
//!
//! It has no accounts: it returns what a client claims, and the caller verifies the claim. Invariant:
//! an exchange holds at most [`RESPONSE_BYTES_MAX`] plus a few hundred bytes, and after
//! [`SaslStep::Check`] or [`SaslStep::Failed`] every further chunk fails.

mod external;
mod login;
mod plain;
mod scram;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use scram::{ClientFirst, Malformed, Proof};

pub use login::{DEVICE_BYTES_MAX, Login, MalformedLogin, is_device};
pub use scram::{NONCE_BYTES_MAX, SCRAM_ITERATIONS, ScramKeys, nonce};

/// The maximum length of a chunk, in bytes of base64: <https://ircv3.net/specs/extensions/sasl-3.1>.
pub const CHUNK_BYTES_MAX: usize = 400;
/// The maximum length of a response, in bytes after decoding.
pub const RESPONSE_BYTES_MAX: usize = 8192;

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mechanism {
    /// An account name and a passphrase, RFC 4616.
    Plain,
    /// The client's TLS certificate, RFC 4422 appendix A.
    External,
    /// A proof that the client knows the passphrase, RFC 7677.
    ScramSha256,
}

impl Mechanism {
    /// Looks up a mechanism by name, ignoring case.
    pub fn parse(name: &str) -> Option<Mechanism> {
        [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256]
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }

    /// Returns the registered name.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::External => "EXTERNAL",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
        }
    }
}

/// The identity that a client claims, and its evidence.
#[derive(Clone, PartialEq, Eq)]
pub enum SaslClaim {
    /// A passphrase, which the caller must verify.
    Password {
        /// The claimed identity.
        login: Login,
        /// The passphrase as sent.
        passphrase: String,
    },
    /// The client's certificate, which the caller must verify. An empty account means the one that the
    /// certificate belongs to.
    External(Login),
    /// Proof that the client knows the passphrase for the keys given to [`Exchange::answer_keys`].
    Scram(Login),
}

/// The result of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaslStep {
    /// More chunks follow; send nothing.
    NeedMore,
    /// Send this with [`challenge_chunks`].
    Challenge(Vec<u8>),
    /// Look up the account's SCRAM keys and continue with [`Exchange::answer_keys`]. Count the attempt
    /// now, not when the proof arrives.
    Keys(Login),
    /// The exchange is complete; verify the claim.
    Check(SaslClaim),
    /// The exchange failed and is over.
    Failed(Reason),
}

/// Why an exchange failed, and the numeric for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client sent `*`: 906.
    Aborted,
    /// A chunk was longer than [`CHUNK_BYTES_MAX`]: 905.
    ChunkTooLong,
    /// A response was longer than [`RESPONSE_BYTES_MAX`]: 904.
    ResponseTooLong,
    /// A chunk was not valid base64: 904.
    Encoding,
    /// A response did not have the form that the mechanism requires: 904.
    Malformed,
    /// The client requested a different account than the one it logs in to: 904.
    OtherIdentity,
    /// The SCRAM proof was wrong, or the account has no keys: 904, with the text for a wrong passphrase.
    Proof,
}

/// One login attempt with one mechanism.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    state: MechanismState,
    response: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum MechanismState {
    Plain,
    External,
    ScramStart,
    ScramKeys(Box<ClientFirst>, Login),
    ScramProof(Box<Proof>, Login),
    /// The proof was correct; the client has not acknowledged the server's last message yet.
    ScramDone(Login),
    Over,
}

impl Exchange {
    /// Starts an exchange. The caller sends the empty challenge `+`.
    pub fn new(mechanism: Mechanism) -> Exchange {
        let state = match mechanism {
            Mechanism::Plain => MechanismState::Plain,
            Mechanism::External => MechanismState::External,
            Mechanism::ScramSha256 => MechanismState::ScramStart,
        };
        Exchange { state, response: Vec::new() }
    }

    /// Processes the parameter of an AUTHENTICATE.
    pub fn feed(&mut self, chunk: &str) -> SaslStep {
        if self.state == MechanismState::Over {
            return SaslStep::Failed(Reason::Malformed);
        }
        let step = match self.collect(chunk) {
            Ok(None) => return SaslStep::NeedMore,
            Ok(Some(response)) => self.respond(&response),
            Err(reason) => Err(reason),
        };
        step.unwrap_or_else(|reason| {
            *self = Exchange { state: MechanismState::Over, response: Vec::new() };
            SaslStep::Failed(reason)
        })
    }

    /// Answers [`SaslStep::Keys`]. Pass [`ScramKeys::pretend`] for an account without keys, and a new
    /// [`nonce`]. Returns a [`SaslStep::Challenge`], or a failure if no keys were requested.
    pub fn answer_keys(&mut self, keys: &ScramKeys, nonce: &str) -> SaslStep {
        match std::mem::replace(&mut self.state, MechanismState::Over) {
            MechanismState::ScramKeys(first, login) => {
                let (message, proof) = first.answer(keys, nonce);
                self.state = MechanismState::ScramProof(Box::new(proof), login);
                SaslStep::Challenge(message.into_bytes())
            }
            _ => SaslStep::Failed(Reason::Malformed),
        }
    }

    /// Returns the whole response once its last chunk has arrived.
    fn collect(&mut self, chunk: &str) -> Result<Option<Vec<u8>>, Reason> {
        match chunk {
            "*" => return Err(Reason::Aborted),
            "+" => return Ok(Some(std::mem::take(&mut self.response))),
            _ if chunk.len() > CHUNK_BYTES_MAX => return Err(Reason::ChunkTooLong),
            _ => {}
        }
        // 400 is a multiple of 4, so each chunk can be decoded by itself.
        let bytes = BASE64.decode(chunk.as_bytes()).map_err(|_| Reason::Encoding)?;
        if self.response.len() + bytes.len() > RESPONSE_BYTES_MAX {
            return Err(Reason::ResponseTooLong);
        }
        self.response.extend(bytes);
        Ok((chunk.len() < CHUNK_BYTES_MAX).then(|| std::mem::take(&mut self.response)))
    }

    fn respond(&mut self, response: &[u8]) -> Result<SaslStep, Reason> {
        let text = std::str::from_utf8(response).map_err(|_| Reason::Malformed)?;
        let (state, step) = match std::mem::replace(&mut self.state, MechanismState::Over) {
            MechanismState::Plain => (MechanismState::Over, SaslStep::Check(plain::read(text)?)),
            MechanismState::External => (MechanismState::Over, SaslStep::Check(external::read(text)?)),
            MechanismState::ScramStart => {
                let first = ClientFirst::parse(text)?;
                let login = identity(&first.authzid, &first.authcid)?;
                (MechanismState::ScramKeys(Box::new(first), login.clone()), SaslStep::Keys(login))
            }
            MechanismState::ScramProof(proof, login) => {
                let message = proof.check(text)?.ok_or(Reason::Proof)?;
                (MechanismState::ScramDone(login), SaslStep::Challenge(message.into_bytes()))
            }
            MechanismState::ScramDone(login) if text.is_empty() => {
                (MechanismState::Over, SaslStep::Check(SaslClaim::Scram(login)))
            }
            MechanismState::ScramKeys(..) | MechanismState::ScramDone(_) | MechanismState::Over => {
                return Err(Reason::Malformed);
            }
        };
        self.state = state;
        Ok(step)
    }
}

impl From<MalformedLogin> for Reason {
    fn from(_: MalformedLogin) -> Reason {
        Reason::Malformed
    }
}

impl From<Malformed> for Reason {
    fn from(_: Malformed) -> Reason {
        Reason::Malformed
    }
}

// Keeps passphrases out of logs.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("state", &self.state).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SaslClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SaslClaim::Password { login, .. } => f.debug_tuple("Password").field(login).finish(),
            SaslClaim::External(login) => f.debug_tuple("External").field(login).finish(),
            SaslClaim::Scram(login) => f.debug_tuple("Scram").field(login).finish(),
        }
    }
}

/// Returns the identity that a client logs in as. It cannot request a different account: `authzid` must
/// be empty or name the same account, with any device.
fn identity(authzid: &str, authcid: &str) -> Result<Login, Reason> {
    let login = Login::parse(authcid)?;
    let same = authzid.is_empty() || Login::parse(authzid)?.account == login.account;
    if same { Ok(login) } else { Err(Reason::OtherIdentity) }
}

/// Returns the parameters of the AUTHENTICATE lines that carry `bytes`.
pub fn challenge_chunks(bytes: &[u8]) -> Vec<String> {
    // 300 bytes make the 400 characters of a full chunk. The last chunk must be shorter: `+` if necessary.
    let mut chunks: Vec<String> = bytes.chunks(300).map(|chunk| BASE64.encode(chunk)).collect();
    if chunks.last().is_none_or(|last| last.len() == CHUNK_BYTES_MAX) {
        chunks.push("+".to_owned());
    }
    chunks
}

#[cfg(test)]
mod tests;
