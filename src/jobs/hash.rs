//! Work on passphrases, which takes a processor up to a second.
//!
//! Invariant: the same job with the same salts has the same answer.

use crate::auth::{Credentials, Salts, verify_password};
use crate::engine::{HashJob, JobAnswer, LoginVerdict};

/// Does a job. `salts` returns random bytes for a new hash, if there are any.
pub fn perform(job: &HashJob, salts: impl Fn() -> Option<Salts>) -> JobAnswer {
    match job {
        HashJob::VerifyPassword { hash, password } => JobAnswer::Password(verify_password(hash, password)),
        HashJob::CheckLogin { credentials, passphrase, cost } => {
            let verdict = match credentials.verify(passphrase.reveal()) {
                true => {
                    let outdated = credentials.is_outdated(*cost);
                    let hashed = || salted(credentials, passphrase.reveal(), *cost, &salts);
                    LoginVerdict::Right { renewed: outdated.then(hashed).flatten() }
                }
                false => LoginVerdict::Wrong,
            };
            JobAnswer::Login(verdict)
        }
        HashJob::HashPassphrase { credentials, passphrase, cost } => {
            match salted(credentials, passphrase.reveal(), *cost, &salts) {
                Some(credentials) => JobAnswer::Hashed(credentials),
                None => JobAnswer::Failed,
            }
        }
    }
}

fn salted(
    credentials: &Credentials,
    passphrase: &str,
    cost: u32,
    salts: impl Fn() -> Option<Salts>,
) -> Option<Box<Credentials>> {
    let mut credentials = credentials.clone();
    credentials.set_passphrase(passphrase, cost, salts()?).ok()?;
    Some(Box::new(credentials))
}
