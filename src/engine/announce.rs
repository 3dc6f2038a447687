//! Who is told of a fact, and in which words. Nothing else in the engine knows.

use crate::state::fact::{Change, Kind, Ruling, Said, Target};
use crate::state::{ChannelId, Fact, Letters, ModeChange, Rank, Ranks, SessionId, State, UserId};
use crate::text::Nick;
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::command::message::is_ctcp;
use super::command::{markread, names, topic};
use super::cx::Cx;
use super::effect::{Effect, Level};
use super::snomask;
use super::voice::{Voice, acquaintances, sessions_of};
use super::watchers::{self, onlookers};

/// What can only be told once the fact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Topic and names, to the one who joined.
    Joined(UserId, ChannelId),
    /// That one's away state changed, to those who see it.
    Away(UserId),
    /// That the session's user is there, to those who watch the nick.
    Came(SessionId),
    /// That the user has the nick, to those who watch it.
    Renamed(UserId),
}

/// Tells a fact that is about to hold.
pub fn announce(cx: &mut Cx<'_>, fact: &Fact<'_>) -> After {
    let msgid = cx.ids.msgid(cx.now.wall_ms);
    snomask::tell(cx, fact);
    match fact {
        Fact::Quit { user, reason } => quit(cx, *user, reason, msgid),
        Fact::Killed { by, user, reason } => killed(cx, *by, *user, reason, msgid),
        Fact::NickChanged { user, nick } => return nick_changed(cx, *user, nick, msgid),
        Fact::RealnameChanged { user, realname } => {
            let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(realname) };
            to_onlookers(cx, *user, body, Caps::of(Cap::Setname), Some(msgid));
        }
        Fact::HostChanged { user, host } => host_changed(cx, *user, host),
        Fact::Joined { user, channel, ranks } => return joined(cx, *user, *ranks, *channel, msgid),
        Fact::Parted { user, channel, reason } => {
            let text = reason.map_or(Text::None, Text::Plain);
            left(cx, *user, *channel, None, text, msgid);
        }
        Fact::Kicked { by, user, channel, reason } => {
            left(cx, *user, *channel, Some(*by), Text::Plain(reason), msgid);
        }
        Fact::Cleared { by, channel, stays, reason } => cleared(cx, *by, *channel, *stays, reason),
        Fact::TopicSet { by, channel, text } => topic_set(cx, *by, *channel, text, msgid),
        Fact::ModesChanged { by, channel, changes } => modes_changed(cx, *by, *channel, changes, msgid),
        Fact::UserModesChanged { user, on, off } => user_modes_changed(cx, *user, *on, *off),
        Fact::OperChanged { user, oper: Some(_) } => tell_user_modes(cx, *user, "+o"),
        Fact::OperChanged { user, oper: None } => tell_user_modes(cx, *user, "-o"),
        Fact::Invited { by, user, channel, .. } => invited(cx, *by, *user, *channel, msgid),
        Fact::Said { session, by, to, what } => said(cx, *session, *by, to, what, msgid),
        Fact::AwaySet { session, .. } => {
            return cx.state().sessions[*session].user().map_or(After::Nothing, After::Away);
        }
        Fact::Registered { session, .. } => return After::Came(*session),
        Fact::LoggedIn { session, account, .. } => logged_in(cx, *session, account),
        Fact::LoggedOut { user } => tell_account(cx, *user, "*"),
        Fact::Ruled(Ruling::Snomasks { user, masks }) => show_snomasks(cx, *user, *masks),
        Fact::Ruled(_)
        | Fact::Detached { .. }
        | Fact::Attached { .. }
        | Fact::AlwaysOnSet { .. }
        | Fact::Authenticating { .. }
        | Fact::LoginTried { .. }
        | Fact::Applied { .. }
        | Fact::RegistrationTried { .. }
        | Fact::Read { .. }
        | Fact::Seen { .. }
        | Fact::AccountMade { .. }
        | Fact::AccountChanged { .. }
        | Fact::AccountRemoved { .. }
        | Fact::RegistryChanged { .. }
        | Fact::PurgeSet { .. }
        | Fact::CloakSecretSet { .. }
        | Fact::Opened { .. }
        | Fact::Admitted { .. }
        | Fact::Forgiven { .. }
        | Fact::WhowasResized { .. }
        | Fact::Proxied { .. }
        | Fact::Vanished { .. }
        | Fact::Introduced { .. }
        | Fact::CapsSet { .. }
        | Fact::LanguagesSet { .. }
        | Fact::OperFailed { .. }
        | Fact::Formed { .. }
        | Fact::Uninvited { .. }
        | Fact::Accepted { .. }
        | Fact::MonitorChanged { .. } => {}
    }
    After::Nothing
}

