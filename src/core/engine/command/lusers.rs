//! LUSERS: counts users, operators and channels.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::state::Counts;
use crate::wire::numeric::*;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const LUSERS: Command =
    Command::new("LUSERS", lusers).help("shows statistics about users, operators and channels");

fn lusers(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    show(cx);
    Ok(())
}

/// Sends 251 to 255, 265 and 266. With `server.suppress-lusers`, all counts are zero except for operators.
pub fn show(cx: &mut Cx<'_>) {
    let suppressed = cx.config().server.suppress_lusers && cx.user().oper.is_none();
    let state = cx.state();
    let (counts, users, channels) = match suppressed {
        true => (Counts::default(), 0, 0),
        false => (state.counts, state.users.len(), state.channels.len()),
    };
    let (channels, users_max) = (channels.to_string(), counts.users_max.to_string());
    let visible = (users - counts.invisible).to_string();
    let (invisible, users) = (counts.invisible.to_string(), users.to_string());
    let (opers, unregistered) = (counts.opers.to_string(), counts.unregistered.to_string());
    cx.reply(RPL_LUSERCLIENT, &[], Text::Said(Phrase::USERS_VISIBLE, &[&visible, &invisible, "1"]));
    cx.reply(RPL_LUSEROP, &[&opers], Text::Said(Phrase::OPERATORS_ONLINE, &[]));
    cx.reply(RPL_LUSERUNKNOWN, &[&unregistered], Text::Said(Phrase::UNREGISTERED_CONNECTIONS, &[]));
    cx.reply(RPL_LUSERCHANNELS, &[&channels], Text::Said(Phrase::CHANNELS_FORMED, &[]));
    cx.reply(RPL_LUSERME, &[], Text::Said(Phrase::CLIENTS_AND_SERVERS, &[&users, "0"]));
    let totals = [&*users, &users_max];
    cx.reply(RPL_LOCALUSERS, &totals, Text::Said(Phrase::LOCAL_USERS, &totals));
    cx.reply(RPL_GLOBALUSERS, &totals, Text::Said(Phrase::GLOBAL_USERS, &totals));
}
