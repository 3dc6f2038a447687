//! CLIENTS: the connections of a user.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::ServiceCommand;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::{SessionId, UserId};
use crate::wire::Text;
use crate::wire::clock::long_date;

use super::NS;

pub(super) const CLIENTS: ServiceCommand = ServiceCommand::new("CLIENTS", clients)
    .params(1, 3)
    .enabled(|config| config.accounts.multiclient.enabled)
    .help("LIST [<nick>] | LOGOUT [<nick>] <number>: lists your attached clients, or logs one out")
    .more(&["LOGOUT takes the number of a client, or `all`. Operators can give another user's nick."]);

pub(super) const SESSIONS: ServiceCommand =
    ServiceCommand::new("SESSIONS", |cx, params| list(cx, params.first().copied()))
        .params(0, 1)
        .enabled(|config| config.accounts.multiclient.enabled)
        .hidden()
        .help("[<nick>]: lists attached clients, like CLIENTS LIST");

fn clients(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    match (params[0].to_ascii_uppercase().as_str(), &params[1..]) {
        ("LIST", []) => list(cx, None),
        ("LIST", [nick]) => list(cx, Some(nick)),
        ("LOGOUT", [number]) => log_out(cx, None, number),
        ("LOGOUT", [nick, number]) => log_out(cx, Some(nick), number),
        _ => Err(NS.bad_parameters(CLIENTS.name)),
    }
}

fn target(cx: &Cx<'_>, nick: Option<&str>, right: &str) -> Result<UserId, Refusal> {
    let Some(nick) = nick else { return Ok(cx.me()) };
    let user = cx.find_user(nick).map_err(|_| NS.refuse(Phrase::NO_SUCH_NICK, &[]))?;
    if user != cx.me() && !cx.user().may(right) {
        return Err(NS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[]));
    }
    Ok(user)
}

fn list(cx: &mut Cx<'_>, nick: Option<&str>) -> Outcome {
    let user = target(cx, nick, "ban")?;
    let sessions = cx.state().users[user].sessions.clone();
    let nick = cx.state().users[user].nick.as_str().to_owned();
    cx.tell(NS, Phrase::CLIENTS_ARE, &[&nick, &sessions.len().to_string()]);
    for session in sessions {
        for line in describe(cx, session) {
            cx.notice(NS, Text::Plain(&line));
        }
    }
    Ok(())
}

fn describe(cx: &Cx<'_>, id: SessionId) -> Vec<String> {
    let session = &cx.state().sessions[id];
    let date = |mono_ms: u64| {
        let ago_ms = cx.now.mono_ms.saturating_sub(mono_ms);
        long_date(cx.now.wall_ms.saturating_sub(ago_ms) / 1000)
    };
    let heading = if id == cx.session { Phrase::CLIENT_IS_THIS } else { Phrase::CLIENT_IS };
    let mut lines = vec![cx.said(heading, &[&id.slot.to_string()])];
    lines.extend(session.device.as_ref().map(|device| cx.said(Phrase::CLIENT_DEVICE, &[device])));
    lines.push(cx.said(Phrase::CLIENT_ADDRESS, &[&ResolvedConfig::address_text(session.door.ip)]));
    lines.push(cx.said(Phrase::CLIENT_CONNECTED, &[&date(session.opened_mono_ms)]));
    lines.push(cx.said(Phrase::CLIENT_ACTIVE, &[&date(session.heard_mono_ms)]));
    let certfp = session.door.certfp.as_ref();
    lines.extend(certfp.map(|certfp| cx.said(Phrase::CLIENT_CERTIFICATE, &[certfp])));
    lines
}

fn log_out(cx: &mut Cx<'_>, nick: Option<&str>, number: &str) -> Outcome {
    let user = target(cx, nick, "kill")?;
    let mut sessions = cx.state().users[user].sessions.to_vec();
    if !number.eq_ignore_ascii_case("all") {
        sessions.retain(|session| Ok(session.slot) == number.parse());
        if sessions.is_empty() {
            return Err(NS.refuse(Phrase::NO_SUCH_CLIENT, &[]));
        }
    }
    let reason = cx.setup.said(Phrase::LOGGED_OUT_BY, &[cx.nick()]);
    cx.tell(NS, Phrase::CLIENTS_LOGGED_OUT, &[&sessions.len().to_string()]);
    // The session being served comes last, so that it still receives the reply.
    sessions.sort_by_key(|&session| session == cx.session);
    for session in sessions {
        cx.disconnect(session, &reason);
    }
    Ok(())
}
