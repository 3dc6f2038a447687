//! Work with passphrases, which costs a processor up to a second.
//!
//! No script and no network. Invariant: same job and same salts, same answer.

use crate::auth::{Credentials, Salts, verify_password};
use crate::engine::{Job, JobAnswer, LoginVerdict};

/// Does a job; `salts` gives random bytes for a new hash, if there are any.
pub fn perform(job: &Job, salts: impl Fn() -> Option<Salts>) -> JobAnswer {
    match job {
        Job::VerifyPassword { hash, password } => JobAnswer::Password(verify_password(hash, password)),
        Job::CheckLogin { credentials, passphrase, cost, .. } => {
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
        Job::HashPassphrase { credentials, passphrase, cost } => {
            match salted(credentials, passphrase.reveal(), *cost, &salts) {
                Some(credentials) => JobAnswer::Hashed(credentials),
                None => JobAnswer::Failed,
            }
        }
        // Not for a processor.
        Job::AskAuthScript { .. }
        | Job::AskHistory(_)
        | Job::SendMail { .. }
        | Job::LookUpHost { .. }
        | Job::AskIdent { .. }
        | Job::CheckIp { .. } => JobAnswer::Failed,
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
