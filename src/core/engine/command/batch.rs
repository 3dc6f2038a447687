//! BATCH: multiline messages from clients (client-batch, draft/multiline).
//!
//! The lines are kept until the batch ends, and then sent like any other message. If a batch fails, the
//! client gets one error, and the remaining lines are ignored.

use crate::engine::context::cx::Cx;
use crate::engine::context::multiline::BATCH_TYPE;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::batch::OpenBatch;
use crate::state::fact::{BatchChange, SpeechKind};
use crate::state::{Fact, Session};
use crate::wire::message::{tag, tags};
use crate::wire::multiline::{Line, Lines};
use crate::wire::outgoing::CONCAT_TAG;
use crate::wire::{Cap, Message};

use super::{Command, message};

/// How long a batch may be open, in milliseconds; checked at each line of it.
const OPEN_MS_MAX: u64 = 5 * 60 * 1000;

/// Commands allowed while a batch is open: its lines, and commands that clients send automatically.
const ALLOWED_IN_BATCH: [&str; 7] = ["BATCH", "ERROR", "NOTICE", "PING", "PONG", "PRIVMSG", "QUIT"];

pub(super) const BATCH: Command = Command::new("BATCH", batch)
    .params(1)
    .help("+<reference> draft/multiline <target> | -<reference>: starts or ends a multiline message");

fn batch(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let silent = open(cx).is_some_and(|batch| batch.kind == Some(SpeechKind::Notice));
    let outcome = match m.param(0).split_at_checked(1) {
        Some(("+", reference)) if is_reference(reference) => begin(cx, m, reference),
        Some(("-", reference)) if is_reference(reference) => end(cx, reference),
        _ => Err(refusal("INVALID_REFTAG", &[m.param(0)], Phrase::BATCH_REFERENCE_INVALID)),
    };
    outcome.or_else(|refusal| fail(cx, refusal, silent))
}

/// Returns the reference of the batch that a line belongs to.
pub(super) fn reference<'m>(cx: &Cx<'_>, m: &Message<'m>) -> Option<&'m str> {
    let is_supported = cx.served().batch.is_some() || cx.served().caps.has(Cap::Multiline);
    tags(m.tags).filter(|(name, _)| is_supported && *name == "batch").last().map(|(_, reference)| reference)
}

/// Adds a line to its batch. Errors: `FAIL BATCH`.
pub(super) fn add_line(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind, reference: &str) -> Outcome {
    let batch = cx.served().batch.as_deref();
    if batch.is_some_and(|batch| batch.failed && *batch.reference == *reference) {
        return Ok(());
    }
    let silent = batch.and_then(|batch| batch.kind).unwrap_or(kind) == SpeechKind::Notice;
    add(cx, m, kind, reference).or_else(|refusal| fail(cx, refusal, silent))
}

/// Whether an unparsed line belongs to the open batch of the session. False if it cannot be parsed.
pub fn is_part(session: &Session, line: &str) -> bool {
    let Some(batch) = session.batch.as_deref().filter(|batch| !batch.failed) else { return false };
    let command = crate::engine::door::flood::command_of(line);
    ["PRIVMSG", "NOTICE"].iter().any(|name| command.eq_ignore_ascii_case(name))
        && tag(line, "batch").as_deref() == Some(&*batch.reference)
}

/// Checks that a command is allowed now. If it is not allowed during a batch, the batch fails and the command
/// must not be executed.
pub fn allows(cx: &mut Cx<'_>, command: &Command) -> Outcome {
    if open(cx).is_none() || ALLOWED_IN_BATCH.contains(&command.name) {
        return Ok(());
    }
    fail(cx, invalid(Phrase::BATCH_DISTURBED), false)
}

/// Fails the open batch because a line that may have belonged to it was discarded.
pub fn fail_open(cx: &mut Cx<'_>) {
    if open(cx).is_some()
        && let Err(refusal) = fail(cx, invalid(Phrase::BATCH_INVALID), false)
    {
        refusal.say(cx);
    }
}

fn open<'c>(cx: &'c Cx<'_>) -> Option<&'c OpenBatch> {
    cx.state().sessions.get(cx.session)?.batch.as_deref().filter(|batch| !batch.failed)
}

