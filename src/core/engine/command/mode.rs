//! MODE: shows or changes the modes of a channel, or (see [`super::umode`]) of the user.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::channel::MaskEntry;
use crate::state::fact::Change;
use crate::state::modes::{CHANNEL_FLAGS, KEY_BYTES_MAX, is_channel_key};
use crate::state::{Channel, ChannelId, Fact, List, ModeChange, Rank, Ranks, UserId};
use crate::text::Mask;
use crate::wire::numeric::*;
use crate::wire::{Message, Text};

use super::{Command, umode};

pub(super) const MODE: Command = Command::new("MODE", mode)
    .params(1)
    .help("<channel> [<changes> [<parameters>]]: shows or changes modes; see also HELP CMODES, HELP UMODES");

fn mode(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if !m.param(0).starts_with('#') {
        return umode::mode(cx, m);
    }
    let id = cx.find_channel(m.param(0))?;
    if is_query(m.param_opt(1)) {
        show(cx, id);
        return Ok(());
    }
    change(cx, ModeRequest::new(id, false), &m.params()[1..])
}

/// Whether a MODE requests the current modes: it has no changes, or only signs.
pub(super) fn is_query(changes: Option<&str>) -> bool {
    changes.is_none_or(|changes| changes.chars().all(|sign| matches!(sign, '+' | '-')))
}

/// Changes the modes of a channel, regardless of rank and the limit of lists.
pub fn force(cx: &mut Cx<'_>, id: ChannelId, params: &[&str]) -> Outcome {
    change(cx, ModeRequest::new(id, true), params)
}

/// Sends 324 and 329. Only members and operators see the parameters, such as the key.
pub(super) fn show(cx: &mut Cx<'_>, id: ChannelId) {
    let channel = &cx.state().channels[id];
    let sees_params = channel.members.contains_key(&cx.me()) || cx.user().may("samode");
    let mut letters = channel.flags.to_string();
    let mut params = Vec::new();
    if let Some(key) = &channel.key {
        letters.push('k');
        params.extend(sees_params.then(|| key.to_string()));
    }
    if let Some(limit) = channel.limit {
        letters.push('l');
        params.extend(sees_params.then(|| limit.to_string()));
    }
    if let Some(to) = &channel.forward {
        letters.push('f');
        params.extend(sees_params.then(|| to.as_str().to_owned()));
    }
    let (name, created) = (channel.name.as_str().to_owned(), channel.created_s.to_string());
    let mut all = vec![name.as_str(), &letters];
    all.extend(params.iter().map(String::as_str));
    cx.reply(RPL_CHANNELMODEIS, &all, Text::None);
    cx.reply(RPL_CREATIONTIME, &[&name, &created], Text::None);
}

fn change(cx: &mut Cx<'_>, mut request: ModeRequest, params: &[&str]) -> Outcome {
    let mut rest = params[1..].iter().copied();
    let mut on = true;
    for letter in params[0].chars() {
        match letter {
            '+' => on = true,
            '-' => on = false,
            _ => request.process(cx, letter, on, &mut rest),
        }
    }
    let is_persistent = |change: &Change| !matches!(change.change, ModeChange::Rank { .. });
    let is_stored = request.target(cx).registration.is_some() && request.applied.iter().any(is_persistent);
    if cx.state().store_full && is_stored {
        return Err(Refusal::StoreFull("MODE".to_owned()));
    }
    if !request.applied.is_empty() {
        let by = Some(cx.me());
        cx.commit(Fact::ModesChanged { by, channel: request.channel, changes: request.applied });
    }
    Ok(())
}

/// A MODE command in progress. It processes one letter after another.
struct ModeRequest {
    channel: ChannelId,
    /// Whether a server operator overrides permissions.
    forced: bool,
    /// The permitted changes so far.
    applied: Vec<Change>,
    /// Lists already shown: a command shows each list only once.
    listed: Vec<List>,
    /// Whether the client has received an error about permissions.
    refused: bool,
}

impl ModeRequest {
    fn new(channel: ChannelId, forced: bool) -> ModeRequest {
        ModeRequest { channel, forced, applied: Vec::new(), listed: Vec::new(), refused: false }
    }

