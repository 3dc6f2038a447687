//! Applies facts: the only code that changes the state. Facts are checked before, so one that does not
//! apply is a bug and panics.

mod account;
mod door;
mod history;
mod registry;

use crate::state::channel::{Channel, Topic};
use crate::state::fact::{Change, Fact, Introduction, OperAction, SpeechTarget};
use crate::state::id::{ChannelId, SessionId, UserId};
use crate::state::members::Member;
use crate::state::modes::{Letters, ModeChange, Ranks};
use crate::state::session::{AWAY_UNSPECIFIED, Finding, Password, Phase, Registering};
use crate::state::user::{Invite, NewUser, Oper, User};
use crate::state::{List, State, record};
use crate::text::{CaseMapping, ChannelName};

/// The maximum number of open invitations per user; the oldest is dropped.
const INVITES_MAX: usize = 100;

/// The context in which a fact is applied.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The monotonic clock, in milliseconds.
    pub mono_ms: u64,
    /// The wall clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// How names are compared.
    pub mapping: CaseMapping,
}

impl Moment {
    fn wall_s(self) -> u64 {
        self.wall_ms / 1000
    }
}

impl State {
    /// Applies a fact.
    pub fn apply(&mut self, moment: Moment, fact: Fact<'_>) {
        match fact {
            Fact::Opened { session, door } => self.open(moment, session, door),
            Fact::HandshakeDone { session, door } => self.sessions[session].door = door,
            Fact::Admitted { session, counted } => self.count(moment, session, counted),
            Fact::WhowasResized { entries_max } => self.whowas.resize(entries_max),
            Fact::HistoryTrimmed { channel_items_max, user_items_max } => {
                self.shorten_rings(channel_items_max, user_items_max);
            }
            Fact::Proxied { session, ip, secure, host } => self.set_proxied(session, ip, secure, host),
            Fact::SessionDropped { session } => self.drop_session(session),
            Fact::Introduced { session, said } => self.introduce(session, said),
            Fact::CapsSet { session, caps, version } => self.sessions[session].set_caps(caps, version),
            Fact::LanguagesSet { session, languages } => self.sessions[session].languages = languages.into(),
            Fact::Registered { session, user } => self.register(moment, session, *user),
            Fact::Quit { user, .. } | Fact::Killed { user, .. } => self.remove_user(moment, user),
            Fact::NickChanged { user, nick } => self.change_nick(moment, user, nick),
            Fact::RealnameChanged { user, realname } => self.set_realname(user, realname),
            Fact::HostChanged { user, host } => self.users[user].set_host(host),
            Fact::AwaySet { session, text } => self.set_away(session, text),
            Fact::UserModesChanged { user, on, off } => self.change_user_modes(user, on, off),
            Fact::OperChanged { user, oper } => self.set_oper(user, oper),
            Fact::OperAction(action) => self.apply_oper_action(action),
            Fact::OperFailed { session, again_mono_ms } => {
                self.sessions[session].oper_again_mono_ms = again_mono_ms;
            }
            Fact::ChannelCreated { name, flags } => {
                self.create_channel(moment, name, flags);
            }
            Fact::Joined { user, channel, ranks } => {
                self.join(moment, user, channel, ranks);
                self.mark_presence(user);
            }
            Fact::Parted { user, channel, .. } | Fact::Kicked { user, channel, .. } => {
                self.leave(user, channel)
            }
            Fact::Cleared { channel, stays, .. } => self.clear(channel, stays),
            Fact::TopicSet { by, channel, text } => self.set_topic(moment, by, channel, text),
            Fact::ModesChanged { channel, changes, .. } => self.change_modes(channel, changes),
            Fact::Invited { opens: false, .. } => {}
            Fact::Invited { user, channel, .. } => self.invite(moment, user, channel),
            Fact::Uninvited { user, channel } => self.uninvite(user, channel),
            Fact::Said { by, to, .. } => self.record_speech(moment, by, to),
            Fact::Accepted { by, user, on } => self.users[by].accept(user, on),
            Fact::MonitorChanged { session, change } => self.monitors.change(session, change),
            Fact::Attached { session, user } => self.attach(session, user),
            Fact::Detached { session, away } => self.detach(session, away),
            Fact::AlwaysOnSet { user, on } => self.set_always_on(user, on),
            Fact::LoggedIn { session, account, device } => self.log_in(session, account, device),
            Fact::Authenticating { session, exchange } => self.sessions[session].exchange = exchange,
            Fact::BatchChanged { session, change } => self.sessions[session].change_batch(change),
            Fact::LoginTried { session, logins } => self.sessions[session].logins = logins,
            Fact::AccountRequested { session } => self.sessions[session].applied = true,
            Fact::RegistrationTried { registrations } => self.registrations = registrations,
            Fact::MailUnsent { address } => self.mail_log.forget(address),
            Fact::LoggedOut { user } => self.log_out(user),
            Fact::Read { user, target, at_ms } => self.read(user, target, at_ms),
            Fact::Seen { account, device, at_ms } => self.touch_device(account, device, at_ms),
            Fact::AccountMade { account } => self.create_account(moment, account),
            Fact::AccountChanged { account, change } => self.change_account(moment, account, change),
            Fact::AccountRemoved { account, freed } => self.remove_account(moment, account, freed),
            Fact::RegistryChanged { channel, change } => self.change_registry(moment, channel, change),
            Fact::Kept { place, item, bounds } => self.add_item(&place, item, bounds),
            Fact::MessageRedacted { places, id, .. } => self.redact(places, id),
            Fact::Forgotten { place, account } => self.delete_messages_of(moment, &place, account),
            Fact::PlaybackAsked { session, playback } => self.sessions[session].playback = Some(playback),
            Fact::CloakSecretSet { secret } => self.set_cloak_secret(secret),
            Fact::PurgeSet { key, purge } => self.set_purge(key, purge),
        }
    }

