//! The server's side of AUTHENTICATE: chunks in; challenges and credentials to check out.
//!
//! It knows no accounts: it says what a client claims, and the caller finds out whether that is true.
//! Invariant: an exchange holds at most [`RESPONSE_BYTES_MAX`] and a few hundred bytes, and after
//! [`Step::Check`] or [`Step::Failed`] every further chunk fails.

mod external;
mod login;
mod plain;
mod scram;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use scram::{ClientFirst, Malformed, Proof};

pub use login::{DEVICE_BYTES_MAX, Login, MalformedLogin, is_device};
pub use scram::{NONCE_BYTES_MAX, SCRAM_ITERATIONS, ScramKeys, nonce};

/// The longest chunk, in bytes of base64: <https://ircv3.net/specs/extensions/sasl-3.1>.
pub const CHUNK_BYTES_MAX: usize = 400;
/// The longest response, in bytes after decoding.
pub const RESPONSE_BYTES_MAX: usize = 8192;

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mechanism {
    /// A name and a passphrase, RFC 4616.
    Plain,
    /// The client's TLS certificate, RFC 4422 appendix A.
    External,
    /// A proof that the client knows the passphrase, RFC 7677.
    ScramSha256,
}

impl Mechanism {
    /// By its name, in any case.
    pub fn parse(name: &str) -> Option<Mechanism> {
        [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256]
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::External => "EXTERNAL",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
        }
    }
}

/// What a client says about itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// It has the account's passphrase, which is to be verified.
    Password {
        /// Who.
        login: Login,
        /// As it was sent.
        passphrase: String,
    },
    /// Its certificate is the account's, which is to be verified; without an account the
    /// certificate's own.
    External(Login),
    /// It has proven to know the passphrase for the keys that [`Exchange::answer_keys`] was given.
    Scram(Login),
}

/// What comes of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More chunks follow; say nothing.
    NeedMore,
    /// Send this with [`challenge_chunks`].
    Challenge(Vec<u8>),
    /// Look up the account's SCRAM keys and go on with [`Exchange::answer_keys`].
    /// Here, not at the proof, the attempt is to be counted.
    Keys(Login),
    /// The exchange is over: see whether it is true.
    Check(Claim),
    /// The exchange is over.
    Failed(Reason),
}

/// Why an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client sent `*`: 906.
    Aborted,
    /// A chunk had more than [`CHUNK_BYTES_MAX`]: 905.
    ChunkTooLong,
    /// A response had more than [`RESPONSE_BYTES_MAX`]: 904.
    ResponseTooLong,
    /// It is no base64: 904.
    Encoding,
    /// It is not what the mechanism wants: 904.
    Malformed,
    /// The client wants to be someone else than it logs in as: 904.
    OtherIdentity,
    /// The SCRAM proof is wrong, or there are no keys to prove anything against: 904, in the words
    /// of a wrong passphrase.
    Proof,
}

/// One login by one mechanism.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    state: State,
    response: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Plain,
    External,
    ScramStart,
    ScramKeys(Box<ClientFirst>, Login),
    ScramProof(Box<Proof>, Login),
    /// Proven; the client has yet to acknowledge the server's last message.
    ScramDone(Login),
    Over,
}

