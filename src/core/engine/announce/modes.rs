//! Mode changes of channels and users.

use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::sessions_of;
use crate::state::fact::Change;
use crate::state::{ChannelId, Letters, ModeChange, State, UserId};
use crate::wire::{Body, Caps, MsgId, Origin, Outgoing, Text};

use super::{origin_of, send_to_users};

pub(super) fn modes_changed(
    turn: &mut Turn<'_>,
    by: Option<UserId>,
    channel: ChannelId,
    changes: &[Change],
    msgid: MsgId,
) {
    let (state, name): (&State, _) = (turn.ledger, turn.ledger.channels[channel].name.as_str());
    let source = by.map_or(turn.setup.server_name(), |user| state.users[user].source());
    let frame = ":  MODE  \r\n".len() + source.len() + name.len();
    let lines = mode_lines(state, changes, turn.config().server.max_line_len.saturating_sub(frame));
    for (index, (letters, params)) in lines.iter().enumerate() {
        let msgid = if index == 0 { msgid } else { turn.ids.msgid(turn.now.wall_ms) };
        let origin = match by {
            Some(user) => origin_of(state, user, Some(msgid)),
            None => Origin { msgid: Some(msgid), ..Origin::default() },
        };
        let mut all = vec![name, letters];
        all.extend(params.iter().map(String::as_str));
        let body = Body::Command { verb: "MODE", params: &all, text: Text::None };
        let members = &state.channels[channel].members;
        // An operator or founder who is not in the channel also sees the change.
        let outsider = by.filter(|user| !members.contains_key(user));
        let line = Outgoing { source, origin, body };
        let recipients = sessions_of(state, members.keys().copied().chain(outsider));
        turn.voice.deliver(state, &line, Caps::NONE, recipients);
        turn.recorder.record_in_channels(turn.setup, state, [channel].into_iter(), &line, turn.voice.out);
    }
}

/// Returns changes as letters and parameters, by line. Masks are longer in their canonical form than as
/// given, so the changes of one line may need several.
fn mode_lines(state: &State, changes: &[Change], bytes_max: usize) -> Vec<(String, Vec<String>)> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let (mut bytes, mut sign) = (bytes_max, None);
    for Change { change, .. } in changes {
        let (letter, on, param) = shown(state, change);
        let added_bytes = 2 + param.as_ref().map_or(0, |param| 1 + param.len());
        if bytes + added_bytes > bytes_max {
            lines.push((String::new(), Vec::new()));
            (bytes, sign) = (0, None);
        }
        bytes += added_bytes;
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

/// Returns the letter, sign and parameter of a mode change in MODE.
fn shown(state: &State, change: &ModeChange) -> (char, bool, Option<String>) {
    match change {
        ModeChange::Flag { letter, on } => (*letter, *on, None),
        ModeChange::Rank { rank, on, user } => {
            (rank.letter(), *on, Some(state.users[*user].nick.as_str().to_owned()))
        }
        ModeChange::List { list, on, mask } => (list.letter(), *on, Some(mask.clone())),
        // A key that is removed is not repeated.
        ModeChange::Key(key) => ('k', key.is_some(), Some(key.clone().unwrap_or_else(|| "*".to_owned()))),
        ModeChange::Forward(to) => ('f', to.is_some(), to.as_ref().map(|to| to.as_str().to_owned())),
        ModeChange::Limit(limit) => ('l', limit.is_some(), limit.map(|limit| limit.to_string())),
    }
}

pub(super) fn user_modes_changed(turn: &mut Turn<'_>, user: UserId, on: Letters, off: Letters) {
    send_user_modes(turn, user, &signed(on, off));
}

/// Sends a change of a user's modes to the session being served, whose user caused it.
pub fn show_user_modes(cx: &mut Cx<'_>, user: UserId, on: Letters, off: Letters) {
    let (source, nick) = (&cx.state().users[user].source().to_owned(), cx.state().users[user].nick.clone());
    cx.reply_from(source, "MODE", &[nick.as_str(), &signed(on, off)], Text::None);
}

fn signed(on: Letters, off: Letters) -> String {
    let mut change = String::new();
    for (sign, letters) in [('+', on), ('-', off)] {
        let letters: String = letters.iter().collect();
        if !letters.is_empty() {
            change.push(sign);
            change.push_str(&letters);
        }
    }
    change
}

pub(super) fn show_snomasks(turn: &mut Turn<'_>, user: UserId, masks: Letters) {
    match masks == Letters::default() {
        true => send_user_modes(turn, user, "-s"),
        false => send_user_modes(turn, user, &format!("+s {masks}")),
    }
}

/// Sends a user a change of the user's own modes, such as `+s abc`.
pub(super) fn send_user_modes(turn: &mut Turn<'_>, user: UserId, change: &str) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    let mut params = vec![nick.as_str()];
    params.extend(change.split(' '));
    let body = Body::Command { verb: "MODE", params: &params, text: Text::None };
    send_to_users(turn, user, body, Caps::NONE, None, &[user]);
}