/// Tells what had to wait until the fact held.
pub fn follow_up(cx: &mut Cx<'_>, after: After) {
    match after {
        After::Nothing => {}
        After::Joined(user, channel) => {
            for session in cx.state().users[user].sessions.clone() {
                cx.serve(session, |cx| show_place(cx, channel));
            }
        }
        After::Away(user) => show_away(cx, user),
        After::Came(session) => {
            if let Some(user) = cx.state().sessions[session].user() {
                watchers::came(cx, user);
            }
        }
        After::Renamed(user) => watchers::came(cx, user),
    }
}

/// Topic and names of a channel, to a session whose user is in it now.
fn show_place(cx: &mut Cx<'_>, channel: ChannelId) {
    if cx.state().channels[channel].topic.is_some() {
        topic::show(cx, channel);
    }
    markread::show_channel(cx, channel);
    if !cx.served().caps.has(Cap::NoImplicitNames) {
        names::show(cx, channel);
    }
}

fn join_line(state: &State, user: UserId, channel: ChannelId, msgid: Option<MsgId>) -> Outgoing<'_> {
    let (joiner, joined) = (&state.users[user], &state.channels[channel]);
    let body = Body::Join {
        channel: joined.name.as_str(),
        account: joiner.account_or_star(),
        realname: &joiner.realname,
    };
    Outgoing { source: joiner.source(), origin: origin_of(state, user, msgid), body }
}

/// Tells a session that has just been attached that its user is in a channel.
pub fn show_joined(cx: &mut Cx<'_>, user: UserId, channel: ChannelId) {
    let state: &State = cx.state;
    let line = join_line(state, user, channel, None);
    cx.voice.reply(&state.sessions[cx.session], &line);
    show_place(cx, channel);
}

/// Tells a session that its user, as far as the session goes, quits; ERROR follows.
pub fn show_quit(cx: &mut Cx<'_>, reason: &str) {
    let state: &State = cx.state;
    let Some(session) = state.sessions.get(cx.session) else { return };
    let Some(user) = session.user() else { return };
    let body = Body::Command { verb: "QUIT", params: &[], text: Text::Plain(reason) };
    let line = Outgoing { source: state.users[user].source(), origin: origin_of(state, user, None), body };
    cx.voice.reply(session, &line);
}

/// Tells a session its own full mask, in the form of a SETNAME (draft/whoami).
pub fn show_self(cx: &mut Cx<'_>) {
    let state: &State = cx.state;
    let Some(user) = state.sessions[cx.session].user().map(|user| &state.users[user]) else { return };
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(&user.realname) };
    let line = Outgoing { source: user.source(), origin: Origin::default(), body };
    cx.voice.reply(&state.sessions[cx.session], &line);
}

/// Tells those who see it that a user went away or came back.
pub fn show_away(cx: &mut Cx<'_>, user: UserId) {
    let text = cx.state().users[user].away.clone();
    let text = text.as_deref().map_or(Text::None, Text::Plain);
    let body = Body::Command { verb: "AWAY", params: &[], text };
    let mut told = onlookers(cx.state, cx.voice.scratch, user);
    told.retain(|&session| cx.state.sessions[session].user() != Some(user));
    say_to(cx, user, body, Caps::of(Cap::AwayNotify), None, told.into_iter());
}

