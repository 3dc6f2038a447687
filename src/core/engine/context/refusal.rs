//! Refusals: the reasons why a command is rejected, and the one place that turns them into numerics.

use crate::i18n::Phrase;
use crate::wire::numeric::*;
use crate::wire::{Numeric, Text};

use super::cx::Cx;
use super::service::ServiceName;

/// The reason why a command is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    AlreadyRegistered,
    BadChannelKey(String),
    BanListFull {
        channel: String,
        letter: char,
    },
    BannedFromChannel(String),
    CannotRoleplay {
        target: String,
        text: Phrase,
    },
    CannotSend {
        channel: String,
        mode: char,
    },
    ChannelCreationRestricted(String),
    ChannelFull(String),
    ErroneousNickname(String),
    InputTooLong,
    InviteOnly(String),
    NeedMoreParams(String),
    NickInUse(String),
    NickIsAccount(String),
    NickReserved(String),
    NoNickGiven,
    NoOperatorHere(String),
    NoPrivileges,
    NoRecipient,
    NoSuchChannel(String),
    NoSuchNick(String),
    NoSuchServer(String),
    NoText,
    NotChannelOperator(String),
    NotOnChannel(String),
    NotOperator,
    NotRegistered,
    RegisteredOnly(String),
    RegisteredOnlyMessages(String),
    TooManyChannels(String),
    TooManyTargets(String),
    UserNotInChannel {
        nick: String,
        channel: String,
    },
    UserOnChannel {
        nick: String,
        channel: String,
    },
    UsersDontMatch,
    /// The datastore has no room for the changes of this command.
    StoreFull(String),
    /// A standard reply: `FAIL command code context :text`.
    Fail {
        command: &'static str,
        code: &'static str,
        context: Vec<String>,
        text: Phrase,
    },
    /// A notice from a service.
    Service {
        service: ServiceName,
        text: Phrase,
        args: Vec<String>,
    },
    /// The command has already been answered.
    Said,
}

/// What a handler returns.
pub type Outcome = Result<(), Refusal>;