    fn set_cloak_secret(&mut self, secret: &str) {
        self.cloak_secret = Some(secret.into());
        self.dirty.insert(record::CLOAK_SECRET_KEY.into());
    }

    /// Records that a line arrived.
    pub fn touch(&mut self, moment: Moment, session: SessionId) {
        let session = &mut self.sessions[session];
        session.heard_mono_ms = moment.mono_ms;
        session.pinged = false;
    }

    /// Adds bytes of replies to a session; returns how many it may not have read yet.
    pub fn note_answered(&mut self, session: SessionId, bytes: usize) -> usize {
        let Some(session) = self.sessions.get_mut(session) else { return 0 };
        session.unread_bytes += bytes;
        session.unread_bytes
    }

    /// Records that a session's output has drained.
    pub fn note_drained(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.unread_bytes = 0;
        }
    }

    /// Records that a PING was sent.
    pub fn mark_pinged(&mut self, session: SessionId) {
        self.sessions[session].pinged = true;
    }

    fn introduce(&mut self, session: SessionId, said: Introduction<'_>) {
        match said {
            Introduction::Device(device) => self.sessions[session].device = Some(device.into()),
            Introduction::NeedsAccount => self.sessions[session].needs_account = true,
            said => introduce(self.registering_mut(session), said),
        }
    }

    fn registering_mut(&mut self, session: SessionId) -> &mut Registering {
        match &mut self.sessions[session].phase {
            Phase::Registering(registering) => registering,
            Phase::Attached(_) => unreachable!("only before registration"),
        }
    }

    fn register(&mut self, moment: Moment, session: SessionId, user: NewUser) {
        let id = self.insert_user(moment, User::new(user, Some(session)));
        let attached = &mut self.sessions[session];
        attached.phase = Phase::Attached(id);
        let away = attached.away.take();
        self.counts.unregistered -= 1;
        self.set_away(session, away.as_deref());
    }

    pub(super) fn insert_user(&mut self, moment: Moment, user: User) -> UserId {
        let (nick, invisible) = (user.nick.clone(), user.modes.has('i'));
        let id = self.users.insert(user);
        self.index_nick(moment.mapping, nick.key(), nick.as_str(), id);
        self.index_account_user(id);
        self.counts.invisible += usize::from(invisible);
        self.counts.users_max = self.counts.users_max.max(self.users.len());
        id
    }

    fn remove_user(&mut self, moment: Moment, id: UserId) {
        let Some(user) = self.users.remove(id) else { return };
        self.whowas.remember(&user, moment.wall_s());
        self.unindex_nick(moment.mapping, &user.nick);
        if let Some(account) = &user.account {
            self.unindex_account_user(account, id);
            if user.always_on {
                self.dirty.insert(record::account_key(account.key()));
            }
        }
        for &channel in &user.channels {
            self.remove_member(channel, id);
        }
        for &session in &user.sessions {
            self.remove_session(session);
        }
        self.snomask_readers.remove(&id);
        self.counts.invisible -= usize::from(user.modes.has('i'));
        self.counts.opers -= usize::from(user.modes.has('o'));
    }

    fn set_oper(&mut self, user: UserId, oper: Option<Box<Oper>>) {
        let mode = Letters::of("o");
        let (on, off) = if oper.is_some() { (mode, Letters::default()) } else { (Letters::default(), mode) };
        if oper.is_none() {
            self.set_snomasks(user, Letters::default());
        }
        self.users[user].oper = oper;
        self.change_user_modes(user, on, off);
    }

    fn apply_oper_action(&mut self, action: OperAction<'_>) {
        match action {
            OperAction::Snomasks { user, masks } => self.set_snomasks(user, masks),
            OperAction::Did { .. } => {}
            OperAction::Forgiven { key } => self.connections.reset_recent(&key),
            OperAction::Renewed { user, oper } => self.users[user].oper = Some(oper),
            OperAction::Ban { target, info, .. } => {
                self.dirty.insert(record::ban_key(&target.key()));
                self.bans.set(target, info.map(|info| *info));
            }
            OperAction::Defcon { level, .. } => self.defcon = level,
        }
    }

    fn set_snomasks(&mut self, id: UserId, masks: Letters) {
        let user = &mut self.users[id];
        let reads = masks != Letters::default();
        user.snomasks = masks;
        user.modes.set('s', reads);
        if reads {
            self.snomask_readers.insert(id);
        } else {
            self.snomask_readers.remove(&id);
        }
    }

    pub(super) fn create_channel(&mut self, moment: Moment, name: ChannelName, flags: Letters) -> ChannelId {
        let key = name.key().into();
        let id = self.channels.insert(Channel::new(name, flags, moment.wall_s()));
        self.channel_names.insert(key, id);
        id
    }

    fn set_realname(&mut self, user: UserId, realname: &str) {
        self.users[user].realname = realname.into();
        self.mark_presence(user);
    }

    fn join(&mut self, moment: Moment, user: UserId, channel: ChannelId, ranks: Ranks) {
        let joined = &mut self.channels[channel];
        joined.members.insert(user, Member { ranks, joined_s: moment.wall_s() });
        let user = &mut self.users[user];
        user.channels.push(channel);
        user.invites.retain(|invite| invite.channel != channel);
    }

    fn leave(&mut self, user: UserId, channel: ChannelId) {
        self.users[user].channels.retain(|&other| other != channel);
        self.remove_member(channel, user);
        self.mark_presence(user);
    }

    fn clear(&mut self, channel: ChannelId, stays: Option<UserId>) {
        let members: Vec<UserId> = self.channels[channel].members.keys().copied().collect();
        for user in members.into_iter().filter(|&user| Some(user) != stays) {
            self.leave(user, channel);
        }
    }

    fn change_modes(&mut self, id: ChannelId, changes: Vec<Change>) {
        for change in changes {
            if let ModeChange::Rank { user, .. } = change.change {
                self.mark_presence(user);
            }
            change_mode(&mut self.channels[id], change);
        }
        self.mark_channel(id);
    }

    fn set_topic(&mut self, moment: Moment, by: UserId, channel: ChannelId, text: &str) {
        let by = self.users[by].source().into();
        let topic = Topic { text: text.into(), by, at_s: moment.wall_s() };
        self.channels[channel].topic = (!text.is_empty()).then(|| Box::new(topic));
        self.mark_channel(channel);
    }

    fn remove_member(&mut self, channel: ChannelId, user: UserId) {
        self.channels[channel].members.remove(&user);
        self.drop_if_empty(channel);
    }

    /// Removes a channel without members unless it is registered.
    pub(super) fn drop_if_empty(&mut self, id: ChannelId) {
        let channel = &self.channels[id];
        if channel.members.is_empty()
            && channel.registration.is_none()
            && let Some(gone) = self.channels.remove(id)
        {
            self.channel_names.remove(gone.name.key());
        }
    }

    fn change_nick(&mut self, moment: Moment, id: UserId, nick: crate::text::Nick) {
        let user = &self.users[id];
        if user.nick.key() != nick.key() {
            self.whowas.remember(user, moment.wall_s());
        }
        let old = self.users[id].nick.clone();
        self.unindex_nick(moment.mapping, &old);
        self.index_nick(moment.mapping, nick.key(), nick.as_str(), id);
        let user = &mut self.users[id];
        user.nick = nick;
        user.update_source();
        self.mark_presence(id);
    }

    fn index_nick(&mut self, mapping: CaseMapping, key: &str, shown: &str, id: UserId) {
        self.nicks.insert(key.into(), id);
        if mapping.has_skeletons() {
            self.skeletons.insert(mapping.skeleton(shown).into(), id);
        }
    }

    fn unindex_nick(&mut self, mapping: CaseMapping, nick: &crate::text::Nick) {
        self.nicks.remove(nick.key());
        if mapping.has_skeletons() {
            self.skeletons.remove(&mapping.skeleton(nick.as_str()));
        }
    }

    /// Sets the away text of a session. A user is away while every session is.
    pub(super) fn set_away(&mut self, session: SessionId, text: Option<&str>) {
        self.sessions[session].away = text.map(Box::from);
        if let Some(user) = self.sessions[session].user() {
            self.update_away(user);
        }
    }

    /// Updates the away text of a user. Must be called after every change of the sessions; a user without any
    /// keeps the last text.
    pub(super) fn update_away(&mut self, user: UserId) {
        if self.users[user].sessions.is_empty() {
            return;
        }
        let away = |&session: &SessionId| self.sessions[session].away.clone();
        let texts: Option<Vec<Box<str>>> = self.users[user].sessions.iter().map(away).collect();
        let away = texts.and_then(shown_away);
        if self.users[user].away != away {
            self.users[user].away = away;
            self.mark_presence(user);
        }
    }

    fn change_user_modes(&mut self, id: UserId, on: Letters, off: Letters) {
        let modes = &mut self.users[id].modes;
        let before = *modes;
        on.iter().for_each(|letter| modes.set(letter, true));
        off.iter().for_each(|letter| modes.set(letter, false));
        let after = *modes;
        let counts = &mut self.counts;
        for (letter, count) in [('i', &mut counts.invisible), ('o', &mut counts.opers)] {
            *count = *count + usize::from(after.has(letter)) - usize::from(before.has(letter));
        }
        self.mark_presence(id);
    }

    fn invite(&mut self, moment: Moment, user: UserId, channel: ChannelId) {
        let invites = &mut self.users[user].invites;
        invites.retain(|invite| invite.channel != channel);
        if invites.len() == INVITES_MAX {
            invites.remove(0);
        }
        invites.push(Invite { channel, at_ms: moment.wall_ms });
    }

    fn uninvite(&mut self, user: UserId, channel: ChannelId) {
        self.users[user].invites.retain(|invite| invite.channel != channel);
    }

    fn record_speech(&mut self, moment: Moment, by: UserId, to: SpeechTarget<'_>) {
        let speaker = &mut self.users[by];
        speaker.active_s = moment.wall_s();
        if let SpeechTarget::User(user) = to {
            // The recipient may reply despite `+R`.
            speaker.accept(user, true);
        }
    }
}