fn host_changed(cx: &mut Cx<'_>, user: UserId, host: &str) {
    let username = cx.state().users[user].username.clone();
    let body = Body::Command { verb: "CHGHOST", params: &[&username, host], text: Text::None };
    to_onlookers(cx, user, body, Caps::of(Cap::Chghost), None);
}

/// account-notify: `*` for none.
fn tell_account(cx: &mut Cx<'_>, user: UserId, account: &str) {
    let body = Body::Command { verb: "ACCOUNT", params: &[account], text: Text::None };
    to_onlookers(cx, user, body, Caps::of(Cap::AccountNotify), None);
}

/// What everyone may know of who says something.
fn origin_of(state: &State, user: UserId, msgid: Option<MsgId>) -> Origin<'_> {
    let user = &state.users[user];
    Origin {
        msgid,
        account: user.account.as_ref().map(|account| account.as_str()),
        bot: user.modes.has('B'),
        client_tags: "",
    }
}

/// Says something in a user's name to all sessions of some users.
fn say(cx: &mut Cx<'_>, by: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>, to: &[UserId]) {
    let sessions: Vec<SessionId> = sessions_of(cx.state, to.iter().copied()).collect();
    say_to(cx, by, body, needs, msgid, sessions.into_iter());
}

fn say_to(
    cx: &mut Cx<'_>,
    by: UserId,
    body: Body<'_>,
    needs: Caps,
    msgid: Option<MsgId>,
    to: impl Iterator<Item = SessionId>,
) {
    let state: &State = cx.state;
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, msgid), body };
    cx.voice.deliver(state, &line, needs, to);
}

/// Says what changed about a user to everyone whom it concerns.
fn to_onlookers(cx: &mut Cx<'_>, user: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>) {
    let told = onlookers(cx.state, cx.voice.scratch, user);
    say_to(cx, user, body, needs, msgid, told.into_iter());
}

/// Those who watch either nick are told apart from the others; a change of case is nothing to them.
fn nick_changed(cx: &mut Cx<'_>, user: UserId, nick: &Nick, msgid: MsgId) -> After {
    let told = acquaintances(cx.state, cx.voice.scratch, user);
    let body = Body::Command { verb: "NICK", params: &[], text: Text::Plain(nick.as_str()) };
    say(cx, user, body, Caps::NONE, Some(msgid), &told);
    if cx.state().users[user].nick.key() == nick.key() {
        return After::Nothing;
    }
    watchers::sheds_nick(cx, user);
    After::Renamed(user)
}

fn topic_set(cx: &mut Cx<'_>, by: UserId, channel: ChannelId, text: &str, msgid: MsgId) {
    let name = cx.state().channels[channel].name.clone();
    let body = Body::Command { verb: "TOPIC", params: &[name.as_str()], text: Text::Plain(text) };
    let members: Vec<UserId> = cx.state().channels[channel].members.keys().copied().collect();
    say(cx, by, body, Caps::NONE, Some(msgid), &members);
}

/// PART, or KICK by someone: not told to those whom an auditorium hides the member from.
fn left(
    cx: &mut Cx<'_>,
    user: UserId,
    channel: ChannelId,
    kicked_by: Option<UserId>,
    text: Text<'_>,
    msgid: MsgId,
) {
    let state: &State = cx.state;
    let channel = &state.channels[channel];
    let params = [channel.name.as_str(), state.users[user].nick.as_str()];
    let (by, body) = match kicked_by {
        None => (user, Body::Command { verb: "PART", params: &params[..1], text }),
        Some(by) => (by, Body::Command { verb: "KICK", params: &params, text }),
    };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    let told = channel.members.keys().copied().filter(|&member| channel.shows(member, user));
    cx.voice.deliver(state, &line, Caps::NONE, sessions_of(state, told));
}

/// account-notify: those who see the user learn the account. Before registration nobody does.
fn logged_in(cx: &mut Cx<'_>, session: SessionId, account: &str) {
    let Some(user) = cx.state().sessions[session].user() else { return };
    let Some(name) = cx.state().accounts.get(account).map(|account| account.name.as_str().to_owned()) else {
        return;
    };
    tell_account(cx, user, &name);
}