impl Refusal {
    /// Sends the refusal to the client.
    pub fn say(self, cx: &mut Cx<'_>) {
        use Phrase as P;
        match self {
            Refusal::AlreadyRegistered => numeric(cx, ERR_ALREADYREGISTRED, &[], P::ALREADY_REGISTERED),
            Refusal::BadChannelKey(c) => numeric(cx, ERR_BADCHANNELKEY, &[&c], P::BAD_CHANNEL_KEY),
            Refusal::BanListFull { channel, letter } => {
                numeric(cx, ERR_BANLISTFULL, &[&channel, &letter.to_string()], P::BAN_LIST_FULL);
            }
            Refusal::BannedFromChannel(c) => numeric(cx, ERR_BANNEDFROMCHAN, &[&c], P::BANNED),
            Refusal::CannotRoleplay { target, text } => numeric(cx, ERR_CANNOTSENDRP, &[&target], text),
            Refusal::CannotSend { channel, mode } => {
                let mode = format!("+{mode}");
                let text = Text::Said(P::CANNOT_SEND, &[&mode]);
                cx.reply(ERR_CANNOTSENDTOCHAN, &[&channel], text);
            }
            Refusal::ChannelCreationRestricted(c) => {
                numeric(cx, ERR_NOSUCHCHANNEL, &[&c], P::CREATION_RESTRICTED);
            }
            Refusal::ChannelFull(c) => numeric(cx, ERR_CHANNELISFULL, &[&c], P::CHANNEL_IS_FULL),
            Refusal::ErroneousNickname(n) => numeric(cx, ERR_ERRONEUSNICKNAME, &[&n], P::ERRONEOUS_NICKNAME),
            Refusal::InputTooLong => numeric(cx, ERR_INPUTTOOLONG, &[], P::INPUT_TOO_LONG),
            Refusal::InviteOnly(c) => numeric(cx, ERR_INVITEONLYCHAN, &[&c], P::INVITE_ONLY),
            Refusal::NeedMoreParams(c) => numeric(cx, ERR_NEEDMOREPARAMS, &[&c], P::NOT_ENOUGH_PARAMETERS),
            Refusal::NickInUse(n) => numeric(cx, ERR_NICKNAMEINUSE, &[&n], P::NICKNAME_IN_USE),
            Refusal::NickIsAccount(n) => {
                cx.reply(ERR_UNKNOWNERROR, &["NICK"], Text::Said(P::NICK_IS_ACCOUNT, &[&n]));
            }
            Refusal::NickReserved(n) => nick_reserved(cx, &n),
            Refusal::NoNickGiven => numeric(cx, ERR_NONICKNAMEGIVEN, &[], P::NO_NICKNAME_GIVEN),
            Refusal::NoOperatorHere(_) => numeric(cx, ERR_NOOPERHOST, &[], P::NO_OPER),
            Refusal::NoPrivileges => numeric(cx, ERR_NOPRIVILEGES, &[], P::NO_PRIVILEGE),
            Refusal::NoRecipient => numeric(cx, ERR_NORECIPIENT, &[], P::NO_RECIPIENT),
            Refusal::NoSuchChannel(c) => numeric(cx, ERR_NOSUCHCHANNEL, &[&c], P::NO_SUCH_CHANNEL),
            Refusal::NoSuchNick(n) => numeric(cx, ERR_NOSUCHNICK, &[&n], P::NO_SUCH_NICK),
            Refusal::NoSuchServer(s) => numeric(cx, ERR_NOSUCHSERVER, &[&s], P::NO_SUCH_SERVER),
            Refusal::NoText => numeric(cx, ERR_NOTEXTTOSEND, &[], P::NO_TEXT),
            Refusal::NotChannelOperator(c) => {
                numeric(cx, ERR_CHANOPRIVSNEEDED, &[&c], P::NOT_CHANNEL_OPERATOR);
            }
            Refusal::NotOnChannel(c) => numeric(cx, ERR_NOTONCHANNEL, &[&c], P::NOT_ON_CHANNEL),
            Refusal::NotOperator => numeric(cx, ERR_NOPRIVILEGES, &[], P::NO_PRIVILEGES),
            Refusal::NotRegistered => numeric(cx, ERR_NOTREGISTERED, &[], P::NOT_REGISTERED),
            Refusal::RegisteredOnly(c) => numeric(cx, ERR_NEEDREGGEDNICK, &[&c], P::REGISTERED_ONLY),
            Refusal::RegisteredOnlyMessages(n) => {
                numeric(cx, ERR_NEEDREGGEDNICK, &[&n], P::REGISTERED_ONLY_MESSAGES);
            }
            Refusal::StoreFull(c) => numeric(cx, ERR_UNKNOWNERROR, &[&c], P::STORE_FULL),
            Refusal::TooManyChannels(c) => numeric(cx, ERR_TOOMANYCHANNELS, &[&c], P::TOO_MANY_CHANNELS),
            Refusal::TooManyTargets(t) => numeric(cx, ERR_TOOMANYTARGETS, &[&t], P::TOO_MANY_TARGETS),
            Refusal::UserNotInChannel { nick, channel } => {
                numeric(cx, ERR_USERNOTINCHANNEL, &[&nick, &channel], P::USER_NOT_IN_CHANNEL);
            }
            Refusal::UserOnChannel { nick, channel } => {
                numeric(cx, ERR_USERONCHANNEL, &[&nick, &channel], P::USER_ON_CHANNEL);
            }
            Refusal::UsersDontMatch => numeric(cx, ERR_USERSDONTMATCH, &[], P::USERS_DONT_MATCH),
            Refusal::Fail { command, code, context, text } => {
                let context: Vec<&str> = context.iter().map(String::as_str).collect();
                cx.fail(command, code, &context, text);
            }
            Refusal::Service { service, text, args } => {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                cx.tell(service, text, &args);
            }
            Refusal::Said => {}
        }
    }
}

/// Before registration, also sends a numeric, so that a client without standard replies tries another nick.
fn nick_reserved(cx: &mut Cx<'_>, nick: &str) {
    if cx.served().registering().is_some() {
        numeric(cx, ERR_NICKNAMEINUSE, &[nick], Phrase::NICKNAME_RESERVED);
    }
    cx.fail("NICK", "NICKNAME_RESERVED", &[nick], Phrase::NICKNAME_RESERVED);
}

fn numeric(cx: &mut Cx<'_>, code: Numeric, params: &[&str], text: Phrase) {
    cx.reply(code, params, Text::Said(text, &[]));
}
