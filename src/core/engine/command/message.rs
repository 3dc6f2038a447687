//! PRIVMSG, NOTICE and TAGMSG: what people are here for.

use indexmap::IndexMap;

use crate::engine::announce;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::service::ServiceName;
use crate::engine::history::znc_playback;
use crate::engine::policy;
use crate::engine::service;
use crate::engine::setup::isupport::TARGETS_MAX;
use crate::i18n::Phrase;
use crate::state::batch::OpenBatch;
use crate::state::fact::{Said, SpeechKind, SpeechTarget};
use crate::state::{ChannelId, Fact, Rank, UserId};
use crate::text::truncate;
use crate::wire::ctcp::is_ctcp;
use crate::wire::message::{is_client_tag, tags};
use crate::wire::multiline::{Line, Lines, is_several, lines};
use crate::wire::numeric::RPL_AWAY;
use crate::wire::{Cap, Message, Text};

use super::{Command, batch, mass};

/// Bytes of client-only tags that are relayed (message-tags, "Size limit").
const CLIENT_TAGS_BYTES_MAX: usize = 4094;

pub(super) const PRIVMSG: Command = Command::new("PRIVMSG", |cx, m| say(cx, m, SpeechKind::Privmsg))
    .help("<target>{,<target>} :<text>: sends a message to channels or users");

pub(super) const NOTICE: Command = Command::new("NOTICE", |cx, m| say(cx, m, SpeechKind::Notice))
    .help("<target>{,<target>} :<text>: sends a message that must not be answered automatically");

pub(super) const TAGMSG: Command = Command::new("TAGMSG", |cx, m| say(cx, m, SpeechKind::Tagmsg))
    .help("<target>{,<target>}: sends message tags without text");

/// Clients that answer an ERROR with one are ignored rather than taught.
pub(super) const ERROR: Command =
    Command::new("ERROR", |_, _| Ok(())).before_registration().help("is sent by servers only");

fn say(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind) -> Outcome {
    if let Some(reference) = batch::reference(cx, m) {
        return batch::take(cx, m, kind, reference);
    }
    match say_to_all(cx, m, kind) {
        // NOTICE is never answered, so that two programs cannot keep each other busy.
        Err(_) if kind == SpeechKind::Notice => Ok(()),
        outcome => outcome,
    }
}

fn say_to_all(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind) -> Outcome {
    let targets = m.param_opt(0).filter(|targets| !targets.is_empty()).ok_or(Refusal::NoRecipient)?;
    let text = m.param(1);
    if kind != SpeechKind::Tagmsg && text.is_empty() {
        return Err(Refusal::NoText);
    }
    no_ctcp_over_tor(cx, text)?;
    let client_tags = if m.tags.is_empty() { String::new() } else { relayed_tags(cx, m.tags) };
    if kind == SpeechKind::Tagmsg && client_tags.is_empty() {
        // Nothing would arrive.
        return Ok(());
    }
    let text = cut(cx, text, room(cx, cx.user().source(), targets, kind))?;
    let what = Said { kind, text, client_tags: &client_tags, source_override: None };
    for (count, target) in targets.split(',').filter(|target| !target.is_empty()).enumerate() {
        let outcome = match count < TARGETS_MAX {
            true => say_to(cx, target, what),
            false => Err(Refusal::TooManyTargets(target.to_owned())),
        };
        if let (Err(refusal), true) = (outcome, kind != SpeechKind::Notice) {
            refusal.say(cx);
        }
        if count == TARGETS_MAX {
            break;
        }
    }
    Ok(())
}

/// Says a message of several lines.
pub(super) fn say_lines(cx: &mut Cx<'_>, kind: SpeechKind, batch: &OpenBatch) -> Outcome {
    let mut say = || {
        no_ctcp_over_tor(cx, batch.lines.as_str())?;
        let room = room(cx, cx.user().source(), &batch.target, kind);
        let mut fit = Lines::new();
        for line in lines(batch.lines.as_str()) {
            fit.push(Line { text: cut(cx, line.text, room)?, ..line });
        }
        let what = Said { kind, text: fit.as_str(), client_tags: &batch.client_tags, source_override: None };
        say_to(cx, &batch.target, what)
    };
    say().or_else(|refusal| if kind == SpeechKind::Notice { Ok(()) } else { Err(refusal) })
}

fn no_ctcp_over_tor(cx: &mut Cx<'_>, text: &str) -> Outcome {
    if !cx.served().door.tor || !is_ctcp(text) {
        return Ok(());
    }
    cx.notify(Phrase::CTCP_OVER_TOR, &[]);
    Err(Refusal::Said)
}

/// The client-only tags (`+…`), still escaped, if the client negotiated tags at all.
pub(super) fn relayed_tags(cx: &Cx<'_>, data: &str) -> String {
    if !cx.served().caps.has(Cap::MessageTags) {
        return String::new();
    }
    // A tag may be there only once; of several the last counts (message-tags, "Format").
    let given: IndexMap<&str, &str> = tags(data).filter(|tag| is_client_tag(tag.0)).collect();
    let mut kept = String::new();
    for (name, value) in given {
        let len = usize::from(!kept.is_empty()) + name.len() + usize::from(!value.is_empty()) + value.len();
        if kept.len() + len > CLIENT_TAGS_BYTES_MAX {
            break;
        }
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(name);
        if !value.is_empty() {
            kept.push('=');
            kept.push_str(value);
        }
    }
    kept
}

