//! Lookups of a client's origin before it registers: the verdict of `ip-check-script` on its address, its
//! host name, and its ident. Each is requested once, after PROXY or WEBIRC could have changed the address. A
//! lookup that fails does not keep the client out.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::config::LogType;
use crate::engine::border::{IpRefusal, IpVerdict, JobAnswer, Level, NetworkJob};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::Resume;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::ban::{BanInfo, BanTarget};
use crate::state::fact::Introduction;
use crate::state::session::{Door, Finding, Origin, Registering};
use crate::text::{ident, is_hostname};
use crate::wire::Text;

use super::bans;

/// The name under which verdicts of the script are stored as bans.
const SCRIPT: &str = "ip-check-script";

/// A lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lookup {
    /// The verdict of `ip-check-script` on the address.
    IpCheck,
    /// The host name of the address.
    Host,
    /// The user name according to the client's machine (RFC 1413).
    Ident,
}

/// Returns the real host of a client, and its cloak.
pub fn hosts(cx: &Cx<'_>, door: &Door, origin: &Origin) -> (Box<str>, Box<str>) {
    let real = origin.host.found().map_or_else(|| ResolvedConfig::address_text(door.ip), str::to_owned);
    let tor = &cx.config().server.tor_listeners.vhost;
    let of_account = || cx.account().and_then(|account| cx.setup.cloak.account(account.name.as_str()));
    let shown = match door.tor {
        // There is no address to make a cloak from.
        true => of_account().or_else(|| (!tor.is_empty()).then(|| tor.clone())),
        false => None,
    };
    let shown = shown.or_else(|| cx.setup.cloak.host(door.ip)).unwrap_or_else(|| real.clone());
    (real.into(), shown.into())
}

/// Starts the next lookup, or rejects the session. Returns `false` if all lookups are done and the client may
/// register.
pub fn start_next_lookup(cx: &mut Cx<'_>) -> bool {
    if cx.served().door.tor && cx.config().server.tor_listeners.require_sasl && cx.account().is_none() {
        let why = cx.setup.said(Phrase::ADDRESS_NEEDS_LOGIN, &[]);
        require_login(cx, &why);
        return true;
    }
    if skips_script(cx) {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::NeedsAccount });
    }
    let next = cx.served().registering().and_then(|known| next_lookup(cx, known));
    let Some((lookup, job)) = next else { return false };
    cx.ask(job, lookup);
    true
}

/// Returns whether `ip-check-script` must check the session, unless an account exempts it.
fn is_script_due(cx: &Cx<'_>) -> bool {
    let door = &cx.served().door;
    // A ban that exempts users with an account already answers the question.
    let has_ban = || cx.state().bans.over_address(door.ip, cx.now.wall_ms).next().is_some();
    let has_passed = || cx.served().registering().is_none_or(|known| known.origin.passed);
    // All clients from the Tor network have the same address.
    let is_exempt = door.tor || door.ip.is_loopback();
    cx.config().server.ip_check_script.enabled && !is_exempt && !has_passed() && !has_ban()
}

/// Returns whether `ip-check-script` does not check the session because it is logged in.
fn skips_script(cx: &Cx<'_>) -> bool {
    cx.config().server.ip_check_script.exempt_sasl && cx.account().is_some() && is_script_due(cx)
}

fn next_lookup(cx: &Cx<'_>, known: &Registering) -> Option<(Lookup, NetworkJob)> {
    let (server, door) = (&cx.config().server, &cx.served().door);
    // All clients from the Tor network have the same address.
    if door.tor {
        return None;
    }
    if is_script_due(cx) && !skips_script(cx) {
        let script = &server.ip_check_script;
        let job = NetworkJob::CheckIp { script: Box::new(script.into()), ip: door.ip };
        return Some((Lookup::IpCheck, job));
    }
    if server.lookup_hostnames && known.origin.host == Finding::Open {
        let job = NetworkJob::LookUpHost { ip: door.ip, confirm: server.forward_confirm_hostnames };
        return Some((Lookup::Host, job));
    }
    let endpoints = door.endpoints.as_deref().filter(|_| server.check_ident)?;
    let job = NetworkJob::AskIdent { endpoints: *endpoints };
    (known.origin.ident == Finding::Open).then_some((Lookup::Ident, job))
}

impl Resume for Lookup {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let mut name = None;
        let said = match (*self, answer) {
            (Lookup::IpCheck, JobAnswer::IpChecked(IpVerdict::Rejected(refusal))) => {
                store_verdict(cx, refusal, false);
                bans::reject(cx, LogType::ConnectIp, &reason_or(cx, &refusal.why, Phrase::ADDRESS_REFUSED));
                return Ok(());
            }
            (Lookup::IpCheck, JobAnswer::IpChecked(IpVerdict::NeedsLogin(refusal))) => {
                store_verdict(cx, refusal, true);
                if cx.account().is_none() {
                    require_login(cx, &reason_or(cx, &refusal.why, Phrase::ADDRESS_NEEDS_LOGIN));
                    return Ok(());
                }
                cx.commit(Fact::Introduced { session: cx.session, said: Introduction::NeedsAccount });
                Introduction::Passed
            }
            (Lookup::IpCheck, _) => Introduction::Passed,
            (Lookup::Host, JobAnswer::HostFound(host)) => {
                Introduction::Host(host.as_deref().filter(|host| is_host(host)))
            }
            (Lookup::Host, _) => Introduction::Host(None),
            (Lookup::Ident, answer) => {
                if let JobAnswer::IdentFound(Some(found)) = answer {
                    name = ident(found.trim_start_matches('~'), cx.config().limits.identlen);
                }
                Introduction::Ident(name.as_deref())
            }
        };
        cx.commit(Fact::Introduced { session: cx.session, said });
        Ok(())
    }
}

/// Stores a verdict that lasts as a ban, so that it applies to other clients too and survives a restart.
fn store_verdict(cx: &mut Cx<'_>, refusal: &IpRefusal, require_sasl: bool) {
    let Some((net, duration)) = refusal.lasts else { return };
    let info = BanInfo {
        by: SCRIPT.into(),
        reason: refusal.why.as_str().into(),
        oper_reason: "".into(),
        require_sasl,
        at_ms: cx.now.wall_ms,
        duration_ms: Some(duration.as_millis() as u64),
    };
    if cx.state().store_full || !bans::set(cx, BanTarget::Net(net), info) {
        cx.note(Level::Warn, LogType::Internal, format!("a verdict of {SCRIPT} on {net} was not stored"));
    }
}

/// Returns the reason that a script gave, or a phrase if it gave none.
fn reason_or(cx: &Cx<'_>, why: &str, phrase: Phrase) -> String {
    if why.is_empty() { cx.setup.said(phrase, &[]) } else { why.to_owned() }
}

fn require_login(cx: &mut Cx<'_>, why: &str) {
    cx.reply_command("FAIL", &["*", "ACCOUNT_REQUIRED"], Text::Plain(why));
    bans::reject(cx, LogType::ConnectIp, why);
}

/// Returns whether a name can be shown as a user's host. A name that looks like an address cannot, because it
/// could be that of another host.
pub fn is_host(name: &str) -> bool {
    is_hostname(name) && !name.ends_with('.') && name.parse::<IpAddr>().is_err()
}
