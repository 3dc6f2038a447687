//! Masks logged lines, so that they contain no passwords, keys, tokens or codes. A line that is not known to
//! be harmless is masked, because people mistype commands more often than their passwords.

use std::borrow::Cow;

use crate::config::Config;
use crate::engine::command;
use crate::engine::context::service::ServiceName;
use crate::engine::service;
use crate::wire::Message;

/// Replaces the words that are not shown.
const MASK: &str = "***";

/// The first words of lines that carry a secret to NickServ, even if its name is misspelled.
const SECRET_COMMANDS: &[&str] = &[
    "AUTH",
    "IDENTIFY",
    "LOGIN",
    "PASSWD",
    "PASSWORD",
    "REGISTER",
    "RESETPASS",
    "SAREGISTER",
    "SETCLOAKSECRET",
    "VERIFY",
    "VERIFYEMAIL",
];

/// Commands of NickServ whose parameters contain no secret.
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

/// Returns a line that a client sent, as it may be logged. Only the name of an unknown command is shown.
pub fn masked_input<'l>(config: &Config, line: &'l str) -> Cow<'l, str> {
    masked(line, |message| match find(config, message) {
        None if message.params().is_empty() => None,
        None => Some(Vec::new()),
        Some(name) => mistyped(message).or_else(|| shown(name, message)),
    })
}

/// Returns a line that the server sent, as it may be logged.
pub fn masked_output<'l>(config: &Config, line: &'l str) -> Cow<'l, str> {
    masked(line, |message| shown(find(config, message).unwrap_or(message.command), message))
}

/// Returns the name of a message's command if it exists, with aliases resolved.
fn find<'m>(config: &Config, message: &Message<'m>) -> Option<&'static str> {
    command::find(config, &message.command.to_ascii_uppercase()).map(|command| command.name)
}

/// Masks a line after the words that `shown` allows; `None` allows all of them.
fn masked<'l>(line: &'l str, shown: impl Fn(&Message<'l>) -> Option<Vec<&'l str>>) -> Cow<'l, str> {
    let Ok(message) = Message::parse(line) else {
        let blank = line.trim().is_empty();
        return Cow::Borrowed(if blank { line } else { MASK });
    };
    let Some(shown) = shown(&message) else { return Cow::Borrowed(line) };
    let source = message.source.map_or_else(String::new, |source| format!(":{source} "));
    let words: String = shown.iter().map(|word| format!("{word} ")).collect();
    Cow::Owned(format!("{source}{} {words}{MASK}", message.command))
}

/// Returns the words to show of a message that was probably meant for a service, or for the client itself:
/// its text begins like a command to the client, or (to a user) with a command that carries a secret.
fn mistyped<'m>(message: &Message<'m>) -> Option<Vec<&'m str>> {
    if !matches!(message.command.to_ascii_uppercase().as_str(), "PRIVMSG" | "NOTICE") {
        return None;
    }
    let (target, text) = (message.param(0), message.param(1));
    let word = text.split_ascii_whitespace().next()?;
    let is_for_client = word.len() > 1 && word.starts_with('/');
    let is_secret = SECRET_COMMANDS.iter().any(|name| name.eq_ignore_ascii_case(word));
    let is_mistyped =
        is_for_client || is_secret && !target.contains('#') && addressed_service(target).is_none();
    (is_mistyped && text.trim() != word).then(|| vec![target, word])
}

/// Returns the words after the command that may be shown; `None` if all of them may.
fn shown<'m>(name: &str, message: &Message<'m>) -> Option<Vec<&'m str>> {
    let open = match name {
        "PASS" | "AUTHENTICATE" | "WEBIRC" => 0,
        "OPER" | "VERIFY" | "JOIN" => 1,
        "REGISTER" => 2,
        // `MODE #c +k key`, `324 nick #c +k key`: the key is one of the parameters.
        "MODE" | "SAMODE" if message.param(1).contains('k') => 2,
        "324" if message.param(2).contains('k') => 3,
        // `account:password`.
        "USER" if message.param(0).contains(':') => 0,
        "PRIVMSG" | "NOTICE" => {
            let service = message.param(0).split(',').find_map(addressed_service)?;
            return Some(
                [message.param(0)]
                    .into_iter()
                    .chain(shown_to(service, message.params().get(1..)?)?)
                    .collect(),
            );
        }
        "NS" | "NICKSERV" => return shown_to(ServiceName::NickServ, message.params()),
        "HS" | "HOSTSERV" => return shown_to(ServiceName::HostServ, message.params()),
        "CS" | "CHANSERV" => return shown_to(ServiceName::ChanServ, message.params()),
        "HISTSERV" => return shown_to(ServiceName::HistServ, message.params()),
        _ => return None,
    };
    let params = message.params();
    (params.len() > open).then(|| params[..open].to_vec())
}

