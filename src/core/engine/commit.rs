//! How a fact comes to hold: it is announced, applied, and followed up. There is no other way.

use crate::engine::announce::{After, announce, monitors, place, show_away};
use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::history;
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{ChannelId, Fact};
use crate::wire::MsgId;

impl Cx<'_> {
    /// Makes a fact true that the session being served caused; see [`Turn::commit`].
    pub fn commit(&mut self, fact: Fact<'_>) {
        match establish(&mut self.turn, fact) {
            After::Joined(user, channel, msgid) => {
                for session in self.state().users[user].sessions.clone() {
                    self.serve(session, |cx| show_joined(cx, channel, msgid));
                }
            }
            after => follow_up(&mut self.turn, after),
        }
    }

    /// Makes known what an operator did: to the log, and to operators who want to know.
    pub fn oper_did(&mut self, did: Phrase, args: &[&str]) {
        let did = self.setup.said(did, args);
        self.commit(Fact::OperAction(OperAction::Did { did: &did }));
    }
}

impl Turn<'_> {
    /// Makes a fact true: tells everyone concerned, then applies it. What can only be told
    /// afterwards (the topic and names for one who joined) follows.
    pub fn commit(&mut self, fact: Fact<'_>) {
        match establish(self, fact) {
            After::Joined(user, channel, msgid) => {
                for session in self.state().users[user].sessions.clone() {
                    self.serve(session, |cx| show_joined(cx, channel, msgid));
                }
            }
            after => follow_up(self, after),
        }
    }
}

/// Announces and applies a fact.
fn establish(turn: &mut Turn<'_>, fact: Fact<'_>) -> After {
    let after = announce(turn, &fact);
    let moment = turn.moment();
    *turn.applying = true;
    // Before the fact: the last member to part may leave no channel behind.
    if !turn.recorder.is_empty() {
        for (place, item, bounds) in turn.recorder.take() {
            turn.ledger.apply(moment, Fact::Kept { place, item, bounds });
        }
    }
    turn.ledger.apply(moment, fact);
    *turn.applying = false;
    after
}

/// What a session of the user who joined is told.
fn show_joined(cx: &mut Cx<'_>, channel: ChannelId, msgid: MsgId) {
    place::show_place(cx, channel);
    history::on_join(cx, channel, msgid);
}

/// Tells what had to wait until the fact held.
fn follow_up(turn: &mut Turn<'_>, after: After) {
    match after {
        After::Nothing | After::Joined(..) => {}
        // What one of several sessions says need not change anything for others.
        After::Away(user, before) if turn.state().users[user].away == before => {}
        After::Away(user, _) => show_away(turn, user),
        After::Came(session) => {
            if let Some(user) = turn.state().sessions[session].user() {
                monitors::notify_online(turn, user);
            }
        }
        After::Renamed(user) => monitors::notify_online(turn, user),
    }
}
