//! REHASH: applies a changed configuration, like SIGHUP. The session waits until the configuration applies,
//! so its next lines are subject to it.

use serde::{Deserialize, Serialize};

use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::i18n::Phrase;
use crate::text::truncate;
use crate::wire::numeric::{ERR_UNKNOWNERROR, RPL_REHASHING};
use crate::wire::{Message, Text};

use super::Command;

/// The name of the configuration in replies, wherever the file is.
const NAME: &str = "ircd.yaml";
/// Maximum bytes of the reason why a configuration is rejected, so that it fits on a line.
const REASON_BYTES_MAX: usize = 350;

pub(super) const REHASH: Command =
    Command::new("REHASH", rehash).right("rehash").help("reloads the server's configuration");

fn rehash(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    let name = cx.oper_name();
    cx.oper_did(Phrase::OPER_RAN, &[&name, "REHASH"]);
    cx.ask_reload(Reloaded);
    Ok(())
}

/// Waits for the configuration: sends 382, or 400 with the reason why it is rejected.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Reloaded;

impl Resume for Reloaded {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match answer {
            JobAnswer::Reloaded(Ok(())) => {
                cx.reply(RPL_REHASHING, &[NAME], Text::Said(Phrase::REHASHING, &[]));
                Ok(())
            }
            JobAnswer::Reloaded(Err(reason)) => {
                let reason = reason.replace(['\r', '\n'], " ");
                let reason = truncate(&reason, REASON_BYTES_MAX);
                cx.reply(ERR_UNKNOWNERROR, &["REHASH"], Text::Plain(reason));
                Err(Refusal::Said)
            }
            _ => {
                cx.reply(ERR_UNKNOWNERROR, &["REHASH"], Text::Said(Phrase::SERVER_BUSY, &[]));
                Err(Refusal::Said)
            }
        }
    }
}