/// Returns the service that a target addresses. Some servers require the form `NickServ@server`.
fn addressed_service(target: &str) -> Option<ServiceName> {
    ServiceName::by_name(target.split_once('@').map_or(target, |(nick, _)| nick))
}

/// Like [`shown`], for the words of a message to a service.
fn shown_to<'m>(service: ServiceName, params: &[&'m str]) -> Option<Vec<&'m str>> {
    let word = params.first()?.split_ascii_whitespace().next()?;
    let is_one_of = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    match service {
        ServiceName::NickServ if is_one_of(OPEN_COMMANDS) => None,
        ServiceName::NickServ => {
            Some(service::has_command(service, word).then_some(word).into_iter().collect())
        }
        ServiceName::HostServ if is_one_of(&["SETCLOAKSECRET"]) => Some(vec![word]),
        ServiceName::ChanServ | ServiceName::HostServ | ServiceName::HistServ
            if service::has_command(service, word) =>
        {
            None
        }
        ServiceName::ChanServ | ServiceName::HostServ | ServiceName::HistServ => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(line: &str) -> String {
        let mut config = Config::default();
        config.server.command_aliases.insert("ID".into(), "NS".into());
        masked_input(&config, line).into_owned()
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
            ("PRIVMSG HostServ :setcloaksecret sesame", "PRIVMSG HostServ setcloaksecret ***"),
            ("HS SETCLOAKSECRT sesame", "HS ***"),
            ("CS IDENTIFY sesame", "CS ***"),
            ("IDENTIFY sesame", "IDENTIFY ***"),
            ("MSG NickServ IDENTIFY sesame", "MSG ***"),
            ("no such command", "no ***"),
            ("PRIVMSG NickSrev :identify alice sesame", "PRIVMSG NickSrev identify ***"),
            ("PRIVMSG #garden :/msg NickServ identify sesame", "PRIVMSG #garden /msg ***"),
            ("NOTICE #garden :  /oper admin sesame", "NOTICE #garden /oper ***"),
            ("JOIN #garden,#shed sesame", "JOIN #garden,#shed ***"),
            ("MODE #garden +lk 5 sesame", "MODE #garden +lk ***"),
            ("SAMODE #garden -k sesame", "SAMODE #garden -k ***"),
            (":alice!u@h PRIVMSG NickServ :identify sesame", ":alice!u@h PRIVMSG NickServ identify ***"),
            ("PASS sesame\0", "***"),
        ] {
            assert_eq!(mask(line), shown);
        }
    }

    #[test]
    fn lines_without_secrets_are_shown() {
        for line in [
            "MODE #garden +b *!*@192.0.2.1",
            "PRIVMSG alice :identify",
            "PRIVMSG #garden :/",
            "PRIVMSG #garden :a / b",
            "PRIVMSG #garden :IDENTIFY with the roses",
            "PRIVMSG alice :hello",
            "NS INFO alice",
            "PRIVMSG NickServ :help identify",
            "CS REGISTER #garden",
            "USER alice 0 * :Alice: gardener",
            "OPER admin",
            "NS",
            "JOIN #garden",
            "",
        ] {
            assert_eq!(mask(line), line);
        }
    }

    #[test]
    fn output_is_shown_except_for_secrets() {
        let mask = |line| masked_output(&Config::default(), line).into_owned();
        for line in [
            ":irc.test 001 alice :Welcome",
            ":irc.test ACK",
            ":irc.test 421 alice IDENTIFY :Unknown command",
            ":irc.test 324 alice #garden +nt",
            ":alice!u@h JOIN #garden",
            ":irc.test FAIL REGISTER ACCOUNT_EXISTS alice :Account exists",
        ] {
            assert_eq!(mask(line), line);
        }
        for (line, shown) in [
            (":irc.test 324 alice #garden +kl sesame 5", ":irc.test 324 alice #garden +kl ***"),
            (":alice!u@h MODE #garden +k sesame", ":alice!u@h MODE #garden +k ***"),
            (":irc.test AUTHENTICATE c2VzYW1l", ":irc.test AUTHENTICATE ***"),
            (":alice!u@h PRIVMSG NickServ :identify sesame", ":alice!u@h PRIVMSG NickServ identify ***"),
        ] {
            assert_eq!(mask(line), shown);
        }
    }
}
