//! PRIVMSG, NOTICE and TAGMSG: messages to channels, users and services.

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

/// Maximum bytes of client-only tags that are relayed (message-tags, "Size limit").
const CLIENT_TAGS_BYTES_MAX: usize = 4094;

pub(super) const PRIVMSG: Command = Command::new("PRIVMSG", |cx, m| send(cx, m, SpeechKind::Privmsg))
    .help("<target>{,<target>} :<text>: sends a message to channels or users");

pub(super) const NOTICE: Command = Command::new("NOTICE", |cx, m| send(cx, m, SpeechKind::Notice))
    .help("<target>{,<target>} :<text>: sends a message that must not be answered automatically");

pub(super) const TAGMSG: Command = Command::new("TAGMSG", |cx, m| send(cx, m, SpeechKind::Tagmsg))
    .help("<target>{,<target>}: sends message tags without text");

/// Ignored, as some clients answer an ERROR with another.
pub(super) const ERROR: Command =
    Command::new("ERROR", |_, _| Ok(())).before_registration().help("is sent by servers only");

fn send(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind) -> Outcome {
    if let Some(reference) = batch::reference(cx, m) {
        return batch::add_line(cx, m, kind, reference);
    }
    match send_to_all(cx, m, kind) {
        // A NOTICE is never answered, which prevents loops between programs.
        Err(_) if kind == SpeechKind::Notice => Ok(()),
        outcome => outcome,
    }
}