/// Returns the away text that others see. A session that is away without a reason is ignored if another
/// has one (draft/pre-away, "Implementation considerations").
fn shown_away(texts: Vec<Box<str>>) -> Option<Box<str>> {
    let reason = texts.iter().rfind(|text| ***text != *AWAY_UNSPECIFIED);
    reason.or(texts.last()).cloned()
}

fn introduce(registering: &mut Registering, said: Introduction<'_>) {
    match said {
        Introduction::Nick(nick) => registering.nick = Some(nick),
        Introduction::NoNick => registering.nick = None,
        Introduction::User { username, realname } => {
            registering.user = Some((username.into(), realname.into()));
        }
        // Part of the session, which outlives its registration; see `State::introduce`.
        Introduction::Device(_) | Introduction::NeedsAccount => {}
        Introduction::Password(password) => registering.password = Password::Given(password.into()),
        Introduction::PasswordRight => registering.password = Password::Right,
        Introduction::Negotiating(on) => registering.negotiating = on,
        Introduction::Line => registering.lines += 1,
        Introduction::Passed => registering.origin.passed = true,
        Introduction::Host(host) => registering.origin.host = Finding::of(host),
        Introduction::Ident(ident) => registering.origin.ident = Finding::of(ident),
    }
}

fn change_mode(channel: &mut Channel, Change { change, entry }: Change) {
    match change {
        ModeChange::Flag { letter, on } => channel.flags.set(letter, on),
        ModeChange::Rank { rank, on, user } => {
            if let Some(member) = channel.members.get_mut(&user) {
                member.ranks.set(rank, on);
            }
        }
        ModeChange::List { list, on: true, .. } => channel.list_mut(list).extend(entry),
        ModeChange::List { list, on: false, mask } => drop_mask(channel, list, &mask),
        ModeChange::Key(key) => channel.key = key.map(String::into_boxed_str),
        ModeChange::Limit(limit) => channel.limit = limit,
        ModeChange::Forward(forward) => channel.forward = forward,
    }
}

fn drop_mask(channel: &mut Channel, list: List, mask: &str) {
    channel.list_mut(list).retain(|entry| entry.mask.as_str() != mask);
}
