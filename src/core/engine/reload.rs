//! Applies a new configuration: everything that is derived from it is recomputed, and clients are notified of
//! the capabilities and 005 tokens that changed.

use crate::config::{Config, Logging};
use crate::engine::announce::welcome;
use crate::engine::border::{Effects, Now};
use crate::engine::command::{cap, oper};
use crate::engine::context::answer::Answer;
use crate::engine::context::cx::Cx;
use crate::engine::context::guard::{GuardedWork, guarded, guarded_turn};
use crate::engine::setup::capability::Offer;
use crate::engine::setup::{ResolvedConfig, isupport, sts};
use crate::engine::{Engine, Texts};
use crate::i18n::{LanguageId, Languages};
use crate::state::{Fact, SessionId};
use crate::wire::{Cap, Caps};

impl Engine {
    pub(super) fn reconfigured(&mut self, now: Now, config: Box<Config>, texts: &Texts, out: &mut Effects) {
        let secret = self.state.cloak_secret.as_deref().unwrap_or(&self.setup.cloak_secret).to_owned();
        let started_s = self.setup.started_s;
        let before =
            std::mem::replace(&mut self.setup, ResolvedConfig::new(config, secret, texts, started_s));
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
            guarded(&mut cx, GuardedWork::Reload, |cx| {
                renegotiate(cx, &before.offer);
                update_languages(cx, &before.languages);
                if cx.served().user().is_some() && !tokens.is_empty() {
                    welcome::isupport(cx, &tokens);
                }
                if cx.served().user().is_some() && is_newly_logged {
                    welcome::warn_of_logs(cx);
                }
                Ok(())
            });
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

    /// Gives operators the rights that they have in the new configuration.
    fn renew_opers(&mut self, now: Now, out: &mut Effects) {
        let opers = self.state.users.iter().filter(|(_, user)| user.oper.is_some());
        for user in opers.map(|(id, _)| id).collect::<Vec<_>>() {
            let mut turn = self.turn(now, Answer::none(), out);
            guarded_turn(&mut turn, GuardedWork::Reload, |turn| oper::renew(turn, user));
        }
    }
}

/// Updates the session's choice of languages, whose ids are numbered in the order of loading. Languages that
/// no longer exist are dropped.
fn update_languages(cx: &mut Cx<'_>, before: &Languages) {
    let chosen = &cx.served().languages;
    let known = |&id: &LanguageId| cx.setup.languages.by_code(before.code(id));
    let found: Vec<LanguageId> = chosen.iter().filter_map(known).collect();
    if found[..] != chosen[..] {
        cx.commit(Fact::LanguagesSet { session: cx.session, languages: &found });
    }
}

/// Sends CAP DEL for capabilities that are no longer offered, and CAP NEW for those that are new or have
/// another value.
fn renegotiate(cx: &mut Cx<'_>, before: &Offer) {
    let (caps, version) = (cx.served().caps, cx.served().cap_version);
    let (door, offer) = (&cx.served().door, &cx.setup.offer);
    let (had, has) = (before.at(door), offer.at(door));
    let old = before.words(door, version);
    let mut added: Vec<String> =
        offer.words(door, version).into_iter().filter(|word| !old.contains(word)).collect();
    let mut removed = had.iter().filter(|&cap| !has.has(cap)).collect::<Caps>();
    if removed.has(Cap::Sts) {
        // A policy ends by its duration: servers must not send CAP DEL for it, and clients ignore it.
        removed = removed.without(Cap::Sts);
        if version >= 302 {
            added.push(sts::ENDED.to_owned());
        }
    }
    let removed: Vec<String> = removed.iter().map(|cap| cap.name().to_owned()).collect();
    if caps.has(Cap::CapNotify) {
        if !removed.is_empty() {
            cap::show(cx, "DEL", removed);
        }
        if !added.is_empty() {
            cap::show(cx, "NEW", added);
        }
    }
    let kept = caps & has;
    if kept != caps {
        cx.commit(Fact::CapsSet { session: cx.session, caps: kept, version });
    }
}
