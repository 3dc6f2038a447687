//! Registration of a connection as a user: its conditions, and the welcome.

use serde::{Deserialize, Serialize};

use crate::config::{LogType, Logging};
use crate::engine::announce::welcome as greeting;
use crate::engine::border::{HashJob, JobAnswer, Level};
use crate::engine::command::{authenticate, join, lusers, motd, oper};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::Resume;
use crate::engine::door::{bans, host, lookups};
use crate::engine::policy::{self, NickClaim};
use crate::engine::setup::{ResolvedConfig, settings};
use crate::engine::{announce, history};
use crate::i18n::Phrase;
use crate::state::fact::Introduction;
use crate::state::session::Password;
use crate::state::user::NewUser;
use crate::state::{Fact, Letters, User, UserId};
use crate::text::Nick;
use crate::wire::numeric::*;
use crate::wire::{Cap, Text};

use super::{idle, sts_only};

/// Registers the session once nothing is missing.
pub fn advance(cx: &mut Cx<'_>) {
    let Some(known) = cx.served().registering() else { return };
    if known.negotiating || known.nick.is_none() || known.user.is_none() {
        return;
    }
    if cx.served().door.sts_only {
        return sts_only::reject(cx);
    }
    if lookups::start_next_lookup(cx) {
        return;
    }
    let Some(known) = cx.served().registering() else { return };
    // An account may replace the server's password.
    let skips_password = cx.config().accounts.skip_server_password && cx.account().is_some();
    match (&cx.config().server.password, &known.password) {
        (None, _) | (Some(_), Password::Right) => admit(cx),
        (Some(_), _) if skips_password => {
            cx.commit(Fact::Introduced { session: cx.session, said: Introduction::NeedsAccount });
            admit(cx);
        }
        (Some(_), Password::Missing) => wrong_password(cx),
        (Some(hash), Password::Given(password)) => {
            let job = HashJob::VerifyPassword { hash: hash.clone(), password: password.to_string() };
            cx.ask(job, ServerPasswordCompared);
        }
    }
}

/// Continues registration once the server password has been compared.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct ServerPasswordCompared;

impl Resume for ServerPasswordCompared {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match answer {
            JobAnswer::Password(true) => {
                cx.commit(Fact::Introduced { session: cx.session, said: Introduction::PasswordRight });
            }
            JobAnswer::Password(false) => wrong_password(cx),
            _ => cx.close_saying(Phrase::SERVER_BUSY, &[]),
        }
        Ok(())
    }
}

fn wrong_password(cx: &mut Cx<'_>) {
    cx.reply(ERR_PASSWDMISMATCH, &[], Text::Said(Phrase::PASSWORD_INCORRECT, &[]));
    cx.close_saying(Phrase::PASSWORD_INCORRECT, &[]);
}

/// Registers a client that has an account or needs none.
fn admit(cx: &mut Cx<'_>) {
    if cx.account().is_none() && policy::needs_account(cx.config(), cx.served().door.ip) {
        cx.fail("*", "ACCOUNT_REQUIRED", &[], Phrase::LOGIN_TO_JOIN);
        return cx.close_saying(Phrase::LOGIN_TO_JOIN, &[]);
    }
    register(cx);
}

fn register(cx: &mut Cx<'_>) {
    authenticate::abort(cx);
    let Some(known) = cx.served().registering() else { return };
    let Some(wanted) = known.nick.as_ref().map(|nick| nick.as_str().to_owned()) else { return };
    // Another client may have taken the nick since NICK.
    match policy::claim_nick(cx.setup, cx.state(), &wanted, cx.account(), None) {
        Ok(NickClaim::Take(nick)) => create_user(cx, nick),
        Ok(NickClaim::Attach(user)) => attach(cx, user),
        Err(refusal) => {
            cx.commit(Fact::Introduced { session: cx.session, said: Introduction::NoNick });
            refusal.say(cx);
        }
    }
}

