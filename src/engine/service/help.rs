//! HELP of every service, made from its table: only what the asker may use here is listed.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;
use crate::wire::Text;

use super::split_word;

/// Where the explanations of a list begin.
const NAME_WIDTH: usize = 15;

/// `HELP [command]`.
pub(super) fn help(cx: &mut Cx<'_>, service: ServiceName, rest: &str) -> Outcome {
    match split_word(rest).0 {
        "" => list(cx, service),
        name => explain(cx, service, name)?,
    }
    cx.tell(service, Phrase::SERVICE_HELP_END, &[]);
    Ok(())
}

fn list(cx: &mut Cx<'_>, service: ServiceName) {
    for line in super::about(service) {
        cx.notice(service, Text::Plain(line));
    }
    for command in super::commands(service) {
        let shown = !command.hidden && (command.enabled)(cx.config()) && command.who.includes(cx).is_ok();
        if shown {
            let (_, explanation) = split_help(command.help);
            cx.notice(service, Text::Plain(&format!("{:NAME_WIDTH$}{explanation}", command.name)));
        }
    }
    cx.tell(service, Phrase::SERVICE_HELP_MORE, &[service.name()]);
}

fn explain(cx: &mut Cx<'_>, service: ServiceName, name: &str) -> Outcome {
    let found = super::command(service, name);
    let found = found.filter(|command| (command.enabled)(cx.config()) && command.who.includes(cx).is_ok());
    let Some(command) = found else {
        return Err(service.refuse(Phrase::SERVICE_NO_HELP, &[service.name()]));
    };
    let (params, explanation) = split_help(command.help);
    let syntax = format!("{} {params}", command.name);
    cx.tell(service, Phrase::SERVICE_SYNTAX, &[syntax.trim_end()]);
    for line in std::iter::once(&explanation).chain(command.more) {
        cx.notice(service, Text::Plain(line));
    }
    if !command.aliases.is_empty() {
        cx.tell(service, Phrase::SERVICE_ALIASES, &[&command.aliases.join(", ")]);
    }
    Ok(())
}

fn split_help(help: &'static str) -> (&'static str, &'static str) {
    help.split_once(": ").unwrap_or(("", help))
}
