//! Notifies clients of facts. Only this module knows which clients are notified, and in which words.

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
use identity::{host_changed, logged_in, nick_changed, realname_changed, send_account};
use membership::{cleared, invited, joined, left};
use modes::{modes_changed, send_user_modes, show_snomasks, user_modes_changed};
use monitors::observers;
use speech::{redacted, said, topic_set};

/// A notification that must wait until the fact has been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// There is none.
    Nothing,
    /// Topic and names, to the user who joined.
    Joined(UserId, ChannelId, MsgId),
    /// A change of a user's away text, to observers; with the text before the change.
    Away(UserId, Option<Box<str>>),
    /// The session's user is online, to sessions that monitor the nick.
    Online(SessionId),
    /// The user has a new nick, to sessions that monitor it.
    Renamed(UserId),
}

/// Notifies clients of a fact that is about to be applied.
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
            send_user_modes(turn, *user, if oper.is_some() { "+o" } else { "-o" });
        }
        Fact::Invited { by, user, channel, .. } => invited(turn, *by, *user, *channel, msgid),
        Fact::Said { session, by, to, what } => said(turn, *session, *by, to, what, msgid),
        Fact::AwaySet { session, .. } => return away_set(turn, *session),
        Fact::Registered { session, .. } => return After::Online(*session),
        Fact::LoggedIn { session, account, .. } => logged_in(turn, *session, account),
        Fact::LoggedOut { user } => send_account(turn, *user, "*"),
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

/// Whether a user with several sessions is away is only known once the fact has been applied.
fn away_set(turn: &Turn<'_>, session: SessionId) -> After {
    let state = turn.state();
    let user = state.sessions[session].user();
    user.map_or(After::Nothing, |user| After::Away(user, state.users[user].away.clone()))
}

/// Returns the public information about the user who causes a line.
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

/// Sends a line from a user to all sessions of some users.
fn send_to_users(
    turn: &mut Turn<'_>,
    by: UserId,
    body: Body<'_>,
    needs: Caps,
    msgid: Option<MsgId>,
    to: &[UserId],
) {
    let sessions: Vec<SessionId> = sessions_of(turn.ledger, to.iter().copied()).collect();
    send_to_sessions(turn, by, body, needs, msgid, sessions.into_iter());
}

/// Sends a line from a user to some sessions.
fn send_to_sessions(
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

/// Records a user's action in all channels in which the user is visible.
fn record_in_all_channels(turn: &mut Turn<'_>, by: UserId, body: Body<'_>, msgid: MsgId) {
    let state: &State = turn.ledger;
    let user = &state.users[by];
    let line = Outgoing { source: user.source(), origin: origin_of(state, by, Some(msgid)), body };
    let channels = user.channels.iter().copied().filter(|&channel| !state.channels[channel].hides(by));
    turn.recorder.record_in_channels(turn.setup, state, channels, &line, turn.voice.out);
}

/// Sends a line about a change of a user to all sessions that can observe the user.
fn send_to_observers(turn: &mut Turn<'_>, user: UserId, body: Body<'_>, needs: Caps, msgid: Option<MsgId>) {
    let recipients = observers(turn.ledger, turn.voice.scratch, user);
    send_to_sessions(turn, user, body, needs, msgid, recipients.into_iter());
}
