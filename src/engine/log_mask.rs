//! Lines as they may be logged: without passwords, tokens and codes. What is not known to be harmless is
//! masked, as people mistype commands but seldom their passwords.

use std::borrow::Cow;

use crate::config::Config;
use crate::engine::command;
use crate::engine::context::service::ServiceName;
use crate::engine::service;
use crate::wire::Message;

/// What stands for what is not shown.
const MASK: &str = "***";

/// Commands of NickServ whose parameters anyone may see.
const OPEN_COMMANDS: &[&str] = &[
    "CERT",
    "CLIENTS",
    "DROP",
    "ENFORCE",
    "ERASE",
    "GET",
    "GHOST",
    "GROUP",
    "HELP",
    "INFO",
    "LIST",
    "PUSH",
    "RENAME",
    "SADROP",
    "SAGET",
    "SASET",
    "SAVERIFY",
    "SENDPASS",
    "SESSIONS",
    "SUSPEND",
    "UNREGISTER",
];

/// A line that a client sent, or was sent, as it may be logged.
pub fn masked<'l>(config: &Config, line: &'l str) -> Cow<'l, str> {
    let Ok(message) = Message::parse(line) else {
        let blank = line.trim().is_empty();
        return Cow::Borrowed(if blank { line } else { MASK });
    };
    let Some(shown) = shown(config, &message) else { return Cow::Borrowed(line) };
    let source = message.source.map_or_else(String::new, |source| format!(":{source} "));
    let words: String = shown.iter().map(|word| format!("{word} ")).collect();
    Cow::Owned(format!("{source}{} {words}{MASK}", message.command))
}

/// The words after the command that may be shown; `None` when all may.
fn shown<'m>(config: &Config, message: &Message<'m>) -> Option<Vec<&'m str>> {
    let name = message.command.to_ascii_uppercase();
    let name = command::find(config, &name).map_or(name.as_str(), |command| command.name);
    let open = match name {
        "PASS" | "AUTHENTICATE" | "WEBIRC" => 0,
        "OPER" | "VERIFY" => 1,
        "REGISTER" => 2,
        // As `account:password`.
        "USER" if message.param(0).contains(':') => 0,
        "PRIVMSG" | "NOTICE" => {
            let service = message.param(0).split(',').find_map(service_meant)?;
            return Some(
                [message.param(0)]
                    .into_iter()
                    .chain(shown_to(service, message.params().get(1..)?)?)
                    .collect(),
            );
        }
        "NS" | "NICKSERV" => return shown_to(ServiceName::NickServ, message.params()),
        "HS" | "HOSTSERV" => return shown_to(ServiceName::HostServ, message.params()),
        _ => return None,
    };
    let params = message.params();
    (params.len() > open).then(|| params[..open].to_vec())
}

/// The service that a target is meant for; some people write `NickServ@server`, as other servers want it.
fn service_meant(target: &str) -> Option<ServiceName> {
    ServiceName::by_name(target.split_once('@').map_or(target, |(nick, _)| nick))
}

/// As [`shown`], of what is said to a service.
fn shown_to<'m>(service: ServiceName, params: &[&'m str]) -> Option<Vec<&'m str>> {
    let word = params.first()?.split_ascii_whitespace().next()?;
    let is_one_of = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    match service {
        ServiceName::NickServ if is_one_of(OPEN_COMMANDS) => None,
        ServiceName::NickServ => Some(service::knows(service, word).then_some(word).into_iter().collect()),
        ServiceName::HostServ if is_one_of(&["SETCLOAKSECRET"]) => Some(vec![word]),
        ServiceName::ChanServ | ServiceName::HostServ | ServiceName::HistServ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(line: &str) -> String {
        let mut config = Config::default();
        config.server.command_aliases.insert("ID".into(), "NS".into());
        masked(&config, line).into_owned()
    }

    #[test]
    fn no_password_is_shown() {
        for (line, shown) in [
            ("PASS alice:sesame", "PASS ***"),
            ("pass :se same", "pass ***"),
            ("@label=1 OPER admin sesame", "OPER admin ***"),
            ("AUTHENTICATE AGFsaWNlAHNlc2FtZQ==", "AUTHENTICATE ***"),
            ("REGISTER alice a@b.example sesame", "REGISTER alice a@b.example ***"),
            ("VERIFY alice c0de", "VERIFY alice ***"),
            ("USER alice:sesame 0 * :Alice", "USER ***"),
            ("WEBIRC sesame gateway host 192.0.2.1", "WEBIRC ***"),
            ("NS IDENTIFY alice sesame", "NS IDENTIFY ***"),
            ("NICKSERV :register sesame a@b.example", "NICKSERV register ***"),
            ("ID passwd sesame other other", "ID passwd ***"),
            ("PRIVMSG nickserv :set email a@b.example sesame", "PRIVMSG nickserv set ***"),
            ("PRIVMSG bob,NickServ :IDENTIFY sesame", "PRIVMSG bob,NickServ IDENTIFY ***"),
            ("PRIVMSG NickServ@irc.test :IDENTIFY sesame", "PRIVMSG NickServ@irc.test IDENTIFY ***"),
            ("NS VERIFYEMAIL c0de", "NS VERIFYEMAIL ***"),
            ("NS RESETPASS alice c0de sesame", "NS RESETPASS ***"),
            ("NS SAREGISTER bob sesame", "NS SAREGISTER ***"),
            ("NOTICE NickServ :sesame", "NOTICE NickServ ***"),
            ("NS IDENTFY sesame", "NS ***"),
            ("HS SETCLOAKSECRET sesame", "HS SETCLOAKSECRET ***"),
            (":alice!u@h PRIVMSG NickServ :identify sesame", ":alice!u@h PRIVMSG NickServ identify ***"),
            ("PASS sesame\0", "***"),
        ] {
            assert_eq!(mask(line), shown);
        }
    }

    #[test]
    fn everything_else_is() {
        for line in [
            "PRIVMSG #garden :IDENTIFY with the roses",
            "PRIVMSG alice :hello",
            "NS INFO alice",
            "PRIVMSG NickServ :help identify",
            "CS REGISTER #garden",
            "USER alice 0 * :Alice: gardener",
            "OPER admin",
            "NS",
            "JOIN #garden spade",
            "",
            "no such command",
        ] {
            assert_eq!(mask(line), line);
        }
    }
}