fn quit(cx: &mut Cx<'_>, user: UserId, reason: &str, msgid: MsgId) {
    let body = Body::Command { verb: "QUIT", params: &[], text: Text::Plain(reason) };
    let mut told = acquaintances(cx.state, cx.voice.scratch, user);
    // Who leaves hears ERROR instead.
    told.retain(|&other| other != user);
    say(cx, user, body, Caps::NONE, Some(msgid), &told);
    watchers::leaves(cx, user);
    let nick = cx.state().users[user].nick.as_str();
    let text = format!("Client exited [{nick}]: {reason}");
    cx.note(Level::Info, "quit", text);
}

/// KILL ends the user's sessions from outside: they get KILL and ERROR, the others QUIT.
fn killed(cx: &mut Cx<'_>, by: UserId, user: UserId, reason: &str, msgid: MsgId) {
    let nick = cx.state().users[user].nick.as_str().to_owned();
    let body = Body::Command { verb: "KILL", params: &[&nick], text: Text::Plain(reason) };
    say(cx, by, body, Caps::NONE, None, &[user]);
    let error = format!("Killed ({} ({reason}))", cx.state().users[by].nick.as_str());
    let sessions: Vec<SessionId> = cx.state().users[user].sessions.to_vec();
    let body = Body::Command { verb: "ERROR", params: &[], text: Text::Plain(&error) };
    let line = Outgoing { source: "", origin: Origin::default(), body };
    cx.voice.deliver(cx.state, &line, Caps::NONE, sessions.iter().copied());
    for session in sessions {
        cx.waiting.sessions.remove(&session);
        if session == cx.session {
            cx.closed = true;
        } else {
            cx.voice.out.push(Effect::Close { session });
        }
    }
    quit(cx, user, &error, msgid);
}

/// A KICK for each who goes. The one who stays hears all of them, the others their own: were everyone told of
/// everyone, a large channel could not be cleared in one go.
fn cleared(cx: &mut Cx<'_>, by: UserId, channel: ChannelId, stays: Option<UserId>, reason: &str) {
    let members: Vec<UserId> = cx.state().channels[channel].members.keys().copied().collect();
    for user in members.into_iter().filter(|&user| Some(user) != stays) {
        let msgid = cx.ids.msgid(cx.now.wall_ms);
        let state: &State = cx.state;
        let (name, nick) = (state.channels[channel].name.as_str(), state.users[user].nick.as_str());
        let body = Body::Command { verb: "KICK", params: &[name, nick], text: Text::Plain(reason) };
        let line =
            Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
        let told = sessions_of(state, [user].into_iter().chain(stays));
        cx.voice.deliver(state, &line, Caps::NONE, told);
    }
}

fn joined(cx: &mut Cx<'_>, user: UserId, ranks: Ranks, channel: ChannelId, msgid: MsgId) -> After {
    let state: &State = cx.state;
    let (joiner, joined) = (&state.users[user], &state.channels[channel]);
    let line = join_line(state, user, channel, Some(msgid));
    // The joiner is no member yet.
    let knows = |&member: &UserId| ranks != Ranks::NONE || joined.shows(member, user);
    let members = joined.members.keys().copied().filter(knows);
    cx.voice.deliver(state, &line, Caps::NONE, sessions_of(state, members.chain([user])));
    if let Some(away) = &joiner.away {
        // away-notify: who joins while away says so at once.
        let body = Body::Command { verb: "AWAY", params: &[], text: Text::Plain(away) };
        let line = Outgoing { source: joiner.source(), origin: origin_of(state, user, None), body };
        let members = joined.members.keys().copied().filter(knows);
        cx.voice.deliver(state, &line, Caps::of(Cap::AwayNotify), sessions_of(state, members));
    }
    show_ranks(cx, user, channel, ranks);
    After::Joined(user, channel)
}

