//! Who is told of a fact, and in which words. Nothing else in the engine knows.

mod departure;
mod identity;
mod membership;
mod modes;
pub mod monitors;
pub mod names;
pub mod place;
pub mod snomask;
mod speech;
pub mod welcome;

pub use departure::show_quit;
pub use identity::{show_away, show_self};
pub use membership::{show_join, show_joined};
pub use modes::show_user_modes;
pub use speech::echo;

use crate::engine::context::cx::Cx;
use crate::engine::context::voice::sessions_of;
use crate::state::fact::OperAction;
use crate::state::{ChannelId, Fact, SessionId, State, UserId};
use crate::wire::{Body, Caps, MsgId, Origin, Outgoing};

use departure::{killed, quit};
use identity::{host_changed, logged_in, nick_changed, realname_changed, tell_account};
use membership::{cleared, invited, joined, left};
use modes::{modes_changed, show_snomasks, tell_user_modes, user_modes_changed};
use monitors::onlookers;
use speech::{said, taken_back, topic_set};

/// What can only be told once the fact holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Topic and names, to the one who joined.
    Joined(UserId, ChannelId, MsgId),
    /// That one is away, or back, or for another reason, to those who see it. It was as given before.
    Away(UserId, Option<Box<str>>),
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
        Fact::RealnameChanged { user, realname } => realname_changed(cx, *user, realname, msgid),
        Fact::HostChanged { user, host } => host_changed(cx, *user, host),
        Fact::Joined { user, channel, ranks } => return joined(cx, *user, *ranks, *channel, msgid),
        Fact::Parted { user, channel, reason } => left(cx, *user, *channel, None, *reason, msgid),
        Fact::Kicked { by, user, channel, reason } => {
            left(cx, *user, *channel, Some(*by), Some(reason), msgid);
        }
        Fact::Cleared { by, channel, stays, reason } => cleared(cx, *by, *channel, *stays, reason),
        Fact::TopicSet { by, channel, text } => topic_set(cx, *by, *channel, text, msgid),
        Fact::ModesChanged { by, channel, changes } => modes_changed(cx, *by, *channel, changes, msgid),
        Fact::UserModesChanged { user, on, off } => user_modes_changed(cx, *user, *on, *off),
        Fact::OperChanged { user, oper } => {
            tell_user_modes(cx, *user, if oper.is_some() { "+o" } else { "-o" });
        }
        Fact::Invited { by, user, channel, .. } => invited(cx, *by, *user, *channel, msgid),
        Fact::Said { session, by, to, what } => said(cx, *session, *by, to, what, msgid),
        Fact::AwaySet { session, .. } => return away_set(cx, *session),
        Fact::Registered { session, .. } => return After::Came(*session),
        Fact::LoggedIn { session, account, .. } => logged_in(cx, *session, account),
        Fact::LoggedOut { user } => tell_account(cx, *user, "*"),
        Fact::MessageRedacted { by, places, shown, id, reason } => {
            taken_back(cx, *by, places, [shown, id.as_str()], *reason, msgid);
        }
        Fact::OperAction(OperAction::Snomasks { user, masks }) => show_snomasks(cx, *user, *masks),
        Fact::OperAction(_)
        | Fact::Detached { .. }
        | Fact::Attached { .. }
        | Fact::AlwaysOnSet { .. }
        | Fact::Authenticating { .. }
        | Fact::BatchChanged { .. }
        | Fact::LoginTried { .. }
        | Fact::AccountRequested { .. }
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
        | Fact::HandshakeDone { .. }
        | Fact::Admitted { .. }
        | Fact::WhowasResized { .. }
        | Fact::Proxied { .. }
        | Fact::SessionDropped { .. }
        | Fact::Introduced { .. }
        | Fact::CapsSet { .. }
        | Fact::LanguagesSet { .. }
        | Fact::OperFailed { .. }
        | Fact::Kept { .. }
        | Fact::HistoryTrimmed { .. }
        | Fact::Forgotten { .. }
        | Fact::PlaybackAsked { .. }
        | Fact::ChannelCreated { .. }
        | Fact::Uninvited { .. }
        | Fact::Accepted { .. }
        | Fact::MonitorChanged { .. } => {}
    }
    After::Nothing
}

/// Only afterwards it shows whether a user with several sessions is away.
fn away_set(cx: &Cx<'_>, session: SessionId) -> After {
    let state = cx.state();
    let user = state.sessions[session].user();
    user.map_or(After::Nothing, |user| After::Away(user, state.users[user].away.clone()))
}

/// What everyone may know of who says something.
fn origin_of(state: &State, user: UserId, msgid: Option<MsgId>) -> Origin<'_> {
    let user = &state.users[user];
    Origin {
        msgid,
        account: user.account.as_ref().map(|account| account.as_str()),
        bot: user.modes.has('B'),
        client_tags: "",
        part: None,
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

/// Keeps what someone did in all channels where that one could be seen.
fn keep_everywhere(cx: &mut Cx<'_>, by: UserId, body: Body<'_>, msgid: MsgId) {
    let state: &State = cx.state;
    let user = &state.users[by];
    let line = Outgoing { source: user.source(), origin: origin_of(state, by, Some(msgid)), body };
    let channels = user.channels.iter().copied().filter(|&channel| !state.channels[channel].hides(by));
    cx.chronicle.keep_in_channels(cx.setup, state, channels, &line, cx.voice.out);
}

/// Says what changed about a user to everyone whom it concerns.
fn to_onlookers(cx: &mut Cx<'_>, user: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>) {
    let told = onlookers(cx.state, cx.voice.scratch, user);
    say_to(cx, user, body, needs, msgid, told.into_iter());
}
