//! Sends a page of history: as the original lines where the client supports them, otherwise in words.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::ControlFlow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::recorder::correspondent;
use crate::engine::context::service::ServiceName;
use crate::history::{Fields, Item, Kind};
use crate::i18n::Phrase;
use crate::state::fact::HistoryPlace;
use crate::wire::clock::time_of_day;
use crate::wire::multiline::lines;
use crate::wire::{Body, Cap, Origin, Outgoing, Stamp, Text};

use super::reading::HistoryReading;
use super::scope::can_still_read;

/// The source of messages that describe events to clients without `draft/event-playback`.
pub const HISTSERV: &str = "HistServ!HistServ@localhost";

/// The subcommands of CHATHISTORY.
pub const SUBCOMMANDS: [&str; 6] = ["LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS"];

/// One of [`SUBCOMMANDS`].
pub type Subcommand = &'static str;

/// Reads one of [`SUBCOMMANDS`].
fn subcommand<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Subcommand, D::Error> {
    let name = <&str>::deserialize(deserializer)?;
    let known = SUBCOMMANDS.into_iter().find(|known| *known == name);
    known.ok_or_else(|| D::Error::custom("not a subcommand of CHATHISTORY"))
}

/// Approximate size of a line beyond that of its item: tags, and what the item omits.
const LINE_BYTES: usize = 100;

/// How a page is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// As the answer to CHATHISTORY with this subcommand.
    Page {
        /// As the client wrote it.
        #[serde(deserialize_with = "subcommand")]
        subcommand: Subcommand,
    },
    /// As ordinary lines, for a client that may not support history.
    Lines {
        /// The client requested it, so an error is reported.
        asked: bool,
    },
    /// As notices of HistServ.
    Notices,
}

/// A page on its way to the client.
#[derive(Debug, Serialize, Deserialize)]
pub struct Telling {
    reading: HistoryReading,
    /// The items still to be sent.
    items: VecDeque<Item>,
    is_all: bool,
    begun: bool,
}

impl Telling {
    /// Prepares to send the items of a page, which are sorted from oldest to newest.
    pub fn new(reading: HistoryReading, page: Vec<Item>) -> Telling {
        Telling { is_all: reading.is_all(&page), reading, items: page.into(), begun: false }
    }

    /// Returns the approximate number of bytes still to be sent.
    pub fn bytes(&self) -> usize {
        self.items.iter().map(|item| item.as_bytes().len() + LINE_BYTES).sum()
    }

    /// Sends the rest of the page.
    pub fn send_all(mut self, cx: &mut Cx<'_>) {
        while self.step(cx).is_continue() {}
    }

    /// Sends the next item, or the end of the page if there are no more.
    pub fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.begin(cx);
        }
        // The client may have lost permission since the previous item.
        let next = if can_still_read(cx, &self.reading.scope) { self.items.pop_front() } else { None };
        let Some(item) = next else {
            self.end(cx);
            return ControlFlow::Break(());
        };
        match self.reading.style {
            Style::Notices => notice(cx, &item.fields()),
            Style::Page { .. } | Style::Lines { .. } => send_item(cx, &self.reading, &item),
        }
        ControlFlow::Continue(())
    }

    fn begin(&self, cx: &mut Cx<'_>) {
        let shown = &self.reading.scope.shown;
        match self.reading.style {
            Style::Page { .. } => {
                // An extension shared with Ergo: there are no more items to request.
                let tags = if self.is_all { "draft/chathistory-end" } else { "" };
                cx.open_batch_tagged(tags, "chathistory", &[shown]);
                cx.voice.answer.mark_one_batch();
            }
            Style::Lines { .. } if !self.items.is_empty() => cx.open_batch("chathistory", &[shown]),
            Style::Lines { .. } | Style::Notices => {}
        }
    }

    fn end(&self, cx: &mut Cx<'_>) {
        match self.reading.style {
            Style::Page { .. } | Style::Lines { .. } => cx.close_batch(),
            Style::Notices => cx.tell(ServiceName::HistServ, Phrase::END_OF_PLAYBACK, &[]),
        }
    }
}

/// Reports that a page is unavailable.
pub fn send_failure(cx: &mut Cx<'_>, reading: &HistoryReading) {
    match reading.style {
        Style::Page { subcommand } => {
            let context = [subcommand, &reading.scope.shown];
            cx.fail("CHATHISTORY", "MESSAGE_ERROR", &context, Phrase::HISTORY_UNAVAILABLE);
        }
        Style::Lines { asked: false } => {}
        Style::Lines { asked: true } => {
            cx.reply(
                crate::wire::numeric::ERR_UNKNOWNERROR,
                &["HISTORY"],
                Text::Said(Phrase::HISTORY_UNAVAILABLE, &[]),
            );
        }
        Style::Notices => {
            cx.tell(ServiceName::HistServ, Phrase::HISTORY_UNAVAILABLE, &[]);
        }
    }
}

fn send_item(cx: &mut Cx<'_>, reading: &HistoryReading, item: &Item) {
    let fields = item.fields();
    let caps = cx.served().caps;
    let plain = matches!(reading.style, Style::Lines { .. });
    if !fields.kind.is_message() && !caps.has(Cap::EventPlayback) {
        return describe_event(cx, reading, &fields);
    }
    if fields.kind == Kind::Tagmsg && !caps.has(Cap::MessageTags) {
        return;
    }
    let is_timed = plain && !caps.has(Cap::ServerTime) && fields.kind.is_message();
    let text =
        fields.text.map(|text| if is_timed { prefix_time(&fields, text).into() } else { Cow::from(text) });
    let shown = Fields { text: text.as_deref(), ..fields };
    match &reading.scope.place {
        HistoryPlace::Channel(_) => send_line(cx, &shown),
        HistoryPlace::Conversation { with, .. } => send_in_conversation(cx, &shown, with, plain),
    }
}