/// Tells those who are there which ranks someone comes with; who comes reads it in NAMES.
fn show_ranks(cx: &mut Cx<'_>, user: UserId, channel: ChannelId, ranks: Ranks) {
    let state: &State = cx.state;
    let channel = &state.channels[channel];
    let letters: String = Rank::ALL.into_iter().filter(|&rank| ranks.has(rank)).map(Rank::letter).collect();
    if letters.is_empty() {
        return;
    }
    let nick = state.users[user].nick.as_str();
    let mut params = vec![channel.name.as_str().to_owned(), format!("+{letters}")];
    params.extend(letters.chars().map(|_| nick.to_owned()));
    let params: Vec<&str> = params.iter().map(String::as_str).collect();
    let body = Body::Command { verb: "MODE", params: &params, text: Text::None };
    let line = Outgoing { source: cx.setup.server_name(), origin: Origin::default(), body };
    cx.voice.deliver(state, &line, Caps::NONE, sessions_of(state, channel.members.keys().copied()));
}

fn invited(cx: &mut Cx<'_>, by: UserId, user: UserId, channel: ChannelId, msgid: MsgId) {
    let state: &State = cx.state;
    let invitee = state.users[user].nick.as_str();
    let joined = &state.channels[channel];
    let body = Body::Command { verb: "INVITE", params: &[invitee], text: Text::Plain(joined.name.as_str()) };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    cx.voice.deliver(state, &line, Caps::NONE, sessions_of(state, [user].into_iter()));
    let watchers = joined.members.iter().filter(|&(&member, standing)| {
        member != by && member != user && standing.ranks.at_least(Rank::Halfop)
    });
    let watchers = watchers.map(|(&member, _)| member);
    cx.voice.deliver(state, &line, Caps::of(Cap::InviteNotify), sessions_of(state, watchers));
}

fn said(cx: &mut Cx<'_>, session: SessionId, by: UserId, to: &Target<'_>, what: &Said<'_>, msgid: MsgId) {
    let state: &State = cx.state;
    let target = match to {
        Target::Channel { shown, .. } | Target::Many { shown, .. } => shown,
        Target::User(user) => state.users[*user].nick.as_str(),
    };
    let text = if what.kind == Kind::Tagmsg { Text::None } else { Text::Plain(what.text) };
    let body = Body::Command { verb: what.kind.verb(), params: &[target], text };
    let origin = Origin { client_tags: what.client_tags, ..origin_of(state, by, Some(msgid)) };
    let line = Outgoing { source: state.users[by].source(), origin, body };
    let needs = if what.kind == Kind::Tagmsg { Caps::of(Cap::MessageTags) } else { Caps::NONE };
    // What a client answers to CTCP tells more of it than who comes through Tor wants known.
    let ctcp = is_ctcp(what.text);
    let others = |&id: &SessionId| id != session && !(ctcp && state.sessions[id].door.tor);
    let voice: &mut Voice<'_> = &mut cx.voice;
    match to {
        Target::Channel { channel, at_least, .. } => {
            let members = state.channels[*channel].members.iter();
            let hears = |&(&member, standing): &(&UserId, &crate::state::Member)| {
                member == by || at_least.is_none_or(|rank| standing.ranks.at_least(rank))
            };
            let members = members.filter(hears).map(|(&member, _)| member);
            voice.deliver(state, &line, needs, sessions_of(state, members).filter(others));
            let outside = !state.channels[*channel].members.contains_key(&by);
            let own = sessions_of(state, [by].into_iter().filter(|_| outside));
            voice.deliver(state, &line, needs, own.filter(others));
        }
        Target::Many { users, .. } => {
            voice.deliver(state, &line, needs, sessions_of(state, users.iter().copied()).filter(others));
        }
        Target::User(user) => {
            let both = [*user, by].into_iter().take(if *user == by { 1 } else { 2 });
            voice.deliver(state, &line, needs, sessions_of(state, both).filter(others));
        }
    }
    // echo-message: the speaker's own copy is part of the answer. What is said to oneself arrives
    // besides, as from anyone else.
    voice.deliver(state, &line, needs | Caps::of(Cap::EchoMessage), [session].into_iter());
    if matches!(to, Target::User(user) if *user == by) {
        voice.deliver_alone(&state.sessions[session], session, &line, needs);
    }
}

