//! Redaction: which users may delete a message, and how it is deleted.
//!
//! A redacted message is deleted from memory and from the archive; clients that saw it are notified.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::engine::border::{Effect, JobAnswer};
use crate::engine::context::cx::Cx;
use crate::engine::context::recorder::correspondent;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::service::ServiceName;
use crate::engine::context::waiting::Resume;
use crate::engine::setup::settings;
use crate::engine::{history, policy};
use crate::history::{Found, HistoryKey, Item, Kind, Query, Record};
use crate::i18n::Phrase;
use crate::state::account::{Account, HistoryChoice};
use crate::state::fact::HistoryPlace;
use crate::state::{Fact, Rank};
use crate::wire::MsgId;

use super::HistoryScope;
use super::scope::can_still_read;

/// How a redaction was requested, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedactionOrigin {
    /// REDACT.
    Redact,
    /// HistServ's DELETE.
    HistServ,
}

/// A redaction that waits for the archive.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Redaction {
    scope: HistoryScope,
    id: MsgId,
    reason: Option<Box<str>>,
    manner: RedactionOrigin,
}

/// Deletes a message. `message` is its target and its id, as given by the client.
pub fn start(cx: &mut Cx<'_>, message: [&str; 2], reason: Option<&str>, manner: RedactionOrigin) -> Outcome {
    let [target, id] = message;
    let Some(scope) = history::scope(cx, target) else {
        return Err(refusal(manner, "INVALID_TARGET", vec![target], Phrase::TARGET_INVALID));
    };
    if !cx.config().history.retention.allow_individual_delete && !cx.user().may("history") {
        return Err(refusal(manner, "REDACT_FORBIDDEN", vec![target, id], Phrase::REDACTION_FORBIDDEN));
    }
    let Some(id) = MsgId::parse(id) else {
        return Err(refusal(manner, "UNKNOWN_MSGID", vec![target, id], Phrase::MESSAGE_UNKNOWN));
    };
    let redaction = Redaction { scope, id, reason: reason.map(Box::from), manner };
    let place = &redaction.scope.place;
    let item = cx.state().ring(place).and_then(|ring| ring.find(place.with(), id)).cloned();
    match (item, redaction.scope.stored.clone()) {
        (None, Some(target)) => {
            let query = Query::Find { target, id };
            cx.ask(query, redaction);
            Ok(())
        }
        (item, _) => finish(cx, &redaction, item),
    }
}

/// Continues with the answer of the archive.
impl Resume for Redaction {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match answer {
            // The user may have left the channel while waiting for the archive.
            JobAnswer::HistoryFound(_) if !can_still_read(cx, &self.scope) => {
                Err(self.refuse("INVALID_TARGET", Phrase::TARGET_INVALID))
            }
            JobAnswer::HistoryFound(Found::Items(found)) => finish(cx, &self, found.first().cloned()),
            _ => Err(self.refuse("REDACT_FORBIDDEN", Phrase::HISTORY_UNAVAILABLE)),
        }
    }
}

fn finish(cx: &mut Cx<'_>, redaction: &Redaction, item: Option<Item>) -> Outcome {
    // Only messages can be redacted, not events such as JOIN.
    let item = item.filter(|item| {
        let kind = item.kind();
        kind.is_message() || kind == Kind::Tagmsg
    });
    let item = item.ok_or_else(|| redaction.refuse("UNKNOWN_MSGID", Phrase::MESSAGE_UNKNOWN))?;
    if !may(cx, &redaction.scope, &item) {
        return Err(redaction.refuse("REDACT_FORBIDDEN", Phrase::REDACTION_FORBIDDEN));
    }
    let (places, targets) = places_of(cx, &redaction.scope);
    let (by, shown) = (cx.me(), &redaction.scope.shown);
    let reason = redaction.reason.as_deref();
    cx.commit(Fact::MessageRedacted { by, places: &places, shown, id: redaction.id, reason });
    if !targets.is_empty() {
        cx.voice.out.push(Effect::Record(Record::Delete { targets, id: redaction.id }));
    }
    if redaction.manner == RedactionOrigin::HistServ {
        cx.tell(ServiceName::HistServ, Phrase::MESSAGE_DELETED, &[]);
    }
    Ok(())
}

/// Server and channel operators can redact any message, other users only those of their account.
fn may(cx: &Cx<'_>, scope: &HistoryScope, item: &Item) -> bool {
    if cx.user().may("history") {
        return true;
    }
    if let HistoryPlace::Channel(channel) = scope.place
        && policy::rank_of_user(cx.state(), cx.me(), channel) >= Some(Rank::Op)
    {
        return true;
    }
    let author = item.fields().account.map(|account| cx.setup.mapping.fold_lossy(account));
    // Older messages belong to an earlier account with this name.
    let is_own = |own: &Account| item.id() > MsgId::first_of(own.registered_ms);
    cx.account().zip(author).is_some_and(|(own, author)| author == own.name.key() && is_own(own))
}

/// Returns where copies of the message are: in memory, and in the archive. A conversation has two sides.
fn places_of(cx: &Cx<'_>, scope: &HistoryScope) -> (Vec<HistoryPlace>, SmallVec<[HistoryKey; 1]>) {
    let mut places = vec![scope.place.clone()];
    let mut targets: SmallVec<[HistoryKey; 1]> = scope.stored.iter().cloned().collect();
    if let HistoryPlace::Conversation { user, with } = &scope.place {
        let own: Box<str> = correspondent(cx.state(), *user).into();
        let others = match cx.state().users_of(with) {
            [] => cx.state().user_by_key(with).into_iter().collect(),
            users => users.to_vec(),
        };
        let others = others.into_iter().filter(|other| other != user);
        places.extend(others.map(|user| HistoryPlace::Conversation { user, with: own.clone() }));
        let account = cx.state().accounts.get(with).filter(|_| own != *with);
        let choice = account.map(|account| settings::dm_history(cx.config(), &account.settings));
        if choice == Some(HistoryChoice::On) {
            targets.push(HistoryKey::Conversation { owner: with.clone().into(), with: own.into() });
        }
    }
    (places, targets)
}

impl Redaction {
    fn refuse(&self, code: &'static str, text: Phrase) -> Refusal {
        refusal(self.manner, code, vec![&self.scope.shown, self.id.as_str()], text)
    }
}

fn refusal(manner: RedactionOrigin, code: &'static str, context: Vec<&str>, text: Phrase) -> Refusal {
    match manner {
        RedactionOrigin::Redact => {
            let context = context.into_iter().map(str::to_owned).collect();
            Refusal::Fail { command: "REDACT", code, context, text }
        }
        RedactionOrigin::HistServ => ServiceName::HistServ.refuse(text, &[]),
    }
}
