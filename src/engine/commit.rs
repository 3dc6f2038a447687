//! How a fact comes to hold: it is announced, applied, and followed up. There is no other way.

use crate::engine::announce::{After, announce, monitors, place, show_away};
use crate::engine::context::cx::Cx;
use crate::engine::history;
use crate::state::Fact;

impl Cx<'_> {
    /// Makes a fact true: tells everyone concerned, then applies it. What can only be told
    /// afterwards (the topic and names for one who joined) follows.
    pub fn commit(&mut self, fact: Fact<'_>) {
        let after = announce(self, &fact);
        let moment = self.moment();
        *self.applying = true;
        // Before the fact: who parts may leave no channel behind.
        if !self.chronicle.is_empty() {
            for (place, item, bounds) in self.chronicle.take() {
                self.state.apply(moment, Fact::Kept { place, item, bounds });
            }
        }
        self.state.apply(moment, fact);
        *self.applying = false;
        follow_up(self, after);
    }
}

/// Tells what had to wait until the fact held.
fn follow_up(cx: &mut Cx<'_>, after: After) {
    match after {
        After::Nothing => {}
        After::Joined(user, channel, msgid) => {
            for session in cx.state().users[user].sessions.clone() {
                cx.serve(session, |cx| {
                    place::show_place(cx, channel);
                    history::on_join(cx, channel, msgid);
                });
            }
        }
        // What one of several sessions says need not change anything for others.
        After::Away(user, before) if cx.state().users[user].away == before => {}
        After::Away(user, _) => show_away(cx, user),
        After::Came(session) => {
            if let Some(user) = cx.state().sessions[session].user() {
                monitors::came(cx, user);
            }
        }
        After::Renamed(user) => monitors::came(cx, user),
    }
}