impl Exchange {
    /// An exchange that waits for the client's first response; the empty challenge `+` is due.
    pub fn new(mechanism: Mechanism) -> Exchange {
        let state = match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::External => State::External,
            Mechanism::ScramSha256 => State::ScramStart,
        };
        Exchange { state, response: Vec::new() }
    }

    /// Takes the parameter of an AUTHENTICATE.
    pub fn feed(&mut self, chunk: &str) -> Step {
        if self.state == State::Over {
            return Step::Failed(Reason::Malformed);
        }
        let step = match self.collect(chunk) {
            Ok(None) => return Step::NeedMore,
            Ok(Some(response)) => self.respond(&response),
            Err(reason) => Err(reason),
        };
        step.unwrap_or_else(|reason| {
            *self = Exchange { state: State::Over, response: Vec::new() };
            Step::Failed(reason)
        })
    }

    /// Answers [`Step::Keys`]: a [`Step::Challenge`], or a failure when no keys were asked for. Keys are [`ScramKeys::pretend`]ed when there
    /// are none; `nonce` is fresh from [`nonce`].
    pub fn answer_keys(&mut self, keys: &ScramKeys, nonce: &str) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::ScramKeys(first, login) => {
                let (message, proof) = first.answer(keys, nonce);
                self.state = State::ScramProof(Box::new(proof), login);
                Step::Challenge(message.into_bytes())
            }
            _ => Step::Failed(Reason::Malformed),
        }
    }

    /// The whole response, once its last chunk is here.
    fn collect(&mut self, chunk: &str) -> Result<Option<Vec<u8>>, Reason> {
        match chunk {
            "*" => return Err(Reason::Aborted),
            "+" => return Ok(Some(std::mem::take(&mut self.response))),
            _ if chunk.len() > CHUNK_BYTES_MAX => return Err(Reason::ChunkTooLong),
            _ => {}
        }
        // 400 is a multiple of 4: every chunk is base64 of its own.
        let bytes = BASE64.decode(chunk.as_bytes()).map_err(|_| Reason::Encoding)?;
        if self.response.len() + bytes.len() > RESPONSE_BYTES_MAX {
            return Err(Reason::ResponseTooLong);
        }
        self.response.extend(bytes);
        Ok((chunk.len() < CHUNK_BYTES_MAX).then(|| std::mem::take(&mut self.response)))
    }

    fn respond(&mut self, response: &[u8]) -> Result<Step, Reason> {
        let text = std::str::from_utf8(response).map_err(|_| Reason::Malformed)?;
        let (state, step) = match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => (State::Over, Step::Check(plain::read(text)?)),
            State::External => (State::Over, Step::Check(external::read(text)?)),
            State::ScramStart => {
                let first = ClientFirst::parse(text)?;
                let login = identity(&first.authzid, &first.authcid)?;
                (State::ScramKeys(Box::new(first), login.clone()), Step::Keys(login))
            }
            State::ScramProof(proof, login) => {
                let message = proof.check(text)?.ok_or(Reason::Proof)?;
                (State::ScramDone(login), Step::Challenge(message.into_bytes()))
            }
            State::ScramDone(login) if text.is_empty() => (State::Over, Step::Check(Claim::Scram(login))),
            State::ScramKeys(..) | State::ScramDone(_) | State::Over => return Err(Reason::Malformed),
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

// Passphrases stay out of logs.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("state", &self.state).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Claim::Password { login, .. } => f.debug_tuple("Password").field(login).finish(),
            Claim::External(login) => f.debug_tuple("External").field(login).finish(),
            Claim::Scram(login) => f.debug_tuple("Scram").field(login).finish(),
        }
    }
}

/// Returns the identity that a client logs in as. It cannot ask to be someone else: `authzid` is empty or
/// names the same account, with any device.
fn identity(authzid: &str, authcid: &str) -> Result<Login, Reason> {
    let login = Login::parse(authcid)?;
    let same = authzid.is_empty() || Login::parse(authzid)?.account == login.account;
    if same { Ok(login) } else { Err(Reason::OtherIdentity) }
}

/// The parameters of the AUTHENTICATE lines that carry `bytes`.
pub fn challenge_chunks(bytes: &[u8]) -> Vec<String> {
    // 300 bytes are the 400 characters of a full chunk. The last chunk is to be shorter: `+` if need be.
    let mut chunks: Vec<String> = bytes.chunks(300).map(|chunk| BASE64.encode(chunk)).collect();
    if chunks.last().is_none_or(|last| last.len() == CHUNK_BYTES_MAX) {
        chunks.push("+".to_owned());
    }
    chunks
}

#[cfg(test)]
mod tests;
