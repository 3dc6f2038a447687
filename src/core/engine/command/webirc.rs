//! WEBIRC: a gateway passes on the address of its client (<https://ircv3.net/specs/extensions/webirc>).

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

/// A WEBIRC command that waits for the comparison of its password.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct WebircClaim {
    password: String,
    client: Client,
    /// Gateways still to be tried, as indices into `server.webirc`; the last one is next.
    gateways: Vec<usize>,
}

fn webirc(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if cx.served().registering().is_none() {
        return Err(Refusal::AlreadyRegistered);
    }
    let Some(client) = client(cx, m) else { return refuse(cx) };
    if !gateway::can_be_replaced(cx) {
        return refuse(cx);
    }
    let mut gateways: Vec<usize> = (cx.config().server.webirc.iter().enumerate())
        .filter(|(_, gateway)| can_be(cx, gateway))
        .map(|(at, _)| at)
        .collect();
    gateways.reverse();
    try_next(cx, WebircClaim { password: m.param(0).to_owned(), client, gateways })
}

/// Continues after the comparison with the password of the last gateway.
impl Resume for WebircClaim {
    fn resume(mut self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match (answer, self.gateways.pop()) {
            (JobAnswer::Password(true), Some(at)) => accept(cx, *self, at),
            _ => try_next(cx, *self),
        }
    }
}

/// Tries the next gateway.
fn try_next(cx: &mut Cx<'_>, claim: WebircClaim) -> Outcome {
    let Some(&at) = claim.gateways.last() else { return refuse(cx) };
    match cx.config().server.webirc.get(at).filter(|gateway| can_be(cx, gateway)) {
        Some(Webirc { password: Some(hash), .. }) => {
            let job = HashJob::VerifyPassword { hash: hash.clone(), password: claim.password.clone() };
            cx.ask(job, claim);
            Ok(())
        }
        // The certificate is sufficient.
        Some(Webirc { certfp: Some(_), .. }) => accept(cx, claim, at),
        // The configuration has changed during the wait.
        _ => refuse(cx),
    }
}

fn accept(cx: &mut Cx<'_>, claim: WebircClaim, at: usize) -> Outcome {
    let accepts_host = cx.config().server.webirc.get(at).is_some_and(|gateway| gateway.accept_hostname);
    let host = claim.client.host.filter(|host| accepts_host && is_host(host));
    gateway::replace_by_client(cx, Client { host, ..claim.client });
    Ok(())
}

fn refuse(cx: &mut Cx<'_>) -> Outcome {
    cx.close_saying(Phrase::WEBIRC_REFUSED, &[]);
    Ok(())
}

/// Whether the session can be this gateway's, judging by address and certificate.
fn can_be(cx: &Cx<'_>, gateway: &Webirc) -> bool {
    let door = &cx.served().door;
    let is_known = gateway.hosts.iter().any(|net| net.contains(door.ip));
    let has_credentials = gateway.password.is_some() || gateway.certfp.is_some();
    let presents = |certfp| door.certfp.as_deref() == Some(certfp);
    is_known && has_credentials && gateway.certfp.as_deref().is_none_or(presents)
}

/// Returns the client that the gateway passes on; `None` if its address is invalid.
fn client(cx: &Cx<'_>, m: &Message<'_>) -> Option<Client> {
    let ip: IpAddr = m.param(3).parse().ok()?;
    // The client's connection is secure only if the gateway's is, too.
    let claims_tls = m.param(4).split(' ').any(|flag| {
        let name = flag.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("tls") || name.eq_ignore_ascii_case("secure")
    });
    let host = (m.param(2) != m.param(3)).then(|| m.param(2).to_owned());
    Some(Client { ip, secure: claims_tls && cx.served().door.secure, host })
}