fn send_to_all(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind) -> Outcome {
    let targets = m.param_opt(0).filter(|targets| !targets.is_empty()).ok_or(Refusal::NoRecipient)?;
    let text = m.param(1);
    if kind != SpeechKind::Tagmsg && text.is_empty() {
        return Err(Refusal::NoText);
    }
    no_ctcp_over_tor(cx, text)?;
    let client_tags = if m.tags.is_empty() { String::new() } else { relayed_tags(cx, m.tags) };
    if kind == SpeechKind::Tagmsg && client_tags.is_empty() {
        // Recipients would get an empty message.
        return Ok(());
    }
    let text = fit(cx, text, text_bytes_max(cx, cx.user().source(), targets, kind))?;
    let speech = Said { kind, text, client_tags: &client_tags, source_override: None };
    for (count, target) in targets.split(',').filter(|target| !target.is_empty()).enumerate() {
        let outcome = match count < TARGETS_MAX {
            true => send_to(cx, target, speech),
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

/// Sends a multiline message.
pub(super) fn send_lines(cx: &mut Cx<'_>, kind: SpeechKind, batch: &OpenBatch) -> Outcome {
    let mut send = || {
        no_ctcp_over_tor(cx, batch.lines.as_str())?;
        let bytes_max = text_bytes_max(cx, cx.user().source(), &batch.target, kind);
        let mut fitted = Lines::new();
        for line in lines(batch.lines.as_str()) {
            fitted.push(Line { text: fit(cx, line.text, bytes_max)?, ..line });
        }
        let text = fitted.as_str();
        let speech = Said { kind, text, client_tags: &batch.client_tags, source_override: None };
        send_to(cx, &batch.target, speech)
    };
    send().or_else(|refusal| if kind == SpeechKind::Notice { Ok(()) } else { Err(refusal) })
}

fn no_ctcp_over_tor(cx: &mut Cx<'_>, text: &str) -> Outcome {
    if !cx.served().door.tor || !is_ctcp(text) {
        return Ok(());
    }
    cx.notify(Phrase::CTCP_OVER_TOR, &[]);
    Err(Refusal::Said)
}

/// Returns the client-only tags (`+…`), still escaped, if the client has negotiated `message-tags`.
pub(super) fn relayed_tags(cx: &Cx<'_>, data: &str) -> String {
    if !cx.served().caps.has(Cap::MessageTags) {
        return String::new();
    }
    // If a tag occurs more than once, the last one counts (message-tags, "Format").
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

/// Returns the maximum number of bytes of a text, so that its line with the source does not exceed
/// `server.max-line-len`.
pub(super) fn text_bytes_max(cx: &Cx<'_>, source: &str, target: &str, kind: SpeechKind) -> usize {
    let frame = ":  :\r\n".len() + " ".len() + source.len() + kind.verb().len() + target.len();
    cx.config().server.max_line_len.saturating_sub(frame)
}

/// Truncates a text that is too long, or rejects it (417), depending on
/// `server.compatibility.allow-truncation`.
pub(super) fn fit<'t>(cx: &Cx<'_>, text: &'t str, bytes_max: usize) -> Result<&'t str, Refusal> {
    let fitted = truncate(text, bytes_max);
    match fitted.len() < text.len() && !cx.config().server.compatibility.allow_truncation {
        true => Err(Refusal::InputTooLong),
        false => Ok(fitted),
    }
}

fn send_to(cx: &mut Cx<'_>, target: &str, speech: Said<'_>) -> Outcome {
    if mass::is_mask(target) {
        return mass::send(cx, target, speech);
    }
    let by = cx.me();
    let session = cx.session;
    let name = target.trim_start_matches(|c| Rank::by_prefix(c).is_some());
    if name.starts_with('#') {
        let channel = find_speakable(cx, name)?;
        // STATUSMSG: the lowest of several prefixes counts.
        let prefixes = &target[..target.len() - name.len()];
        let at_least = prefixes.chars().filter_map(Rank::by_prefix).min();
        check_ctcp(cx, channel, speech.text)?;
        let shown = shown_target(cx, channel, at_least);
        let at_least = policy::min_recipient_rank(cx.state(), by, channel, at_least);
        let to = SpeechTarget::Channel { channel, at_least, shown: &shown };
        cx.commit(Fact::Said { session, by, to, what: speech });
        return Ok(());
    }
    let service = ServiceName::by_name(target);
    if service.is_some() || target.starts_with('*') {
        check_single_line(speech.text)?;
        announce::echo(cx, service.map_or(target, |service| service.name()), &speech);
        // Services are programs, so they ignore NOTICE and TAGMSG.
        match service {
            Some(service) if speech.kind == SpeechKind::Privmsg => service::receive(cx, service, speech.text),
            None if speech.kind == SpeechKind::Privmsg => znc_playback::receive(cx, target, speech.text),
            _ => {}
        }
        return Ok(());
    }
    let user = cx.find_user(target)?;
    policy::can_message(cx.state(), by, user)?;
    send_to_user(cx, user, speech);
    Ok(())
}

/// Finds a channel that the user being served may speak in (403, 404). Non-members may speak in a secret
/// channel without `+n`, but otherwise they get 403, which does not reveal that it exists.
fn find_speakable(cx: &Cx<'_>, name: &str) -> Result<ChannelId, Refusal> {
    let channel = cx.find_any_channel(name)?;
    policy::can_speak(cx.state(), cx.me(), channel)
        .map(|()| channel)
        .map_err(|refusal| cx.find_channel(name).err().unwrap_or(refusal))
}

/// Rejects a multiline message to a service, as each of its commands may take a while.
fn check_single_line(text: &str) -> Outcome {
    match is_several(text) {
        true => Err(batch::invalid(Phrase::BATCH_FOR_SERVICE)),
        false => Ok(()),
    }
}

/// Returns the name of the channel as it was created, after the prefix that counts.
fn shown_target(cx: &Cx<'_>, channel: ChannelId, at_least: Option<Rank>) -> String {
    let name = cx.state().channels[channel].name.as_str();
    match at_least {
        Some(rank) => format!("{}{name}", rank.prefix()),
        None => name.to_owned(),
    }
}

/// Checks `+C`, which blocks CTCP other than ACTION.
pub(super) fn check_ctcp(cx: &Cx<'_>, channel: ChannelId, text: &str) -> Outcome {
    let channel = &cx.state().channels[channel];
    if channel.flags.has('C') && is_ctcp(text) {
        return Err(Refusal::CannotSend { channel: channel.name.as_str().to_owned(), mode: 'C' });
    }
    Ok(())
}

/// Sends a message to a user, and 301 back if the user is away.
pub(super) fn send_to_user(cx: &mut Cx<'_>, user: UserId, speech: Said<'_>) {
    let (by, session) = (cx.me(), cx.session);
    let recipient = &cx.state().users[user];
    // `+T` drops CTCP silently, because an error would answer a probe.
    if recipient.modes.has('T') && is_ctcp(speech.text) {
        return;
    }
    cx.commit(Fact::Said { session, by, to: SpeechTarget::User(user), what: speech });
    let recipient = &cx.state().users[user];
    if let (SpeechKind::Privmsg, Some(away)) = (speech.kind, recipient.away.clone()) {
        let nick = recipient.nick.as_str().to_owned();
        cx.reply(RPL_AWAY, &[&nick], Text::Plain(&away));
    }
}
