//! HELP of every service, generated from its table: lists only the commands that the user can use.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;
use crate::wire::Text;

use super::{ServiceCommand, split_word};

/// Column at which the explanations of a list begin.
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
    for line in text_of(cx, service.name(), || super::about(service).join("\n")).lines() {
        cx.notice(service, Text::Plain(line));
    }
    for command in super::commands(service) {
        let shown = !command.hidden && (command.enabled)(cx.config()) && command.access.includes(cx).is_ok();
        if shown {
            let text = text_of(cx, &key(service, command), || command_text(command));
            let (_, explanation) = split_help(text.lines().next().unwrap_or_default());
            cx.notice(service, Text::Plain(&format!("{:NAME_WIDTH$}{explanation}", command.name)));
        }
    }
    cx.tell(service, Phrase::SERVICE_HELP_MORE, &[service.name()]);
}

fn explain(cx: &mut Cx<'_>, service: ServiceName, name: &str) -> Outcome {
    let found = super::command(service, name);
    let found = found.filter(|command| (command.enabled)(cx.config()) && command.access.includes(cx).is_ok());
    let Some(command) = found else {
        return Err(service.refuse(Phrase::SERVICE_NO_HELP, &[service.name()]));
    };
    let text = text_of(cx, &key(service, command), || command_text(command));
    let mut lines = text.lines();
    let (params, explanation) = split_help(lines.next().unwrap_or_default());
    let syntax = format!("{} {params}", command.name);
    cx.tell(service, Phrase::SERVICE_SYNTAX, &[syntax.trim_end()]);
    for line in std::iter::once(explanation).chain(lines) {
        cx.notice(service, Text::Plain(line));
    }
    if !command.aliases.is_empty() {
        cx.tell(service, Phrase::SERVICE_ALIASES, &[&command.aliases.join(", ")]);
    }
    Ok(())
}

fn split_help(help: &str) -> (&str, &str) {
    help.split_once(": ").unwrap_or(("", help))
}

/// Returns the key of a command's help in catalogs.
fn key(service: ServiceName, command: &ServiceCommand) -> String {
    format!("{} {}", service.name(), command.name)
}

fn command_text(command: &ServiceCommand) -> String {
    std::iter::once(command.help).chain(command.more.iter().copied()).collect::<Vec<_>>().join("\n")
}

/// Returns a help text in the language of the session being served, or in English.
fn text_of(cx: &Cx<'_>, key: &str, english: impl FnOnce() -> String) -> String {
    let translated = cx.setup.languages.help(&cx.served().languages, key);
    translated.map_or_else(english, str::to_owned)
}

/// Returns the texts about services and their commands, with their keys in catalogs.
pub(super) fn texts() -> impl Iterator<Item = (String, String)> {
    ServiceName::ALL.into_iter().flat_map(|service| {
        let about = (service.name().to_owned(), super::about(service).join("\n"));
        let commands = super::commands(service).iter();
        std::iter::once(about).chain(commands.map(move |c| (key(service, c), command_text(c))))
    })
}