fn modes_changed(cx: &mut Cx<'_>, by: Option<UserId>, channel: ChannelId, changes: &[Change], msgid: MsgId) {
    let (state, name): (&State, _) = (cx.state, cx.state.channels[channel].name.as_str());
    let source = by.map_or(cx.setup.server_name(), |user| state.users[user].source());
    let frame = ":  MODE  \r\n".len() + source.len() + name.len();
    let lines = mode_lines(state, changes, cx.config().server.max_line_len.saturating_sub(frame));
    for (index, (letters, params)) in lines.iter().enumerate() {
        let msgid = if index == 0 { msgid } else { cx.ids.msgid(cx.now.wall_ms) };
        let origin = match by {
            Some(user) => origin_of(state, user, Some(msgid)),
            None => Origin { msgid: Some(msgid), ..Origin::default() },
        };
        let mut all = vec![name, letters];
        all.extend(params.iter().map(String::as_str));
        let body = Body::Command { verb: "MODE", params: &all, text: Text::None };
        let members = state.channels[channel].members.keys().copied();
        let line = Outgoing { source, origin, body };
        cx.voice.deliver(state, &line, Caps::NONE, sessions_of(state, members));
    }
}

/// Changes as letters with their parameters. Masks are longer in their canonical form than as given,
/// so that a line of changes may have to become several.
fn mode_lines(state: &State, changes: &[Change], bytes_max: usize) -> Vec<(String, Vec<String>)> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let (mut bytes, mut sign) = (bytes_max, None);
    for Change { change, .. } in changes {
        let (letter, on, param) = shown(state, change);
        let more = 2 + param.as_ref().map_or(0, |param| 1 + param.len());
        if bytes + more > bytes_max {
            lines.push((String::new(), Vec::new()));
            (bytes, sign) = (0, None);
        }
        bytes += more;
        let (letters, params) = lines.last_mut().expect("the first change opens a line");
        if sign != Some(on) {
            letters.push(if on { '+' } else { '-' });
            sign = Some(on);
        }
        letters.push(letter);
        params.extend(param);
    }
    lines
}

/// A mode change as MODE shows it.
fn shown(state: &State, change: &ModeChange) -> (char, bool, Option<String>) {
    match change {
        ModeChange::Flag { letter, on } => (*letter, *on, None),
        ModeChange::Rank { rank, on, user } => {
            (rank.letter(), *on, Some(state.users[*user].nick.as_str().to_owned()))
        }
        ModeChange::List { list, on, mask } => (list.letter(), *on, Some(mask.clone())),
        // The key that is taken away is not repeated.
        ModeChange::Key(key) => ('k', key.is_some(), Some(key.clone().unwrap_or_else(|| "*".to_owned()))),
        ModeChange::Forward(to) => ('f', to.is_some(), to.as_ref().map(|to| to.as_str().to_owned())),
        ModeChange::Limit(limit) => ('l', limit.is_some(), limit.map(|limit| limit.to_string())),
    }
}

fn user_modes_changed(cx: &mut Cx<'_>, user: UserId, on: Letters, off: Letters) {
    let mut change = String::new();
    for (sign, letters) in [('+', on), ('-', off)] {
        let letters: String = letters.iter().collect();
        if !letters.is_empty() {
            change.push(sign);
            change.push_str(&letters);
        }
    }
    tell_user_modes(cx, user, &change);
}

fn show_snomasks(cx: &mut Cx<'_>, user: UserId, masks: Letters) {
    match masks == Letters::default() {
        true => tell_user_modes(cx, user, "-s"),
        false => tell_user_modes(cx, user, &format!("+s {masks}")),
    }
}

fn tell_user_modes(cx: &mut Cx<'_>, user: UserId, change: &str) {
    let nick = cx.state().users[user].nick.as_str().to_owned();
    let mut params = vec![nick.as_str()];
    params.extend(change.split(' '));
    let body = Body::Command { verb: "MODE", params: &params, text: Text::None };
    say(cx, user, body, Caps::NONE, None, &[user]);
}
