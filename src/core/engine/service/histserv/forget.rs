//! FORGET: deletes all messages of an account.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::border::Effect;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::service::ServiceCommand;
use crate::history::Record;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::HistoryPlace;

use super::{HISTORY, HISTSERV, is_history_enabled};

pub(super) const FORGET: ServiceCommand = ServiceCommand::new("FORGET", forget)
    .params(1, 1)
    .right(HISTORY)
    .enabled(is_history_enabled)
    .help("<account>: deletes all messages of an account")
    .more(&["For stored history, this requires history.retention.enable-account-indexing."]);

/// The progress of FORGET through the histories in memory.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct ForgetCursor {
    account: Box<str>,
    channels: u32,
    users: u32,
}

fn forget(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let history = &cx.config().history;
    if history.persistent.enabled && !history.retention.enable_account_indexing {
        return Err(HISTSERV.refuse(Phrase::ACCOUNTS_NOT_INDEXED, &[]));
    }
    // The account may have been deleted; its messages have not.
    let account: Box<str> = cx.setup.mapping.fold_lossy(params[0]).into();
    let nick = cx.nick().to_owned();
    cx.oper_did(Phrase::OPER_FORGOT, &[&nick, &account]);
    if history.persistent.enabled {
        cx.voice.out.push(Effect::Record(Record::Forget { account: account.clone() }));
    }
    cx.answer_long(ForgetCursor { account, channels: 0, users: 0 });
    Ok(())
}

impl LongAnswer for ForgetCursor {
    /// Deletes the account's messages from the next history; ends after the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let state = cx.state();
        let place = if self.channels < state.channels.slots() {
            self.channels += 1;
            state.channels.in_slot(self.channels - 1).map(|(id, _)| HistoryPlace::Channel(id))
        } else if self.users < state.users.slots() {
            self.users += 1;
            let user = state.users.in_slot(self.users - 1).map(|(id, _)| id);
            user.map(|user| HistoryPlace::Conversation { user, with: "".into() })
        } else {
            cx.tell(HISTSERV, Phrase::FORGETTING, &[&self.account]);
            return ControlFlow::Break(());
        };
        let items = place.as_ref().and_then(|place| state.ring(place)).map_or(0, crate::history::Ring::len);
        if let Some(place) = place {
            cx.commit(Fact::Forgotten { place, account: &self.account });
        }
        ControlFlow::Continue(1 + items / 16)
    }
}
