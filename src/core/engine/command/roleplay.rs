//! NPC, NPCA, SCENE and AMBIANCE: messages from fictional characters and descriptions of scenes, if the
//! channel or the recipient allows them (`+E`).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::fact::{Said, SpeechKind, SpeechTarget};
use crate::state::{Fact, Rank};
use crate::wire::Message;

use super::{Command, message};

/// The operator capability that `roleplay.require-oper` requires.
const RIGHT: &str = "roleplay";

pub(super) const NPC: Command =
    Command::new("NPC", |cx, m| play(cx, m.param(0), Some(m.param(1)), &m.params()[2..], false))
        .params(3)
        .help("<target> <name> <text>: sends a message under a roleplay name");

pub(super) const NPCA: Command =
    Command::new("NPCA", |cx, m| play(cx, m.param(0), Some(m.param(1)), &m.params()[2..], true))
        .params(3)
        .help("<target> <name> <text>: sends an action under a roleplay name");

pub(super) const SCENE: Command =
    Command::new("SCENE", scene).params(2).help("<target> <text>: describes a roleplay scene");

pub(super) const AMBIANCE: Command =
    Command::new("AMBIANCE", scene).params(2).help("<target> <text>: describes a roleplay scene, like SCENE");

fn scene(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    play(cx, m.param(0), None, &m.params()[1..], false)
}

/// Sends a roleplay message from the character `name`, or a scene if it is `None`. Errors: 401, 403, 404,
/// 412, 573.
fn play(cx: &mut Cx<'_>, target: &str, name: Option<&str>, words: &[&str], acts: bool) -> Outcome {
    let refused = |text| Err(Refusal::CannotRoleplay { target: target.to_owned(), text });
    let rules = &cx.config().roleplay;
    if !rules.enabled {
        return refused(Phrase::ROLEPLAY_DISABLED);
    }
    if rules.require_oper && !cx.user().may(RIGHT) {
        return refused(Phrase::ROLEPLAY_NOT_ALLOWED);
    }
    let source_override = match name {
        Some(name) if policy::is_npc_name(cx.setup, name) => fill(&rules.npc_nick_mask, &[name, cx.nick()]),
        Some(_) => return refused(Phrase::ROLEPLAY_INVALID_NAME),
        None => fill(&rules.scene_nick_mask, &[cx.nick()]),
    };
    let words = words.join(" ");
    // CTCP is rejected: a character cannot receive the answer of a client.
    if words.trim().is_empty() || words.starts_with('\x01') {
        return Err(Refusal::NoText);
    }
    let suffix = if rules.add_suffix { format!(" ({})", cx.nick()) } else { String::new() };
    let (before, after) = if acts { ("\x01ACTION ", "\x01") } else { ("", "") };
    let frame = before.len() + suffix.len() + after.len();
    let bytes_max = message::text_bytes_max(cx, &source_override, target, SpeechKind::Privmsg);
    let words = message::fit(cx, &words, bytes_max.saturating_sub(frame))?;
    let text = format!("{before}{words}{suffix}{after}");
    let speech = Said {
        kind: SpeechKind::Privmsg,
        text: &text,
        client_tags: "",
        source_override: Some(&source_override),
    };
    match target.starts_with('#') {
        true => play_in_channel(cx, target, speech),
        false => play_to_user(cx, target, speech),
    }
}

fn play_in_channel(cx: &mut Cx<'_>, target: &str, speech: Said<'_>) -> Outcome {
    let channel = cx.find_channel(target)?;
    let by = cx.me();
    policy::can_speak(cx.state(), by, channel)?;
    let shown = cx.state().channels[channel].name.as_str().to_owned();
    let refused = |text| Err(Refusal::CannotRoleplay { target: shown.clone(), text });
    if !cx.state().channels[channel].flags.has('E') {
        return refused(Phrase::ROLEPLAY_CHANNEL_OFF);
    }
    if cx.config().roleplay.require_chanops && policy::rank_of_user(cx.state(), by, channel) < Some(Rank::Op)
    {
        return refused(Phrase::ROLEPLAY_NOT_ALLOWED);
    }
    let at_least = policy::min_recipient_rank(cx.state(), by, channel, None);
    let to = SpeechTarget::Channel { channel, at_least, shown: &shown };
    cx.commit(Fact::Said { session: cx.session, by, to, what: speech });
    Ok(())
}

fn play_to_user(cx: &mut Cx<'_>, target: &str, speech: Said<'_>) -> Outcome {
    let recipient = cx.find_user(target)?;
    policy::can_message(cx.state(), cx.me(), recipient)?;
    if !cx.state().users[recipient].modes.has('E') {
        let target = cx.state().users[recipient].nick.as_str().to_owned();
        return Err(Refusal::CannotRoleplay { target, text: Phrase::ROLEPLAY_USER_OFF });
    }
    message::send_to_user(cx, recipient, speech);
    Ok(())
}

/// Replaces each `%s` of a pattern with the next word.
fn fill(pattern: &str, words: &[&str]) -> String {
    let mut words = words.iter();
    let mut pieces = pattern.split("%s");
    let mut source = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        source.push_str(words.next().copied().unwrap_or_default());
        source.push_str(piece);
    }
    source
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_name_is_not_a_pattern() {
        assert_eq!(fill("*%s*!%s@npc", &["a%s", "me"]), "*a%s*!me@npc");
        assert_eq!(fill("=Scene=!%s@npc", &["me"]), "=Scene=!me@npc");
    }
}
