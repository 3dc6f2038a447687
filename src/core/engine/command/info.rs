//! INFO, TIME, VERSION and ISUPPORT: information about the server; and USERS and SUMMON, which concern users
//! logged in to the server's machine and are not supported.

use crate::engine::announce::welcome;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::setup::VERSION as SERVER_VERSION;
use crate::i18n::Phrase;
use crate::wire::clock::long_date;
use crate::wire::numeric::*;
use crate::wire::{Cap, Message, Text};

use super::Command;

pub(super) const INFO: Command = Command::new("INFO", info).help("shows information about the server");

pub(super) const TIME: Command = Command::new("TIME", time).help("shows the server's time");

pub(super) const VERSION: Command =
    Command::new("VERSION", version).help("shows the server's version and supported features");

pub(super) const ISUPPORT: Command = Command::new("ISUPPORT", isupport)
    .before_registration()
    .help("shows the features the server supports (005)");

pub(super) const USERS: Command = Command::new("USERS", users).help("is not supported");

pub(super) const SUMMON: Command = Command::new("SUMMON", summon).help("is not supported");

fn info(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    let setup = cx.setup;
    cx.reply(RPL_INFO, &[], Text::Said(Phrase::INFO_VERSION, &[setup.server_name(), SERVER_VERSION]));
    cx.reply(RPL_INFO, &[], Text::Said(Phrase::INFO_STARTED, &[&long_date(setup.started_s)]));
    cx.reply(RPL_ENDOFINFO, &[], Text::Said(Phrase::END_OF_INFO, &[]));
    Ok(())
}

fn time(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    let now = long_date(cx.now.wall_ms / 1000);
    cx.reply(RPL_TIME, &[cx.setup.server_name()], Text::Plain(&now));
    Ok(())
}

fn version(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    cx.reply(RPL_VERSION, &[SERVER_VERSION, cx.setup.server_name()], Text::None);
    welcome::isupport(cx, &cx.setup.isupport);
    Ok(())
}

fn isupport(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    // Before registration, only clients with draft/extended-isupport may use it.
    if cx.served().user().is_none() && !cx.served().caps.has(Cap::ExtendedIsupport) {
        return Err(Refusal::NotRegistered);
    }
    welcome::isupport(cx, &cx.setup.isupport);
    Ok(())
}

fn users(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    cx.reply(ERR_USERSDISABLED, &[], Text::Said(Phrase::USERS_DISABLED, &[]));
    Ok(())
}

fn summon(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    cx.reply(ERR_SUMMONDISABLED, &[], Text::Said(Phrase::SUMMON_DISABLED, &[]));
    Ok(())
}
