//! WEBIRC: a gateway says whose connection it is (<https://ircv3.net/specs/extensions/webirc>).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::config::Webirc;
use crate::engine::border::{HashJob, JobAnswer};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::engine::door::gateway::{self, Client};
use crate::engine::door::lookups::is_host;
use crate::i18n::Phrase;
use crate::wire::Message;

use super::Command;

pub(super) const WEBIRC: Command = Command::new("WEBIRC", webirc).params(4).before_registration().help(
    "<password> <gateway> <host> <ip> [:<flags>]: is sent by gateways to pass on the client's \
     address",
);

/// A WEBIRC whose password is being compared.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct WebircClaim {
    password: String,
    client: Client,
    /// Gateways that it may be, by their place in the configuration, the next one to try last.
    gateways: Vec<usize>,
}

fn webirc(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if cx.served().registering().is_none() {
        return Err(Refusal::AlreadyRegistered);
    }
    let Some(client) = client(cx, m) else { return refuse(cx) };
    if !gateway::may_speak(cx) {
        return refuse(cx);
    }
    let mut gateways: Vec<usize> = (cx.config().server.webirc.iter().enumerate())
        .filter(|(_, own)| may_be(cx, own))
        .map(|(at, _)| at)
        .collect();
    gateways.reverse();
    go_on(cx, WebircClaim { password: m.param(0).to_owned(), client, gateways })
}

/// The password was compared with that of the last gateway.
impl Resume for WebircClaim {
    fn resume(mut self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match (answer, self.gateways.pop()) {
            (JobAnswer::Password(true), Some(at)) => accept(cx, *self, at),
            _ => go_on(cx, *self),
        }
    }
}

/// Tries the next gateway.
fn go_on(cx: &mut Cx<'_>, claim: WebircClaim) -> Outcome {
    let Some(&at) = claim.gateways.last() else { return refuse(cx) };
    match cx.config().server.webirc.get(at).filter(|own| may_be(cx, own)) {
        Some(Webirc { password: Some(hash), .. }) => {
            let job = HashJob::VerifyPassword { hash: hash.clone(), password: claim.password.clone() };
            cx.ask(job, claim);
            Ok(())
        }
        // Its certificate is enough.
        Some(Webirc { certfp: Some(_), .. }) => accept(cx, claim, at),
        // The configuration has changed meanwhile.
        _ => refuse(cx),
    }
}

fn accept(cx: &mut Cx<'_>, claim: WebircClaim, at: usize) -> Outcome {
    let believed = cx.config().server.webirc.get(at).is_some_and(|own| own.accept_hostname);
    let host = claim.client.host.filter(|host| believed && is_host(host));
    gateway::speak_for(cx, Client { host, ..claim.client });
    Ok(())
}

fn refuse(cx: &mut Cx<'_>) -> Outcome {
    cx.close_saying(Phrase::WEBIRC_REFUSED, &[]);
    Ok(())
}

/// Whether the session may be this gateway's, as far as address and certificate tell.
fn may_be(cx: &Cx<'_>, own: &Webirc) -> bool {
    let door = &cx.served().door;
    let known = own.hosts.iter().any(|net| net.contains(door.ip));
    let armed = own.password.is_some() || own.certfp.is_some();
    known && armed && own.certfp.as_deref().is_none_or(|certfp| door.certfp.as_deref() == Some(certfp))
}

/// The client that the gateway names; none without a proper address.
fn client(cx: &Cx<'_>, m: &Message<'_>) -> Option<Client> {
    let ip: IpAddr = m.param(3).parse().ok()?;
    // The way is as safe as its last piece.
    let claims_tls = m.param(4).split(' ').any(|flag| {
        let name = flag.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("tls") || name.eq_ignore_ascii_case("secure")
    });
    let host = (m.param(2) != m.param(3)).then(|| m.param(2).to_owned());
    Some(Client { ip, secure: claims_tls && cx.served().door.secure, host })
}
