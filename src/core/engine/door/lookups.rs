//! What is found out about where a client comes from, before it is registered: whether its address is
//! welcome, its host name, and what its machine calls its user. Each is asked once, for the address that
//! counts, after PROXY or WEBIRC could have changed it. What cannot be answered lets the client in.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

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

/// Who sets bans that are its verdicts.
const SCRIPT: &str = "ip-check-script";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lookup {
    /// Whether `ip-check-script` lets the address in.
    IpCheck,
    /// The host name of the address.
    Host,
    /// What the client's machine calls its user.
    Ident,
}

/// The host of a client, as it is, and as others see it.
pub fn hosts(cx: &Cx<'_>, door: &Door, origin: &Origin) -> (Box<str>, Box<str>) {
    let real = origin.host.found().map_or_else(|| ResolvedConfig::address_text(door.ip), str::to_owned);
    let tor = &cx.config().server.tor_listeners.vhost;
    let of_account = || cx.account().and_then(|account| cx.setup.cloak.account(account.name.as_str()));
    let shown = match door.tor {
        // There is no address to be told by.
        true => of_account().or_else(|| (!tor.is_empty()).then(|| tor.clone())),
        false => None,
    };
    let shown = shown.or_else(|| cx.setup.cloak.host(door.ip)).unwrap_or_else(|| real.clone());
    (real.into(), shown.into())
}

/// Asks the next question; false when all are answered and the client may come in.
pub fn start_next_lookup(cx: &mut Cx<'_>) -> bool {
    if cx.served().door.tor && cx.config().server.tor_listeners.require_sasl && cx.account().is_none() {
        let why = cx.setup.said(Phrase::ADDRESS_NEEDS_LOGIN, &[]);
        require_login(cx, &why);
        return true;
    }
    if skips_script(cx) {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::NeedsAccount });
    }
    let next = cx.served().registering().and_then(|known| next(cx, known));
    let Some((question, job)) = next else { return false };
    cx.ask(job, question);
    true
}

/// Whether `ip-check-script` has a say about the session, unless an account spares it.
fn is_script_due(cx: &Cx<'_>) -> bool {
    let door = &cx.served().door;
    // A ban that an account lifts says enough about the address.
    let known_of = || cx.state().bans.over_address(door.ip, cx.now.wall_ms).next().is_some();
    let has_passed = || cx.served().registering().is_none_or(|known| known.origin.passed);
    // The Tor network has one address for everyone.
    let is_exempt = door.tor || door.ip.is_loopback();
    cx.config().server.ip_check_script.enabled && !is_exempt && !has_passed() && !known_of()
}

/// Whether the session is not judged by `ip-check-script` because it is logged in.
fn skips_script(cx: &Cx<'_>) -> bool {
    cx.config().server.ip_check_script.exempt_sasl && cx.account().is_some() && is_script_due(cx)
}

fn next(cx: &Cx<'_>, known: &Registering) -> Option<(Lookup, NetworkJob)> {
    let (server, door) = (&cx.config().server, &cx.served().door);
    // The Tor network has one address for everyone.
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
                remember(cx, refusal, false);
                bans::reject(cx, "connect-ip", &or_else(cx, &refusal.why, Phrase::ADDRESS_REFUSED));
                return Ok(());
            }
            (Lookup::IpCheck, JobAnswer::IpChecked(IpVerdict::NeedsLogin(refusal))) => {
                remember(cx, refusal, true);
                if cx.account().is_none() {
                    require_login(cx, &or_else(cx, &refusal.why, Phrase::ADDRESS_NEEDS_LOGIN));
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
                if let JobAnswer::IdentFound(Some(said)) = answer {
                    name = ident(said.trim_start_matches('~'), cx.config().limits.identlen);
                }
                Introduction::Ident(name.as_deref())
            }
        };
        cx.commit(Fact::Introduced { session: cx.session, said });
        Ok(())
    }
}

/// A verdict that lasts is a ban: it holds for others, too, and outlives a restart.
fn remember(cx: &mut Cx<'_>, refusal: &IpRefusal, require_sasl: bool) {
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
        cx.note(Level::Warn, "internal", format!("a verdict of {SCRIPT} on {net} was not kept"));
    }
}

/// What a script says of an address, or, where it says nothing, a phrase.
fn or_else(cx: &Cx<'_>, why: &str, phrase: Phrase) -> String {
    if why.is_empty() { cx.setup.said(phrase, &[]) } else { why.to_owned() }
}

fn require_login(cx: &mut Cx<'_>, why: &str) {
    cx.reply_command("FAIL", &["*", "ACCOUNT_REQUIRED"], Text::Plain(why));
    bans::reject(cx, "connect-ip", why);
}

/// Whether a name can be shown as a user's host: one that reads as an address would be another's.
pub fn is_host(name: &str) -> bool {
    is_hostname(name) && !name.ends_with('.') && name.parse::<IpAddr>().is_err()
}
