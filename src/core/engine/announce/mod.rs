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

use crate::engine::context::turn::Turn;
use crate::engine::context::voice::sessions_of;
use crate::state::fact::OperAction;
use crate::state::{ChannelId, Fact, SessionId, State, UserId};
use crate::wire::{Body, Caps, MsgId, Origin, Outgoing};

use departure::{killed, quit};
use identity::{host_changed, logged_in, nick_changed, realname_changed, tell_account};
use membership::{cleared, invited, joined, left};
use modes::{modes_changed, show_snomasks, tell_user_modes, user_modes_changed};
use monitors::onlookers;
use speech::{redacted, said, topic_set};

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
pub fn announce(turn: &mut Turn<'_>, fact: &Fact<'_>) -> After {
    let msgid = turn.ids.msgid(turn.now.wall_ms);
    snomask::notify(turn, fact);
    match fact {
        Fact::Quit { user, reason } => quit(turn, *user, reason, msgid),
        Fact::Killed { by, user, reason } => killed(turn, *by, *user, reason, msgid),
        Fact::NickChanged { user, nick } => return nick_changed(turn, *user, nick, msgid),
        Fact::RealnameChanged { user, realname } => realname_changed(turn, *user, realname, msgid),
        Fact::HostChanged { user, host } => host_changed(turn, *user, host),
        Fact::Joined { user, channel, ranks } => return joined(turn, *user, *ranks, *channel, msgid),
        Fact::Parted { user, channel, reason } => left(turn, *user, *channel, None, *reason, msgid),
        Fact::Kicked { by, user, channel, reason } => {
            left(turn, *user, *channel, Some(*by), Some(reason), msgid);
        }
        Fact::Cleared { by, channel, stays, reason } => cleared(turn, *by, *channel, *stays, reason),
        Fact::TopicSet { by, channel, text } => topic_set(turn, *by, *channel, text, msgid),
        Fact::ModesChanged { by, channel, changes } => modes_changed(turn, *by, *channel, changes, msgid),
        Fact::UserModesChanged { user, on, off } => user_modes_changed(turn, *user, *on, *off),
        Fact::OperChanged { user, oper } => {
            tell_user_modes(turn, *user, if oper.is_some() { "+o" } else { "-o" });
        }
        Fact::Invited { by, user, channel, .. } => invited(turn, *by, *user, *channel, msgid),
        Fact::Said { session, by, to, what } => said(turn, *session, *by, to, what, msgid),
        Fact::AwaySet { session, .. } => return away_set(turn, *session),
        Fact::Registered { session, .. } => return After::Came(*session),
        Fact::LoggedIn { session, account, .. } => logged_in(turn, *session, account),
        Fact::LoggedOut { user } => tell_account(turn, *user, "*"),
        Fact::MessageRedacted { by, places, shown, id, reason } => {
            redacted(turn, *by, places, [shown, id.as_str()], *reason, msgid);
        }
        Fact::OperAction(OperAction::Snomasks { user, masks }) => show_snomasks(turn, *user, *masks),
        Fact::OperAction(_)
        | Fact::Detached { .. }
        | Fact::Attached { .. }
        | Fact::AlwaysOnSet { .. }
        | Fact::Authenticating { .. }
        | Fact::BatchChanged { .. }
        | Fact::LoginTried { .. }
        | Fact::AccountRequested { .. }
        | Fact::MailUnsent { .. }
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
fn away_set(turn: &Turn<'_>, session: SessionId) -> After {
    let state = turn.state();
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
fn say(turn: &mut Turn<'_>, by: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>, to: &[UserId]) {
    let sessions: Vec<SessionId> = sessions_of(turn.ledger, to.iter().copied()).collect();
    say_to(turn, by, body, needs, msgid, sessions.into_iter());
}

fn say_to(
    turn: &mut Turn<'_>,
    by: UserId,
    body: Body<'_>,
    needs: Caps,
    msgid: Option<MsgId>,
    to: impl Iterator<Item = SessionId>,
) {
    let state: &State = turn.ledger;
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, msgid), body };
    turn.voice.deliver(state, &line, needs, to);
}

/// Keeps what someone did in all channels where that one could be seen.
fn keep_everywhere(turn: &mut Turn<'_>, by: UserId, body: Body<'_>, msgid: MsgId) {
    let state: &State = turn.ledger;
    let user = &state.users[by];
    let line = Outgoing { source: user.source(), origin: origin_of(state, by, Some(msgid)), body };
    let channels = user.channels.iter().copied().filter(|&channel| !state.channels[channel].hides(by));
    turn.recorder.keep_in_channels(turn.setup, state, channels, &line, turn.voice.out);
}

/// Says what changed about a user to everyone whom it concerns.
fn to_onlookers(turn: &mut Turn<'_>, user: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>) {
    let told = onlookers(turn.ledger, turn.voice.scratch, user);
    say_to(turn, user, body, needs, msgid, told.into_iter());
}