fn is_reference(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn refusal(code: &'static str, context: &[&str], text: Phrase) -> Refusal {
    let context = context.iter().map(|&word| word.to_owned()).collect();
    Refusal::Fail { command: "BATCH", code, context, text }
}

pub(super) fn invalid(text: Phrase) -> Refusal {
    refusal("MULTILINE_INVALID", &[], text)
}

/// Fails the open batch. The error answers the label of the batch; a batch of NOTICEs gets none.
fn fail(cx: &mut Cx<'_>, refusal: Refusal, silent: bool) -> Outcome {
    if let Some(label) = open(cx).map(|batch| batch.label.clone()) {
        change(cx, BatchChange::Failed);
        cx.answer_under(label);
    }
    if silent { Ok(()) } else { Err(refusal) }
}

fn change(cx: &mut Cx<'_>, change: BatchChange<'_>) {
    cx.commit(Fact::BatchChanged { session: cx.session, change });
}

fn begin(cx: &mut Cx<'_>, m: &Message<'_>, reference: &str) -> Outcome {
    if open(cx).is_some() {
        return Err(refusal("INVALID_PARAMS", &[reference], Phrase::BATCH_ALREADY_OPEN));
    }
    let (kind, target) = (m.param(1), m.param(2));
    let batch = OpenBatch {
        reference: reference.into(),
        target: target.into(),
        label: cx.defer_answer(),
        client_tags: message::relayed_tags(cx, m.tags).into(),
        opened_mono_ms: cx.now.mono_ms,
        kind: None,
        lines: Lines::new(),
        failed: false,
    };
    change(cx, BatchChange::Opened(Box::new(batch)));
    if kind != BATCH_TYPE || !cx.served().caps.has(Cap::Multiline) {
        return Err(refusal("UNKNOWN_TYPE", &[reference, kind], Phrase::BATCH_TYPE_UNKNOWN));
    }
    if target.is_empty() { Err(invalid(Phrase::BATCH_INVALID)) } else { Ok(()) }
}

fn add(cx: &mut Cx<'_>, m: &Message<'_>, kind: SpeechKind, reference: &str) -> Outcome {
    let Some(batch) = open(cx).filter(|batch| *batch.reference == *reference) else {
        return Err(invalid(Phrase::BATCH_UNKNOWN));
    };
    in_time(cx, batch)?;
    let other_kind = batch.kind.is_some_and(|other| other != kind);
    let Some(text) = m.param_opt(1).filter(|_| kind != SpeechKind::Tagmsg && !other_kind) else {
        return Err(invalid(Phrase::BATCH_INVALID));
    };
    let fold = |name: &str| cx.setup.mapping.fold_lossy(name);
    if fold(m.param(0)) != fold(&batch.target) {
        let context = [&*batch.target, m.param(0)];
        return Err(refusal("MULTILINE_INVALID_TARGET", &context, Phrase::BATCH_TARGET_DIFFERS));
    }
    let line = Line { text, concat: tags(m.tags).any(|(name, _)| name == CONCAT_TAG) };
    if line.concat && text.is_empty() {
        return Err(invalid(Phrase::BATCH_BLANK_CONCAT));
    }
    let rules = &cx.config().limits.multiline;
    if batch.lines.bytes_with(line) > rules.max_bytes {
        let limit = rules.max_bytes.to_string();
        return Err(refusal("MULTILINE_MAX_BYTES", &[&limit], Phrase::BATCH_TOO_MANY_BYTES));
    }
    if rules.max_lines > 0 && batch.lines.count() >= rules.max_lines {
        let limit = rules.max_lines.to_string();
        return Err(refusal("MULTILINE_MAX_LINES", &[&limit], Phrase::BATCH_TOO_MANY_LINES));
    }
    change(cx, BatchChange::Line { kind, line });
    Ok(())
}

fn in_time(cx: &Cx<'_>, batch: &OpenBatch) -> Outcome {
    match cx.now.mono_ms.saturating_sub(batch.opened_mono_ms) > OPEN_MS_MAX {
        true => Err(refusal("TIMEOUT", &[&batch.reference], Phrase::BATCH_TIMEOUT)),
        false => Ok(()),
    }
}

fn end(cx: &mut Cx<'_>, reference: &str) -> Outcome {
    let Some(batch) = cx.served().batch.clone() else {
        return Err(refusal("INVALID_PARAMS", &[reference], Phrase::BATCH_UNKNOWN));
    };
    if *batch.reference != *reference {
        return Err(invalid(Phrase::BATCH_UNKNOWN));
    }
    change(cx, BatchChange::Closed);
    if batch.failed {
        return Ok(());
    }
    cx.answer_under(batch.label.clone());
    in_time(cx, &batch)?;
    match batch.kind.filter(|_| !batch.lines.is_blank()) {
        Some(kind) => message::send_lines(cx, kind, &batch),
        None => Err(invalid(Phrase::BATCH_BLANK)),
    }
}