/// Creates the user of the session being served.
fn create_user(cx: &mut Cx<'_>, nick: Nick) {
    let session = cx.served();
    let Some(known) = session.registering() else { return };
    let Some((username, realname)) = known.user.clone() else { return };
    let (ip, secure) = (session.door.ip, session.door.secure);
    let (real_host, cloak) = lookups::hosts(cx, &session.door, &known.origin);
    // A user name confirmed by ident gets no `~`.
    let username: Box<str> = match (&cx.config().server.coerce_ident, known.origin.ident.found()) {
        (Some(ident), _) => ident.as_str().into(),
        (None, Some(ident)) => ident.into(),
        (None, None) => format!("~{username}").into(),
    };
    let nuhs = bans::sources(nick.key(), &username, &[&cloak, &real_host, &ResolvedConfig::address_text(ip)]);
    if bans::reject_banned(cx, &nuhs) {
        return;
    }
    let mut modes: Letters = cx.setup.user_modes;
    modes.set('Z', secure);
    let text = format!("Client connected [{}] [u:{username}] [r:{realname}] [ip:{real_host}]", nick.as_str());
    cx.note(Level::Info, LogType::Connect, text);
    let (at_s, account) = (cx.now.wall_ms / 1000, cx.account().map(|account| account.name.clone()));
    let user = NewUser { nick, username, realname, cloak, real_host, ip, modes, account, at_s };
    cx.commit(Fact::Registered { session: cx.session, user: Box::new(user) });
    let user = cx.me();
    if cx.account().is_some_and(|account| settings::is_always_on(cx.config(), &account.settings)) {
        cx.commit(Fact::AlwaysOnSet { user, on: true });
    }
    host::renew(cx, user);
    welcome(cx);
    idle::arm_ping(cx);
    oper::by_certificate(cx);
    join::auto_join(cx);
}

/// Attaches the session being served to an existing user, and sends it the user's channels.
fn attach(cx: &mut Cx<'_>, user: UserId) {
    let nuhs = bans::sources_through(&cx.state().users[user], &cx.served().door);
    if bans::reject_banned(cx, &nuhs) {
        return;
    }
    let nick = cx.state().users[user].nick.as_str().to_owned();
    cx.note(Level::Info, LogType::Connect, format!("Client attached [{nick}]"));
    let was_away = cx.state().users[user].away.is_some();
    let since_ms = missed_since(cx, user);
    cx.commit(Fact::Attached { session: cx.session, user });
    welcome(cx);
    idle::arm_ping(cx);
    for channel in cx.state().users[user].channels.clone() {
        announce::show_joined(cx, user, channel);
    }
    renew_secure(cx, user);
    if was_away != cx.state().users[user].away.is_some() {
        announce::show_away(cx, user);
    }
    oper::by_certificate(cx);
    history::catch_up(cx, user, since_ms);
}

/// Returns the last-seen time of the device, unless it is already connected with another session.
fn missed_since(cx: &Cx<'_>, user: UserId) -> Option<u64> {
    let session = cx.served();
    let is_connected = cx.state().users[user]
        .sessions
        .iter()
        .any(|&other| cx.state().sessions[other].device == session.device);
    session.last_seen_ms.filter(|_| !is_connected)
}

/// Updates `+Z`, which means that all connections of the user are secure. Without a connection it stays
/// unchanged.
pub fn renew_secure(cx: &mut Cx<'_>, user: UserId) {
    let User { sessions, modes, .. } = &cx.state().users[user];
    let is_secure = sessions.iter().all(|&session| cx.state().sessions[session].door.secure);
    if sessions.is_empty() || is_secure == modes.has('Z') {
        return;
    }
    let (letter, none) = (Letters::of("Z"), Letters::default());
    let (on, off) = if is_secure { (letter, none) } else { (none, letter) };
    cx.commit(Fact::UserModesChanged { user, on, off });
}

fn welcome(cx: &mut Cx<'_>) {
    greeting::greet(cx);
    lusers::show(cx);
    motd::show(cx);
    if cx.config().logging.iter().any(Logging::shows_lines) {
        greeting::warn_of_logs(cx);
    }
    let modes = cx.user().modes.to_string();
    cx.reply(RPL_UMODEIS, &[&modes], Text::None);
    if cx.served().caps.has(Cap::Whoami) {
        announce::show_self(cx);
    }
}