/// Bytes that a text may have: with its source in front, the line must be no longer than a line may be.
pub(super) fn room(cx: &Cx<'_>, source: &str, target: &str, kind: SpeechKind) -> usize {
    let frame = ":  :\r\n".len() + " ".len() + source.len() + kind.verb().len() + target.len();
    cx.config().server.max_line_len.saturating_sub(frame)
}

/// A text that has no room is cut, or refused (417), as the configuration has it.
pub(super) fn cut<'t>(cx: &Cx<'_>, text: &'t str, room: usize) -> Result<&'t str, Refusal> {
    let cut = truncate(text, room);
    match cut.len() < text.len() && !cx.config().server.compatibility.allow_truncation {
        true => Err(Refusal::InputTooLong),
        false => Ok(cut),
    }
}

fn say_to(cx: &mut Cx<'_>, target: &str, what: Said<'_>) -> Outcome {
    if mass::is_mask(target) {
        return mass::say(cx, target, what);
    }
    let by = cx.me();
    let session = cx.session;
    let name = target.trim_start_matches(|c| Rank::by_prefix(c).is_some());
    if name.starts_with('#') {
        let channel = find_to_speak(cx, name)?;
        // STATUSMSG: of several prefixes the lowest counts.
        let prefixes = &target[..target.len() - name.len()];
        let at_least = prefixes.chars().filter_map(Rank::by_prefix).min();
        check_ctcp(cx, channel, what.text)?;
        let shown = shown_target(cx, channel, at_least);
        let at_least = policy::hears(cx.state(), by, channel, at_least);
        let to = SpeechTarget::Channel { channel, at_least, shown: &shown };
        cx.commit(Fact::Said { session, by, to, what });
        return Ok(());
    }
    let service = ServiceName::by_name(target);
    if service.is_some() || target.starts_with('*') {
        one_line(what.text)?;
        announce::echo(cx, service.map_or(target, |service| service.name()), &what);
        // These are programs: they ignore NOTICE and TAGMSG.
        match service {
            Some(service) if what.kind == SpeechKind::Privmsg => service::receive(cx, service, what.text),
            None if what.kind == SpeechKind::Privmsg => znc_playback::receive(cx, target, what.text),
            _ => {}
        }
        return Ok(());
    }
    let user = cx.find_user(target)?;
    policy::can_message(cx.state(), by, user)?;
    say_to_user(cx, user, what);
    Ok(())
}

/// Finds a channel that the user being served may speak in: 403, 404. A secret one takes messages from outside
/// (`-n`), but does not tell outsiders why it takes none from them.
fn find_to_speak(cx: &Cx<'_>, name: &str) -> Result<ChannelId, Refusal> {
    let channel = cx.find_any_channel(name)?;
    policy::can_speak(cx.state(), cx.me(), channel)
        .map(|()| channel)
        .map_err(|refusal| cx.find_channel(name).err().unwrap_or(refusal))
}

/// Services read commands, and each may take a while.
fn one_line(text: &str) -> Outcome {
    match is_several(text) {
        true => Err(batch::invalid(Phrase::BATCH_FOR_SERVICE)),
        false => Ok(()),
    }
}

/// The channel in its own spelling, behind the prefix that counts.
fn shown_target(cx: &Cx<'_>, channel: ChannelId, at_least: Option<Rank>) -> String {
    let name = cx.state().channels[channel].name.as_str();
    match at_least {
        Some(rank) => format!("{}{name}", rank.prefix()),
        None => name.to_owned(),
    }
}

/// `+C`: no CTCP but ACTION.
pub(super) fn check_ctcp(cx: &Cx<'_>, channel: ChannelId, text: &str) -> Outcome {
    let channel = &cx.state().channels[channel];
    if channel.flags.has('C') && is_ctcp(text) {
        return Err(Refusal::CannotSend { channel: channel.name.as_str().to_owned(), mode: 'C' });
    }
    Ok(())
}

/// Says something to a user, who may be away: 301.
pub(super) fn say_to_user(cx: &mut Cx<'_>, user: UserId, what: Said<'_>) {
    let (by, session) = (cx.me(), cx.session);
    let hearer = &cx.state().users[user];
    // `+T` takes CTCP away without a word: to tell would be an answer to a probe.
    if hearer.modes.has('T') && is_ctcp(what.text) {
        return;
    }
    cx.commit(Fact::Said { session, by, to: SpeechTarget::User(user), what });
    let hearer = &cx.state().users[user];
    if let (SpeechKind::Privmsg, Some(away)) = (what.kind, hearer.away.clone()) {
        let nick = hearer.nick.as_str().to_owned();
        cx.reply(RPL_AWAY, &[&nick], Text::Plain(&away));
    }
}