    fn process<'a>(
        &mut self,
        cx: &mut Cx<'_>,
        letter: char,
        on: bool,
        rest: &mut impl Iterator<Item = &'a str>,
    ) {
        if let Some(list) = List::by_letter(letter) {
            self.list(cx, list, on, rest.next());
        } else if let Some(rank) = Rank::by_letter(letter) {
            self.rank(cx, rank, on, rest.next());
        } else if letter == 'k' {
            self.key(cx, on, rest.next());
        } else if letter == 'l' {
            // Removing a limit takes no parameter.
            let param = if on { rest.next() } else { None };
            self.limit(cx, on, param);
        } else if letter == 'f' {
            let param = if on { rest.next() } else { None };
            self.forward(cx, on, param);
        } else if CHANNEL_FLAGS.contains(letter) {
            if self.may(cx, None, on, false) && self.has_flag(cx, letter) != on {
                self.apply(ModeChange::Flag { letter, on });
            }
        } else {
            let letter = letter.to_string();
            cx.reply(ERR_UNKNOWNMODE, &[&letter], Text::Said(Phrase::UNKNOWN_MODE, &[]));
        }
    }

    fn target<'c>(&self, cx: &'c Cx<'_>) -> &'c Channel {
        &cx.state().channels[self.channel]
    }

    /// Returns the latest change of this command that matches `find`; it counts as already applied.
    fn latest<T>(&self, find: impl Fn(&ModeChange) -> Option<T>) -> Option<T> {
        self.applied.iter().rev().find_map(|change| find(&change.change))
    }

    fn has_flag(&self, cx: &Cx<'_>, letter: char) -> bool {
        let latest = self.latest(|change| match change {
            ModeChange::Flag { letter: l, on } if *l == letter => Some(*on),
            _ => None,
        });
        latest.unwrap_or_else(|| self.target(cx).flags.has(letter))
    }

    fn has_key(&self, cx: &Cx<'_>) -> bool {
        let latest = self.latest(|change| match change {
            ModeChange::Key(key) => Some(key.is_some()),
            _ => None,
        });
        latest.unwrap_or_else(|| self.target(cx).key.is_some())
    }

    fn has_forward(&self, cx: &Cx<'_>) -> bool {
        let latest = self.latest(|change| match change {
            ModeChange::Forward(to) => Some(to.is_some()),
            _ => None,
        });
        latest.unwrap_or_else(|| self.target(cx).forward.is_some())
    }

    fn has_limit(&self, cx: &Cx<'_>) -> bool {
        let latest = self.latest(|change| match change {
            ModeChange::Limit(limit) => Some(limit.is_some()),
            _ => None,
        });
        latest.unwrap_or_else(|| self.target(cx).limit.is_some())
    }

    fn ranks(&self, cx: &Cx<'_>, member: UserId) -> Ranks {
        let mut ranks = self.target(cx).ranks(member);
        for Change { change, .. } in &self.applied {
            if let ModeChange::Rank { rank, on, user } = change
                && *user == member
            {
                ranks.set(*rank, *on);
            }
        }
        ranks
    }

    fn apply(&mut self, change: ModeChange) {
        self.applied.push(Change { change, entry: None });
    }

    /// Whether a change is allowed. Only the first that is not causes an error.
    fn may(&mut self, cx: &mut Cx<'_>, rank: Option<Rank>, on: bool, is_self: bool) -> bool {
        // Ranks include the earlier changes of this command; a founder needs none.
        let own = match self.target(cx).is_founder(cx.user()) {
            true => Some(Rank::Founder),
            false => self.ranks(cx, cx.me()).highest(),
        };
        let allowed = self.forced || policy::can_change_mode(own, rank, on, is_self);
        if !allowed && !self.refused {
            self.refused = true;
            let name = self.target(cx).name.as_str().to_owned();
            Refusal::NotChannelOperator(name).say(cx);
        }
        allowed
    }

    fn list(&mut self, cx: &mut Cx<'_>, list: List, on: bool, mask: Option<&str>) {
        let Some(raw) = mask else {
            // Only channel operators may see exceptions and invite exceptions.
            let new = !self.listed.contains(&list);
            if new && (list == List::Ban || self.may(cx, None, on, false)) {
                self.listed.push(list);
                show_list(cx, self.channel, list);
            }
            return;
        };
        if !self.may(cx, None, on, false) {
            return;
        }
        let letter = list.letter().to_string();
        let name = self.target(cx).name.as_str().to_owned();
        let parsed = Mask::parse(cx.setup.mapping, raw).filter(|mask| list != List::Invex || !mask.is_mute());
        let Some(mask) = parsed else {
            self.invalid(cx, list.letter(), raw);
            return;
        };
        if on == self.is_listed(cx, list, mask.as_str()) {
            let (code, text) = match on {
                true => (ERR_LISTMODEALREADYSET, Phrase::MASK_ALREADY_SET),
                false => (ERR_LISTMODENOTSET, Phrase::MASK_NOT_SET),
            };
            cx.reply(code, &[&name, raw, &letter], Text::Said(text, &[]));
            return;
        }
        if on && !self.forced && self.len_of(cx, list) >= cx.config().limits.chan_list_modes {
            Refusal::BanListFull { channel: name, letter: list.letter() }.say(cx);
            return;
        }
        let entry = on.then(|| MaskEntry {
            mask: mask.clone(),
            by: cx.user().source().into(),
            at_s: cx.now.wall_ms / 1000,
        });
        let change = ModeChange::List { list, on, mask: mask.as_str().to_owned() };
        self.applied.push(Change { change, entry });
    }

    fn is_listed(&self, cx: &Cx<'_>, list: List, mask: &str) -> bool {
        let latest = self.latest(|change| match change {
            ModeChange::List { list: l, on, mask: m } if *l == list && m == mask => Some(*on),
            _ => None,
        });
        latest.unwrap_or_else(|| self.target(cx).list(list).iter().any(|entry| entry.mask.as_str() == mask))
    }

    fn len_of(&self, cx: &Cx<'_>, list: List) -> usize {
        let changes = self.applied.iter().filter_map(|change| match &change.change {
            ModeChange::List { list: l, on, .. } if *l == list => Some(*on),
            _ => None,
        });
        let (added, removed): (Vec<bool>, Vec<bool>) = changes.partition(|&on| on);
        self.target(cx).list(list).len() + added.len() - removed.len()
    }

    fn rank(&mut self, cx: &mut Cx<'_>, rank: Rank, on: bool, nick: Option<&str>) {
        let Some(nick) = nick else {
            Refusal::NeedMoreParams("MODE".into()).say(cx);
            return;
        };
        let found = cx.find_user(nick);
        let is_self = found.as_ref().is_ok_and(|&user| user == cx.me());
        if !self.may(cx, Some(rank), on, is_self) {
            return;
        }
        let user: UserId = match found {
            Ok(user) => user,
            Err(refusal) => return refusal.say(cx),
        };
        let channel = self.target(cx);
        if !channel.members.contains_key(&user) {
            let (nick, channel) = (nick.to_owned(), channel.name.as_str().to_owned());
            Refusal::UserNotInChannel { nick, channel }.say(cx);
        } else if self.ranks(cx, user).has(rank) != on {
            self.apply(ModeChange::Rank { rank, on, user });
        }
    }

    fn key(&mut self, cx: &mut Cx<'_>, on: bool, key: Option<&str>) {
        if !self.may(cx, None, on, false) {
            return;
        }
        match (on, key) {
            (true, None) => Refusal::NeedMoreParams("MODE".into()).say(cx),
            (true, Some(key)) if !is_channel_key(key) => self.invalid(cx, 'k', key),
            (true, Some(key)) => self.apply(ModeChange::Key(Some(key.to_owned()))),
            (false, _) if self.has_key(cx) => self.apply(ModeChange::Key(None)),
            (false, _) => {}
        }
    }

    fn limit(&mut self, cx: &mut Cx<'_>, on: bool, limit: Option<&str>) {
        if !self.may(cx, None, on, false) {
            return;
        }
        let Some(text) = limit else {
            if on {
                Refusal::NeedMoreParams("MODE".into()).say(cx);
            } else if self.has_limit(cx) {
                self.apply(ModeChange::Limit(None));
            }
            return;
        };
        match text.parse().ok().filter(|&limit| limit > 0 && limit <= i32::MAX as u32) {
            Some(limit) => self.apply(ModeChange::Limit(Some(limit))),
            None => self.invalid(cx, 'l', text),
        }
    }

    /// `+f` requires +o in the other channel, too, so that no channel is flooded with strangers.
    fn forward(&mut self, cx: &mut Cx<'_>, on: bool, target: Option<&str>) {
        if !self.may(cx, None, on, false) {
            return;
        }
        match (on, target) {
            (true, None) => Refusal::NeedMoreParams("MODE".into()).say(cx),
            (true, Some(name)) => match cx.find_channel(name) {
                Ok(to) if to == self.channel => self.invalid(cx, 'f', name),
                Ok(to) => {
                    let name = cx.state().channels[to].name.clone();
                    if policy::rank_of_user(cx.state(), cx.me(), to) >= Some(Rank::Op) {
                        self.apply(ModeChange::Forward(Some(name)));
                    } else {
                        Refusal::NotChannelOperator(name.as_str().to_owned()).say(cx);
                    }
                }
                Err(_) => self.invalid(cx, 'f', name),
            },
            (false, _) if self.has_forward(cx) => self.apply(ModeChange::Forward(None)),
            (false, _) => {}
        }
    }

    /// Sends 696.
    fn invalid(&self, cx: &mut Cx<'_>, letter: char, param: &str) {
        let (name, letter) = (self.target(cx).name.as_str().to_owned(), letter.to_string());
        let param = if param.len() > KEY_BYTES_MAX { "*" } else { param };
        let text = Text::Said(Phrase::INVALID_MODE_PARAMETER, &[]);
        cx.reply(ERR_INVALIDMODEPARAM, &[&name, &letter, param], text);
    }
}

/// Sends a list: 367 and 368, or their equivalents.
fn show_list(cx: &mut Cx<'_>, id: ChannelId, list: List) {
    let (entry_code, end_code, end) = match list {
        List::Ban => (RPL_BANLIST, RPL_ENDOFBANLIST, Phrase::END_OF_BAN_LIST),
        List::Except => (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST, Phrase::END_OF_EXCEPT_LIST),
        List::Invex => (RPL_INVEXLIST, RPL_ENDOFINVEXLIST, Phrase::END_OF_INVEX_LIST),
    };
    let channel = &cx.state().channels[id];
    let name = channel.name.as_str().to_owned();
    for entry in channel.list(list).clone() {
        let at = entry.at_s.to_string();
        cx.reply(entry_code, &[&name, entry.mask.as_str(), &entry.by, &at], Text::None);
    }
    cx.reply(end_code, &[&name], Text::Said(end, &[]));
}
