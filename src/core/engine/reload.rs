//! A new configuration is in force: everything that follows from it is worked out anew, and clients are
//! told what they may use now.

use crate::config::{Config, Logging};
use crate::engine::announce::welcome;
use crate::engine::border::{Effects, Now};
use crate::engine::command::{cap, oper};
use crate::engine::context::answer::Answer;
use crate::engine::context::cx::Cx;
use crate::engine::setup::capability::Offer;
use crate::engine::setup::{ResolvedConfig, isupport, sts};
use crate::engine::{Engine, Texts};
use crate::i18n::{LanguageId, Languages};
use crate::state::{Fact, SessionId};
use crate::wire::{Cap, Caps};

impl Engine {
    pub(super) fn reconfigured(&mut self, now: Now, config: Box<Config>, texts: &Texts, out: &mut Effects) {
        let secret = self.state.cloak_secret.as_deref().unwrap_or(&self.setup.cloak_secret).to_owned();
        let started = self.setup.started.clone();
        let before = std::mem::replace(&mut self.setup, ResolvedConfig::new(config, secret, texts, started));
        if self.expiry_due_ms.is_none()
            && !self.setup.config.accounts.multiclient.always_on_expiration.is_zero()
        {
            self.expiry_due_ms = Some(now.mono_ms);
        }
        let is_logged = |config: &Config| config.logging.iter().any(Logging::shows_lines);
        let is_newly_logged = is_logged(&self.setup.config) && !is_logged(&before.config);
        let tokens = isupport::changes(&before.isupport, &self.setup.isupport);
        let sessions: Vec<SessionId> = self.state.sessions.iter().map(|(session, _)| session).collect();
        for session in sessions {
            let mut cx = self.cx(now, session, Answer::new(session, None), out);
            renegotiate(&mut cx, &before.offer);
            find_languages(&mut cx, &before.languages);
            if cx.served().user().is_some() && !tokens.is_empty() {
                welcome::isupport(&mut cx, &tokens);
            }
            if cx.served().user().is_some() && is_newly_logged {
                welcome::warn_of_logs(&mut cx);
            }
            cx.finish();
        }
        self.renew_opers(now, out);
        let entries_max = self.setup.config.limits.whowas_entries;
        let history = &self.setup.config.history;
        let (channel_items_max, user_items_max) = (history.channel_length, history.client_length);
        let mut turn = self.turn(now, Answer::none(), out);
        turn.commit(Fact::WhowasResized { entries_max });
        turn.commit(Fact::HistoryTrimmed { channel_items_max, user_items_max });
    }

    /// Operators have the rights that the configuration gives them now.
    fn renew_opers(&mut self, now: Now, out: &mut Effects) {
        let opers = self.state.users.iter().filter(|(_, user)| user.oper.is_some());
        for user in opers.map(|(id, _)| id).collect::<Vec<_>>() {
            oper::renew(&mut self.turn(now, Answer::none(), out), user);
        }
    }
}

/// Languages are numbered as they were loaded; those that are gone are asked for no longer.
fn find_languages(cx: &mut Cx<'_>, before: &Languages) {
    let asked = &cx.served().languages;
    let known = |&id: &LanguageId| cx.setup.languages.by_code(before.code(id));
    let found: Vec<LanguageId> = asked.iter().filter_map(known).collect();
    if found[..] != asked[..] {
        cx.commit(Fact::LanguagesSet { session: cx.session, languages: &found });
    }
}

/// CAP DEL for what is no longer on offer, CAP NEW for what is new or has another value.
fn renegotiate(cx: &mut Cx<'_>, before: &Offer) {
    let (caps, version) = (cx.served().caps, cx.served().cap_version);
    let (door, offer) = (&cx.served().door, &cx.setup.offer);
    let (had, has) = (before.at(door), offer.at(door));
    let old = before.words(door, version);
    let mut fresh: Vec<String> =
        offer.words(door, version).into_iter().filter(|word| !old.contains(word)).collect();
    let mut gone = had.iter().filter(|&cap| !has.has(cap)).collect::<Caps>();
    if gone.has(Cap::Sts) {
        // A policy is ended by its duration: CAP DEL must not be sent, and clients do not heed it.
        gone = gone.without(Cap::Sts);
        if version >= 302 {
            fresh.push(sts::ENDED.to_owned());
        }
    }
    let gone: Vec<String> = gone.iter().map(|cap| cap.name().to_owned()).collect();
    if caps.has(Cap::CapNotify) {
        if !gone.is_empty() {
            cap::show(cx, "DEL", gone);
        }
        if !fresh.is_empty() {
            cap::show(cx, "NEW", fresh);
        }
    }
    let kept = caps & has;
    if kept != caps {
        cx.commit(Fact::CapsSet { session: cx.session, caps: kept, version });
    }
}
