//! DEBUG: shows counters, and crashes the server to test recovery. For profiles, use external tools such as
//! `perf`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::confirmation_code;
use crate::i18n::Phrase;
use crate::wire::clock::long_date;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const DEBUG: Command = Command::new("DEBUG", debug)
    .params(1)
    .right("rehash")
    .help("STATE | CRASHSERVER <code>: shows counters, or crashes the server for testing");

fn debug(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    match m.param(0).to_ascii_uppercase().as_str() {
        "STATE" => show_counters(cx),
        "CRASHSERVER" => crash(cx, m.param_opt(1)),
        _ => {
            let nick = cx.nick().to_owned();
            cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::UNKNOWN_COMMAND, &[]));
        }
    }
    Ok(())
}

fn show_counters(cx: &mut Cx<'_>) {
    let state = cx.state();
    let counts = [
        (Phrase::DEBUG_CONNECTIONS, state.sessions.len()),
        (Phrase::DEBUG_UNREGISTERED, state.counts.unregistered),
        (Phrase::DEBUG_WAITING, cx.waiting.sessions.len()),
        (Phrase::DEBUG_USERS, state.users.len()),
        (Phrase::DEBUG_CHANNELS, state.channels.len()),
        (Phrase::DEBUG_REGISTERED, state.registered_channels().count()),
        (Phrase::DEBUG_ACCOUNTS, state.accounts.len()),
        (Phrase::DEBUG_BANS, state.bans.count()),
        (Phrase::DEBUG_HOSTS, state.connections.len()),
    ];
    for (phrase, count) in counts {
        cx.notify(phrase, &[&count.to_string()]);
    }
}

fn crash(cx: &mut Cx<'_>, code: Option<&str>) {
    // Each run of the server has its own code.
    let expected = confirmation_code(&long_date(cx.setup.started_s), 0);
    if code != Some(&expected) {
        let nick = cx.nick().to_owned();
        let command = format!("/DEBUG CRASHSERVER {expected}");
        cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::TO_CONFIRM, &[&command]));
        return;
    }
    // Simulates a panic in the middle of `apply`, which always ends the process.
    *cx.applying = true;
    panic!("DEBUG CRASHSERVER by operator {}", cx.oper_name());
}
