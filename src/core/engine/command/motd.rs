//! MOTD: the message of the day.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::wire::numeric::{ERR_NOMOTD, RPL_ENDOFMOTD, RPL_MOTD, RPL_MOTDSTART};
use crate::wire::{Message, Text};

use super::Command;

pub(super) const MOTD: Command = Command::new("MOTD", motd).help("shows the message of the day");

fn motd(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    show(cx);
    Ok(())
}

/// Sends 375, 372 and 376, or 422 if there is no MOTD.
pub fn show(cx: &mut Cx<'_>) {
    let setup = cx.setup;
    let Some(lines) = &setup.motd else {
        cx.reply(ERR_NOMOTD, &[], Text::Said(Phrase::NO_MOTD, &[]));
        return;
    };
    cx.reply(RPL_MOTDSTART, &[], Text::Said(Phrase::MOTD_START, &[setup.server_name()]));
    for line in lines {
        cx.reply(RPL_MOTD, &[], Text::Plain(&format!("- {line}")));
    }
    cx.reply(RPL_ENDOFMOTD, &[], Text::Said(Phrase::END_OF_MOTD, &[]));
}
