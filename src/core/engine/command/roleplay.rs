//! NPC, NPCA, SCENE and AMBIANCE: speaking as someone made up, and telling what happens around, where the
//! channel or the hearer allows it (`+E`).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::fact::{Said, SpeechKind, SpeechTarget};
use crate::state::{Fact, Rank};
use crate::wire::Message;

use super::{Command, message};

/// The operator capability that `require-oper` asks for.
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
    Command::new("AMBIANCE", scene).params(2).help("<target> <text>: is the same as SCENE");

fn scene(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    play(cx, m.param(0), None, &m.params()[1..], false)
}

/// 401, 403, 404, 412, 573. `name` is that of who speaks, or (`None`) nobody does.
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
        Some(name) if policy::is_playable(cx.setup, name) => filled(&rules.npc_nick_mask, &[name, cx.nick()]),
        Some(_) => return refused(Phrase::ROLEPLAY_INVALID_NAME),
        None => filled(&rules.scene_nick_mask, &[cx.nick()]),
    };
    let words = words.join(" ");
    // Whatever it asks of a client, nobody is there to be answered.
    if words.trim().is_empty() || words.starts_with('\x01') {
        return Err(Refusal::NoText);
    }
    let suffix = if rules.add_suffix { format!(" ({})", cx.nick()) } else { String::new() };
    let (before, after) = if acts { ("\x01ACTION ", "\x01") } else { ("", "") };
    let around = before.len() + suffix.len() + after.len();
    let room = message::room(cx, &source_override, target, SpeechKind::Privmsg).saturating_sub(around);
    let text = format!("{before}{}{suffix}{after}", message::cut(cx, &words, room)?);
    let what = Said {
        kind: SpeechKind::Privmsg,
        text: &text,
        client_tags: "",
        source_override: Some(&source_override),
    };
    match target.starts_with('#') {
        true => play_in_channel(cx, target, what),
        false => play_to_user(cx, target, what),
    }
}

fn play_in_channel(cx: &mut Cx<'_>, target: &str, what: Said<'_>) -> Outcome {
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
    let at_least = policy::hears(cx.state(), by, channel, None);
    let to = SpeechTarget::Channel { channel, at_least, shown: &shown };
    cx.commit(Fact::Said { session: cx.session, by, to, what });
    Ok(())
}

fn play_to_user(cx: &mut Cx<'_>, target: &str, what: Said<'_>) -> Outcome {
    let hearer = cx.find_user(target)?;
    policy::can_message(cx.state(), cx.me(), hearer)?;
    if !cx.state().users[hearer].modes.has('E') {
        let target = cx.state().users[hearer].nick.as_str().to_owned();
        return Err(Refusal::CannotRoleplay { target, text: Phrase::ROLEPLAY_USER_OFF });
    }
    message::say_to_user(cx, hearer, what);
    Ok(())
}

/// A source from its pattern: each `%s` is the next word.
fn filled(pattern: &str, words: &[&str]) -> String {
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
    use super::filled;

    #[test]
    fn a_name_is_not_a_pattern() {
        assert_eq!(filled("*%s*!%s@npc", &["a%s", "me"]), "*a%s*!me@npc");
        assert_eq!(filled("=Scene=!%s@npc", &["me"]), "=Scene=!me@npc");
    }
}
