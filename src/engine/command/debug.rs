//! DEBUG: what the server holds, and an end without any order, to see what follows from one. There are no
//! profiles here: those are for tools outside, such as `perf`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::confirmation_code;
use crate::i18n::Phrase;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const DEBUG: Command = Command {
    name: "DEBUG",
    params_min: 1,
    when: When::Registered,
    right: Some("rehash"),
    help: "STATE | CRASHSERVER <code>: counts what the server holds, or ends it as a fault would",
    run: debug,
};

fn debug(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    match m.param(0).to_ascii_uppercase().as_str() {
        "STATE" => count(cx),
        "CRASHSERVER" => crash(cx, m.param_opt(1)),
        _ => {
            let nick = cx.nick().to_owned();
            cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::UNKNOWN_COMMAND, &[]));
        }
    }
    Ok(())
}

fn count(cx: &mut Cx<'_>) {
    let state = cx.state();
    let counts = [
        ("connections", state.sessions.len()),
        ("of these unregistered", state.counts.unregistered),
        ("of these waiting", cx.waiting.sessions.len()),
        ("users", state.users.len()),
        ("channels", state.channels.len()),
        ("of these registered", state.registered_channels().count()),
        ("accounts", state.accounts.len()),
        ("bans", state.bans.count()),
        ("hosts remembered", state.connections.len()),
    ];
    for (what, count) in counts {
        cx.server_notice(&format!("{what}: {count}"));
    }
}

fn crash(cx: &mut Cx<'_>, code: Option<&str>) {
    // One for each run of the server.
    let expected = confirmation_code(&cx.setup.started, 0);
    if code != Some(&expected) {
        let nick = cx.nick().to_owned();
        let command = format!("/DEBUG CRASHSERVER {expected}");
        cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::TO_CONFIRM, &[&command]));
        return;
    }
    // As if it failed in the midst of a change, which is never survived.
    *cx.applying = true;
    panic!("DEBUG CRASHSERVER by operator {}", cx.oper_name());
}
