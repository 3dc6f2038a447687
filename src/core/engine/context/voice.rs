//! Sends lines: renders a line once per variant and lists the recipients.

use crate::engine::border::Effects;
use crate::engine::setup::ResolvedConfig;
use crate::state::{Session, SessionId, State, User, UserId};
use crate::wire::{Caps, Form, Outgoing, Stamp};

use super::answer::{Answer, Role};
use super::multiline::{BATCHED, each_line};

/// Buffers that are reused between commands, so that sending a line allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    variants: Vec<Variant>,
    /// By user slot: the mark of the last walk that visited the user.
    visited: Vec<u32>,
    mark: u32,
    /// The time of the last event, and its stamp.
    stamp: Option<(u64, Stamp)>,
}

#[derive(Debug, Default)]
struct Variant {
    caps: Caps,
    to: Vec<SessionId>,
}

impl Scratch {
    /// Returns the stamp of an event. Many events have the same millisecond.
    pub fn stamp(&mut self, wall_ms: u64) -> Stamp {
        match self.stamp {
            Some((at_ms, stamp)) if at_ms == wall_ms => stamp,
            _ => self.stamp.insert((wall_ms, Stamp::new(wall_ms))).1,
        }
    }

    /// Starts a walk in which each user is visited once.
    pub fn start_walk(&mut self) {
        self.mark = self.mark.wrapping_add(1);
        if self.mark == 0 {
            self.visited.fill(0);
            self.mark = 1;
        }
    }

    /// Returns whether the user was visited in this walk.
    pub fn is_visited(&self, user: UserId) -> bool {
        self.visited.get(user.slot as usize) == Some(&self.mark)
    }

    /// Visits a user; returns whether it is the first time in this walk.
    pub fn visit(&mut self, user: UserId) -> bool {
        let slot = user.slot as usize;
        if self.visited.len() <= slot {
            self.visited.resize(slot + 1, 0);
        }
        std::mem::replace(&mut self.visited[slot], self.mark) != self.mark
    }
}

/// Everything that is needed to send a line.
#[derive(Debug)]
pub struct Voice<'e> {
    /// Names, languages, limits.
    pub setup: &'e ResolvedConfig,
    /// Where the lines go.
    pub out: &'e mut Effects,
    /// The answer to the session being served.
    pub answer: Answer,
    /// The time of this event.
    pub stamp: Stamp,
    /// Reused buffers.
    pub scratch: &'e mut Scratch,
}

impl Voice<'_> {
    /// Sends a message to the session being served.
    pub fn reply(&mut self, session: &Session, message: &Outgoing<'_>) {
        each_line(message, session.caps, |line| self.reply_line(session, line));
    }

    fn reply_line(&mut self, session: &Session, line: &Outgoing<'_>) {
        let (stamp, setup) = (&self.stamp, self.setup);
        self.answer.add(self.out, Role::of(line), |bytes, extra_tags| {
            let form = Form {
                caps: session.caps,
                languages: &session.languages,
                extra_tags,
                line_bytes_max: setup.config.server.max_line_len,
            };
            line.render(form, stamp, &setup.languages, bytes);
        });
    }

    /// Sends a message to those of the given sessions that have the capabilities it needs. The session being
    /// served gets its copy in the answer.
    pub fn deliver(
        &mut self,
        state: &State,
        message: &Outgoing<'_>,
        needs: Caps,
        to: impl Iterator<Item = SessionId>,
    ) {
        if !message.has_lines() {
            return self.deliver_line(state, message, needs, to);
        }
        let takes_batches = |id: &SessionId| state.sessions[*id].caps.contains(BATCHED);
        let (batched, others): (Vec<SessionId>, Vec<SessionId>) = to.partition(takes_batches);
        for (to, caps) in [(batched, BATCHED), (others, Caps::NONE)] {
            if !to.is_empty() {
                each_line(message, caps, |line| self.deliver_line(state, line, needs, to.iter().copied()));
            }
        }
    }

    fn deliver_line(
        &mut self,
        state: &State,
        line: &Outgoing<'_>,
        needs: Caps,
        to: impl Iterator<Item = SessionId>,
    ) {
        let relevant = line.relevant();
        let issuer = self.answer.session();
        let mut used = 0;
        for id in to {
            let session = &state.sessions[id];
            if !session.caps.contains(needs) {
                continue;
            }
            if Some(id) == issuer {
                self.reply_line(session, line);
                continue;
            }
            let caps = session.caps & relevant;
            let known = self.scratch.variants[..used].iter_mut().find(|variant| variant.caps == caps);
            match known {
                Some(variant) => variant.to.push(id),
                None => {
                    if self.scratch.variants.len() == used {
                        self.scratch.variants.push(Variant::default());
                    }
                    let variant = &mut self.scratch.variants[used];
                    variant.caps = caps;
                    variant.to.clear();
                    variant.to.push(id);
                    used += 1;
                }
            }
        }
        self.send_variants(line, used);
    }

    /// Sends a message to one session if it has the capabilities the message needs, outside any answer.
    pub fn deliver_alone(&mut self, session: &Session, id: SessionId, message: &Outgoing<'_>, needs: Caps) {
        if session.caps.contains(needs) {
            let (stamp, languages) = (&self.stamp, &self.setup.languages);
            let form = self.form_for_others(session.caps);
            each_line(message, session.caps, |line| {
                let span = self.out.add_line(|bytes| line.render(form, stamp, languages, bytes));
                self.out.deliver(span, &[id]);
            });
        }
    }

    /// Returns the form of lines to other sessions. They contain no phrases, so languages make no difference.
    fn form_for_others(&self, caps: Caps) -> Form<'static> {
        Form { caps, languages: &[], extra_tags: "", line_bytes_max: self.setup.config.server.max_line_len }
    }

    fn send_variants(&mut self, line: &Outgoing<'_>, used: usize) {
        let (stamp, languages) = (&self.stamp, &self.setup.languages);
        for variant in &self.scratch.variants[..used] {
            let form = self.form_for_others(variant.caps);
            let span = self.out.add_line(|bytes| line.render(form, stamp, languages, bytes));
            self.out.deliver(span, &variant.to);
        }
    }
}

/// Returns all sessions of some users.
pub fn sessions_of<'s>(
    state: &'s State,
    users: impl Iterator<Item = UserId> + 's,
) -> impl Iterator<Item = SessionId> + 's {
    users.flat_map(move |user| state.users[user].sessions.iter().copied())
}

/// Returns the user and all users who share a channel with the user and can see the user there, each once.
pub fn peers(state: &State, scratch: &mut Scratch, of: UserId) -> Vec<UserId> {
    scratch.start_walk();
    scratch.visit(of);
    let user: &User = &state.users[of];
    let mut all = vec![of];
    for &channel in &user.channels {
        let channel = &state.channels[channel];
        let observers = channel.members.keys().copied().filter(|&other| channel.shows(other, of));
        all.extend(observers.filter(|&other| scratch.visit(other)));
    }
    all
}
