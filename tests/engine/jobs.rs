//! Shows and answers the jobs of the engine, for the test bench.

use ircd::auth::Salts;
use ircd::engine::{HashJob, Job, JobAnswer, LoginVerdict, NetworkJob};
use ircd::history::{HistoryKey, Listing, Query};

use crate::fake_archive::FakeArchive;
use crate::full_log::code_of;

/// Describes a job, to follow the word "asks".
pub fn question(job: &Job) -> String {
    match job {
        Job::Hash(job) => hash_question(job),
        Job::Network(job) => network_question(job),
        Job::History(query) => history_question(query),
    }
}

/// Performs a job like the server: verifies and hashes passphrases, delivers email, reads history. Scripts
/// fail.
pub fn perform(job: &Job, archive: &FakeArchive) -> JobAnswer {
    let salts = || Some(Salts { bcrypt: [3; 16], scram: [4; 16] });
    match job {
        Job::Hash(job) | Job::Network(NetworkJob::AskAuthScript { otherwise: Some(job), .. }) => {
            ircd::jobs::hash::perform(job, salts)
        }
        Job::Network(NetworkJob::SendMail { .. }) => JobAnswer::Mailed(()),
        Job::Network(_) => JobAnswer::Failed,
        Job::History(query) => JobAnswer::HistoryFound(archive.find(query)),
    }
}

/// Answers a job without performing it: 0 is success, 1 a negative answer, 2 a failure.
pub fn conclude(job: &Job, how: usize, archive: &FakeArchive) -> JobAnswer {
    let login = |how| match how {
        0 => LoginVerdict::Right { renewed: None },
        _ => LoginVerdict::Wrong,
    };
    match (job, how) {
        (_, 2..) => JobAnswer::Failed,
        (Job::Hash(HashJob::VerifyPassword { .. }), how) => JobAnswer::Password(how == 0),
        (Job::Hash(HashJob::CheckLogin { .. }), how) => JobAnswer::Login(login(how)),
        (Job::Network(NetworkJob::AskAuthScript { .. }), how) => JobAnswer::ScriptLogin(login(how)),
        (Job::Hash(HashJob::HashPassphrase { credentials, .. }), 0) => JobAnswer::Hashed(credentials.clone()),
        (Job::Network(NetworkJob::SendMail { .. }), 0) => JobAnswer::Mailed(()),
        (Job::History(query), 0) => JobAnswer::HistoryFound(archive.find(query)),
        _ => JobAnswer::Failed,
    }
}

/// Returns the secret in a job, which must not appear in a log.
pub fn secret(job: &Job) -> Option<&str> {
    match job {
        Job::Hash(job) | Job::Network(NetworkJob::AskAuthScript { otherwise: Some(job), .. }) => match job {
            HashJob::VerifyPassword { password, .. } => Some(password),
            HashJob::CheckLogin { passphrase, .. } | HashJob::HashPassphrase { passphrase, .. } => {
                Some(passphrase.reveal())
            }
        },
        Job::Network(NetworkJob::SendMail { mail, .. }) => Some(code_of(&mail.body)),
        Job::Network(_) | Job::History(_) => None,
    }
}

fn hash_question(job: &HashJob) -> String {
    match job {
        HashJob::VerifyPassword { password, .. } => format!("to verify {password}"),
        HashJob::CheckLogin { passphrase, .. } => format!("to verify {}", passphrase.reveal()),
        HashJob::HashPassphrase { passphrase, .. } => format!("to hash {}", passphrase.reveal()),
    }
}

fn network_question(job: &NetworkJob) -> String {
    match job {
        NetworkJob::LookUpHost { ip, confirm: false } => format!("for the hostname of {ip}"),
        NetworkJob::LookUpHost { ip, confirm: true } => format!("for the confirmed hostname of {ip}"),
        NetworkJob::AskIdent { endpoints } => {
            format!("{} for the user of port {}", endpoints.remote.ip(), endpoints.remote.port())
        }
        NetworkJob::CheckIp { ip, .. } => format!("whether {ip} may connect"),
        NetworkJob::AskAuthScript { otherwise: Some(job), .. } => {
            format!("the script {}", hash_question(job))
        }
        NetworkJob::AskAuthScript { .. } => "the script about a certificate".to_owned(),
        NetworkJob::SendMail { mail, .. } => format!("to send {} to {}", code_of(&mail.body), mail.to),
        #[allow(unreachable_patterns, reason = "a new job needs no arm here")]
        _ => format!("{job:?}"),
    }
}

fn history_question(query: &Query) -> String {
    let named = |target: &HistoryKey| match target {
        HistoryKey::Channel(name) => name.to_string(),
        HistoryKey::Conversation { owner, with } => format!("{owner} with {with}"),
    };
    match query {
        Query::Page { target, ranges } => {
            let limits: Vec<String> = ranges.iter().map(|range| range.limit.to_string()).collect();
            format!("for {} items of {}", limits.join("+"), named(target))
        }
        Query::Targets(Listing { owner, channels, .. }) => {
            let owner = owner.iter().map(|owner| owner.to_string());
            let all: Vec<String> = owner.chain(channels.iter().map(|channel| channel.to_string())).collect();
            format!("for targets of {}", all.join(" and "))
        }
        Query::Find { target, .. } => format!("for an item of {}", named(target)),
        Query::Export { account, .. } => format!("to export {account}"),
    }
}
