//! ZNC's playback module, as clients know it (<https://wiki.znc.in/Playback>).

use crate::engine::context::cx::Cx;
use crate::engine::history;
use crate::history::{End, Range};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::session::Playback;
use crate::wire::{MsgId, Text};

use super::{HistoryReading, Listed, Period, ReadingStep, Style};

const PLAYBACK: &str = "*playback";
const SOURCE: &str = "*playback!znc@znc.in";

/// How a playback is sent.
const STYLE: Style = Style::Lines { asked: false };

/// Handles a message to a ZNC module, such as `*playback`.
pub fn receive(cx: &mut Cx<'_>, module: &str, text: &str) {
    if !module.eq_ignore_ascii_case(PLAYBACK) {
        let nick = cx.nick().to_owned();
        let text = Text::Said(Phrase::NO_ZNC_MODULE, &[module]);
        return cx.reply_from("*status!znc@znc.in", "NOTICE", &[&nick], text);
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    match words.as_slice() {
        [play, targets, times @ ..] if play.eq_ignore_ascii_case("play") => {
            let [after_ms, before_ms] = [0, 1].map(|at| times.get(at).and_then(|time| milliseconds(time)));
            let period = Period { after_ms, before_ms };
            self::play(cx, targets, period);
        }
        [list] if list.eq_ignore_ascii_case("list") => self::list(cx),
        _ => {}
    }
}

/// Plays conversations and the user's channels now, and other channels when the client joins them.
fn play(cx: &mut Cx<'_>, targets: &str, period: Period) {
    let all = targets == "*";
    let mut channels = Vec::new();
    let mut pages = Vec::new();
    for target in targets.split(',').filter(|_| !all) {
        if target.starts_with('#') {
            channels.extend(cx.setup.mapping.channel_key(target).ok().map(Box::<str>::from));
        } else if let Some(scope) = history::scope(cx, target) {
            let range = period.latest(history::znc_limit(cx), false);
            pages.push(ReadingStep::Page(HistoryReading::new(scope, vec![range], STYLE)));
        }
    }
    let playback = Playback {
        channels: (!all).then_some(channels),
        after_ms: period.after_ms,
        before_ms: period.before_ms,
        asked_mono_ms: cx.now.mono_ms,
    };
    let names = playback.channels.as_ref();
    let includes = |key: &str| names.is_none_or(|names| names.iter().any(|name| **name == *key));
    let state = cx.state();
    let joined = cx.user().channels.iter().copied().filter(|&id| includes(state.channels[id].name.key()));
    let joined: Vec<_> = joined.collect();
    cx.commit(Fact::PlaybackAsked { session: cx.session, playback: Box::new(playback) });
    history::play(cx, &joined, all, period, STYLE);
    history::read(cx, pages);
}

/// Lists the channels and conversations that `PLAY * 0` would play, latest last.
fn list(cx: &mut Cx<'_>) {
    let rules = &cx.config().history;
    if !rules.enabled || rules.chathistory_maxmessages == 0 {
        return;
    }
    let limit = rules.chathistory_maxmessages;
    let range = Range { after: None, before: None, from: End::Newest, limit, events: false };
    history::list_targets(cx, range, Listed::Playback);
}

/// Answers LIST: each target with the time of its first line (0, as that is too expensive to find) and of
/// its latest.
pub fn show_list(cx: &mut Cx<'_>, targets: &[(String, MsgId)]) {
    let nick = cx.nick().to_owned();
    for (name, latest) in targets {
        let (seconds, ms) = (latest.wall_ms() / 1000, latest.wall_ms() % 1000);
        let line = format!("{name} 0 {seconds}.{ms:03}");
        cx.reply_from(SOURCE, "PRIVMSG", &[&nick], Text::Plain(&line));
    }
}

/// Parses seconds since 1970, with an optional fraction, into milliseconds.
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: u64 = seconds.parse().ok()?;
    if !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let ms: u64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    seconds.checked_mul(1000)?.checked_add(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions() {
        let cases = [("5", Some(5000)), ("5.25", Some(5250)), ("5.0019", Some(5001)), ("5.", Some(5000))];
        for (text, ms) in cases {
            assert_eq!(milliseconds(text), ms, "{text}");
        }
        assert_eq!([milliseconds("x"), milliseconds("1.x"), milliseconds("99999999999999999999")], [None; 3]);
    }
}
