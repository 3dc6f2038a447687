//! Committing a fact: it is announced, applied, and followed up. There is no other way to change the state.

use crate::engine::announce::{After, announce, monitors, place, show_away};
use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::history;
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{ChannelId, Fact};
use crate::wire::MsgId;

impl Cx<'_> {
    /// Commits a fact that the session being served caused; see [`Turn::commit`].
    pub fn commit(&mut self, fact: Fact<'_>) {
        match announce_and_apply(&mut self.turn, fact) {
            After::Joined(user, channel, msgid) => {
                for session in self.state().users[user].sessions.clone() {
                    self.serve(session, |cx| show_joined(cx, channel, msgid));
                }
            }
            after => follow_up(&mut self.turn, after),
        }
    }

    /// Reports an operator's action to the log, and to operators with the matching server notice mask.
    pub fn oper_did(&mut self, did: Phrase, args: &[&str]) {
        let did = self.setup.said(did, args);
        self.commit(Fact::OperAction(OperAction::Did { did: &did }));
    }
}

impl Turn<'_> {
    /// Commits a fact: notifies all clients concerned, then applies it. Lines that can only be sent
    /// afterwards (the topic and names for a user who joined) follow.
    pub fn commit(&mut self, fact: Fact<'_>) {
        match announce_and_apply(self, fact) {
            After::Joined(user, channel, msgid) => {
                for session in self.state().users[user].sessions.clone() {
                    self.serve(session, |cx| show_joined(cx, channel, msgid));
                }
            }
            after => follow_up(self, after),
        }
    }

    /// Applies a fact without notifying anyone, because announcing it has failed.
    pub fn commit_silently(&mut self, fact: Fact<'_>) {
        apply(self, fact);
    }
}

fn announce_and_apply(turn: &mut Turn<'_>, fact: Fact<'_>) -> After {
    let after = announce(turn, &fact);
    apply(turn, fact);
    after
}

fn apply(turn: &mut Turn<'_>, fact: Fact<'_>) {
    let moment = turn.moment();
    *turn.applying = true;
    // Before the fact, which may delete the channel of the lines: the last member may be leaving it.
    if !turn.recorder.is_empty() {
        for (place, item, bounds) in turn.recorder.take() {
            turn.ledger.apply(moment, Fact::Kept { place, item, bounds });
        }
    }
    turn.ledger.apply(moment, fact);
    *turn.applying = false;
}

/// Sends a session of the user who joined the topic, names and history of the channel.
fn show_joined(cx: &mut Cx<'_>, channel: ChannelId, msgid: MsgId) {
    place::show_place(cx, channel);
    history::on_join(cx, channel, msgid);
}

/// Sends the lines that had to wait until the fact was applied.
fn follow_up(turn: &mut Turn<'_>, after: After) {
    match after {
        After::Nothing | After::Joined(..) => {}
        // The away text of one of several sessions may not change what others see.
        After::Away(user, before) if turn.state().users[user].away == before => {}
        After::Away(user, _) => show_away(turn, user),
        After::Online(session) => {
            if let Some(user) = turn.state().sessions[session].user() {
                monitors::notify_online(turn, user);
            }
        }
        After::Renamed(user) => monitors::notify_online(turn, user),
    }
}
