//! EXPORT: writes the channel messages of an account to a file.

use std::path::Path;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::Resume;
use crate::engine::service::ServiceCommand;
use crate::history::{Found, Query};
use crate::i18n::Phrase;

use super::{HISTORY, HISTSERV, is_history_enabled};

pub(super) const EXPORT: ServiceCommand = ServiceCommand::new("EXPORT", export)
    .params(1, 1)
    .right(HISTORY)
    .enabled(is_history_enabled)
    .help("<account>: exports all channel messages of an account to a file")
    .more(&["The file has one line of JSON per message and is written to server.output-path."]);

fn export(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let history = &cx.config().history;
    if !history.persistent.enabled || !history.retention.enable_account_indexing {
        return Err(HISTSERV.refuse(Phrase::ACCOUNTS_NOT_INDEXED, &[]));
    }
    let account = cx.setup.mapping.fold_lossy(params[0]);
    // The file name cannot be guessed, and omits the account name, which may not be valid in a file system.
    let token = BASE32_NOPAD.encode(&cx.ids.secret::<10>()).to_ascii_lowercase();
    let name = format!("{token}-{}.json", cx.now.wall_ms / 1000);
    let file = Path::new(&cx.config().server.output_path).join(&name).to_string_lossy().into_owned();
    let nick = cx.nick().to_owned();
    cx.oper_did(Phrase::OPER_EXPORTED, &[&nick, &account]);
    cx.tell(HISTSERV, Phrase::EXPORTING, &[&account, &name]);
    let query = Query::Export { account: account.as_str().into(), file };
    cx.ask_aside(query, Exported { account, name });
    Ok(())
}

/// Waits for the export.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Exported {
    /// The folded name of the account.
    account: String,
    /// The name of the file.
    name: String,
}

impl Resume for Exported {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match answer {
            JobAnswer::HistoryFound(Found::Exported(items)) => {
                cx.tell(HISTSERV, Phrase::EXPORTED, &[&items.to_string(), &self.account, &self.name]);
            }
            _ => cx.tell(HISTSERV, Phrase::EXPORT_FAILED, &[]),
        }
        Ok(())
    }
}