/// Sends an item of a conversation with the user's current nick as recipient or source, as it may have
/// changed since (chathistory, "Implementation Considerations").
fn send_in_conversation(cx: &mut Cx<'_>, fields: &Fields<'_>, with: &str, plain: bool) {
    if !is_own(cx, fields, with) {
        let nick = cx.nick().to_owned();
        return send_line(cx, &Fields { params: &nick, ..*fields });
    }
    if !plain || accepts_own_messages(cx.served().caps) {
        let me = cx.user().source().to_owned();
        send_line(cx, &Fields { source: &me, ..*fields });
    }
}

/// Sends an item with its original time to the session being served.
fn send_line(cx: &mut Cx<'_>, fields: &Fields<'_>) {
    let now = std::mem::replace(&mut cx.voice.stamp, Stamp::new(fields.id.wall_ms()));
    // Nearly every item has one, and a page has many items.
    let params: Cow<'_, [&str]> = match &fields.params {
        one if !one.is_empty() && !one.contains(' ') => std::slice::from_ref(one).into(),
        params => params.split(' ').filter(|param| !param.is_empty()).collect(),
    };
    let origin = Origin {
        msgid: Some(fields.id),
        account: fields.account,
        bot: fields.bot,
        client_tags: fields.client_tags,
        part: None,
    };
    let body = match fields.kind {
        Kind::Join => Body::Join {
            channel: params.first().copied().unwrap_or_default(),
            account: fields.account.unwrap_or("*"),
            realname: fields.text.unwrap_or_default(),
        },
        kind => Body::Command {
            verb: kind.verb(),
            params: &params,
            text: fields.text.map_or(Text::None, Text::of),
        },
    };
    let line = Outgoing { source: fields.source, origin, body };
    cx.turn.voice.reply(&cx.turn.ledger.sessions[cx.session], &line);
    cx.voice.stamp = now;
}

/// Whether the user being served sent this item in the conversation with `with`, that is, the correspondent
/// did not. The user's own nick and account may have changed since, so only the correspondent's key is
/// compared.
fn is_own(cx: &Cx<'_>, fields: &Fields<'_>, with: &str) -> bool {
    let nick = fields.source.split('!').next().unwrap_or_default();
    let author = cx.setup.mapping.fold_lossy(fields.account.unwrap_or(nick));
    author != with || with == correspondent(cx.state(), cx.me())
}

/// Whether a client that gets ordinary lines accepts messages that its own user sent to others.
fn accepts_own_messages(caps: crate::wire::Caps) -> bool {
    caps.has(Cap::ZncSelfMessage) || caps.has(Cap::EchoMessage)
}

/// Puts the time before a text, for clients without `server-time`; in an ACTION, before the action.
fn prefix_time(fields: &Fields<'_>, text: &str) -> String {
    let time = time_of_day(fields.id.wall_ms());
    match text.strip_prefix("\x01ACTION ") {
        Some(action) => format!("\x01ACTION [{time}] {action}"),
        None => format!("[{time}] {text}"),
    }
}

/// Describes an event of a channel in a message from HistServ.
fn describe_event(cx: &mut Cx<'_>, reading: &HistoryReading, fields: &Fields<'_>) {
    let HistoryPlace::Channel(_) = reading.scope.place else { return };
    let nick = fields.source.split('!').next().unwrap_or_default();
    let (text, params) = (fields.text.unwrap_or_default(), fields.params);
    let rest = params.split_once(' ').map_or("", |(_, rest)| rest);
    let (phrase, args): (Phrase, &[&str]) = match fields.kind {
        Kind::Join => (Phrase::HISTORY_JOINED, &[nick]),
        Kind::Part => (Phrase::HISTORY_PARTED, &[nick, text]),
        Kind::Quit => (Phrase::HISTORY_QUIT, &[nick, text]),
        Kind::Kick => (Phrase::HISTORY_KICKED, &[nick, rest, text]),
        Kind::Nick => (Phrase::HISTORY_RENAMED, &[nick, text]),
        Kind::Topic => (Phrase::HISTORY_TOPIC, &[nick, text]),
        Kind::Mode => (Phrase::HISTORY_MODE, &[nick, rest]),
        Kind::Privmsg | Kind::Notice | Kind::Tagmsg | Kind::Invite => return,
    };
    let now = std::mem::replace(&mut cx.voice.stamp, Stamp::new(fields.id.wall_ms()));
    cx.reply_from(HISTSERV, "PRIVMSG", &[&reading.scope.shown], Text::Said(phrase, args));
    cx.voice.stamp = now;
}

fn notice(cx: &mut Cx<'_>, fields: &Fields<'_>) {
    if !fields.kind.is_message() {
        return;
    }
    let nick = fields.source.split('!').next().unwrap_or_default();
    let time = time_of_day(fields.id.wall_ms());
    for line in lines(fields.text.unwrap_or_default()).filter(|line| !line.text.is_empty()) {
        cx.notice(ServiceName::HistServ, Text::Plain(&format!("{time} <{nick}> {}", line.text)));
    }
}
