//! What is found out about where a client comes from, before it is registered: whether its address is
//! welcome, its host name, and what its machine calls its user. Each is asked once, for the address that
//! counts, after PROXY or WEBIRC could have changed it. What cannot be answered lets the client in.

use std::net::IpAddr;

use crate::state::Fact;
use crate::state::fact::Introduction;
use crate::state::session::{Finding, Registering};
use crate::text::{ident, is_hostname};

use super::cx::Cx;
use super::effect::{Job, Level};
use super::event::{IpVerdict, JobAnswer};
use super::refusal::Outcome;
use super::registration;
use super::setup::Setup;
use super::waiting::Continuation;

/// What is said to those whom `ip-check-script` refuses without words of its own.
const REFUSED: &str = "Your address is not welcome here";
/// What is said to those who would be welcome with an account.
const NEEDS_LOGIN: &str = "You must log in to connect from your address";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether `ip-check-script` lets the address in.
    Welcome,
    /// The host name of the address.
    Host,
    /// What the client's machine calls its user.
    Ident,
}

/// Asks the next question; false when all are answered.
pub fn inquire(cx: &mut Cx<'_>) -> bool {
    let next = cx.served().registering().and_then(|known| next(cx, known));
    let Some((question, job)) = next else { return false };
    cx.ask(job, Continuation::Arrival(question));
    true
}

fn next(cx: &Cx<'_>, known: &Registering) -> Option<(Question, Job)> {
    let (server, door) = (&cx.config().server, &cx.served().door);
    // The Tor network has one address for everyone.
    if door.tor {
        return None;
    }
    if server.ip_check_script.enabled && !known.origin.passed && !door.ip.is_loopback() {
        let script = Box::new(server.ip_check_script.clone());
        return Some((Question::Welcome, Job::CheckIp { script, ip: door.ip }));
    }
    if server.lookup_hostnames && known.origin.host == Finding::Open {
        let job = Job::LookUpHost { ip: door.ip, confirm: server.forward_confirm_hostnames };
        return Some((Question::Host, job));
    }
    let endpoints = door.endpoints.as_deref().filter(|_| server.check_ident)?;
    let job = Job::AskIdent { endpoints: *endpoints };
    (known.origin.ident == Finding::Open).then_some((Question::Ident, job))
}

/// A question was answered, or could not be.
pub fn answered(cx: &mut Cx<'_>, question: Question, answer: &JobAnswer) -> Outcome {
    let mut name = None;
    let said = match (question, answer) {
        (Question::Welcome, JobAnswer::IpChecked(IpVerdict::Rejected(why))) => {
            return refuse(cx, if why.is_empty() { REFUSED } else { why });
        }
        (Question::Welcome, JobAnswer::IpChecked(IpVerdict::NeedsLogin(why))) => {
            return refuse(cx, if why.is_empty() { NEEDS_LOGIN } else { why });
        }
        (Question::Welcome, _) => Introduction::Passed,
        (Question::Host, JobAnswer::HostFound(host)) => {
            Introduction::Host(host.as_deref().filter(|host| is_host(host)))
        }
        (Question::Host, _) => Introduction::Host(None),
        (Question::Ident, answer) => {
            if let JobAnswer::IdentFound(Some(said)) = answer {
                name = ident(said.trim_start_matches('~'), cx.config().limits.identlen);
            }
            Introduction::Ident(name.as_deref())
        }
    };
    cx.commit(Fact::Introduced { session: cx.session, said });
    registration::advance(cx);
    Ok(())
}

fn refuse(cx: &mut Cx<'_>, why: &str) -> Outcome {
    let ip = Setup::address_text(cx.served().door.ip);
    cx.note(Level::Info, "connect-ip", format!("client from {ip} refused by ip-check-script: {why}"));
    cx.close(why);
    Ok(())
}

/// Whether a name can be shown as a user's host: one that reads as an address would be another's.
pub fn is_host(name: &str) -> bool {
    is_hostname(name) && !name.ends_with('.') && name.parse::<IpAddr>().is_err()
}
