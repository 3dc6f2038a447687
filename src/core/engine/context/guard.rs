//! Catches panics of handlers: with `debug.recover-from-errors` a panic ends the command, not the server.
//!
//! Everything that serves a session goes through [`guarded`]: commands, continuations of jobs, long answers,
//! deadlines, connections that open or close, a rehash. A handler only reads the state; facts that it
//! committed before the panic stay. A panic while a fact is being applied is not caught: the state may be
//! half-updated, so the process must restart from the datastore.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::config::LogType;
use crate::engine::border::Level;
use crate::i18n::Phrase;
use crate::wire::Text;
use crate::wire::numeric::ERR_UNKNOWNERROR;

use super::cx::Cx;
use super::refusal::Outcome;
use super::turn::Turn;

/// The work that is being done for a session.
#[derive(Clone, Copy, Debug)]
pub enum GuardedWork<'a> {
    /// Running a command.
    Command(&'a str),
    /// Serving a call, or continuing it.
    Call,
    /// Handling the answer of a job.
    Job,
    /// Continuing a long answer.
    LongAnswer,
    /// Handling a deadline that has passed.
    Deadline,
    /// Admitting a connection.
    Door,
    /// Ending a session whose connection is closed.
    Close,
    /// Applying a new configuration.
    Reload,
    /// Stopping the server.
    Stop,
}

impl fmt::Display for GuardedWork<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GuardedWork::Command(name) => name,
            GuardedWork::Call => "a call",
            GuardedWork::Job => "the answer of a job",
            GuardedWork::LongAnswer => "a long answer",
            GuardedWork::Deadline => "a deadline",
            GuardedWork::Door => "a new connection",
            GuardedWork::Close => "a closed connection",
            GuardedWork::Reload => "a new configuration",
            GuardedWork::Stop => "the shutdown",
        })
    }
}

/// Runs a handler, and sends the client the refusal or the error. Returns whether the handler completed.
pub fn guarded(cx: &mut Cx<'_>, work: GuardedWork<'_>, handler: impl FnOnce(&mut Cx<'_>) -> Outcome) -> bool {
    match catch(cx.config().debug.recover_from_errors, cx, handler) {
        Ok(Ok(())) => true,
        Ok(Err(refusal)) => {
            refusal.say(cx);
            true
        }
        Err(panic) => {
            log_panic(cx, work, panic);
            cx.pending = None;
            while cx.voice.answer.is_in_batch() {
                cx.close_batch();
            }
            let name = if let GuardedWork::Command(name) = work { name } else { "*" };
            cx.reply(ERR_UNKNOWNERROR, &[name], Text::Said(Phrase::INTERNAL_ERROR, &[]));
            false
        }
    }
}

/// Runs a handler of an event that no session caused. Returns whether it completed.
pub fn guarded_turn(turn: &mut Turn<'_>, work: GuardedWork<'_>, handler: impl FnOnce(&mut Turn<'_>)) -> bool {
    let outcome = catch(turn.config().debug.recover_from_errors, turn, handler);
    outcome.map_err(|panic| log_panic(turn, work, panic)).is_ok()
}

fn catch<C, R>(
    recovers: bool,
    context: &mut C,
    handler: impl FnOnce(&mut C) -> R,
) -> Result<R, Box<dyn Any + Send>> {
    match recovers {
        true => catch_unwind(AssertUnwindSafe(|| handler(context))),
        false => Ok(handler(context)),
    }
}

/// Logs a panic. Resumes it if the state may be half-updated.
fn log_panic(turn: &mut Turn<'_>, work: GuardedWork<'_>, panic: Box<dyn Any + Send>) {
    if *turn.applying {
        resume_unwind(panic);
    }
    // They belong to a fact that was announced but not applied.
    drop(turn.recorder.take());
    let why = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    let text = format!("the handler of {work} panicked: {}", why.unwrap_or("no reason given"));
    turn.note(Level::Error, LogType::Internal, text);
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::ops::ControlFlow;

    use super::super::answer::Answer;
    use super::super::waiting::{LongAnswer, Resume, Stored};
    use super::*;
    use crate::engine::{
        Door, Effect, Effects, Engine, Event, JobAnswer, Line, NetworkJob, Now, Seed, Ticket,
    };
    use crate::state::SessionId;

    const SESSION: SessionId = SessionId { slot: 0, generation: 0 };
    const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[derive(Debug)]
    struct Panics;

    impl<As> Stored<As> for Panics {
        fn put(&self, _: &mut Vec<u8>) {}
    }

    impl Resume for Panics {
        fn resume(self: Box<Self>, _: &mut Cx<'_>, _: &JobAnswer) -> Outcome {
            panic!("on purpose")
        }
    }

    impl LongAnswer for Panics {
        fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
            cx.open_batch("never-closed", &[]);
            panic!("on purpose")
        }
    }

    fn engine() -> Engine {
        let text = "network: {name: Test}\ndatastore: {path: ircd.db}\n\
                    server: {name: irc.test, lookup-hostnames: false, listeners: {'127.0.0.1:6667': }}\n";
        let config = crate::config::load(text, &[]).expect("the configuration is valid").config;
        let mut engine = Engine::new(Box::new(config), Seed::default(), Now::default());
        let door = Door {
            ip: LOCALHOST,
            proxied: false,
            endpoints: None,
            secure: false,
            certfp: None,
            certificates: Box::default(),
            websocket: false,
            tor: false,
            sts_only: false,
            hide_sts: false,
        };
        handle(&mut engine, Event::Opened { session: SESSION, door: Box::new(door) });
        engine
    }

    fn handle(engine: &mut Engine, event: Event<'_>) -> Vec<String> {
        let mut out = Effects::default();
        engine.handle(Now::default(), event, &mut out);
        lines(&out)
    }

    fn lines(out: &Effects) -> Vec<String> {
        let line = |effect: &Effect| match effect {
            Effect::Answer { line, .. } => Some(String::from_utf8_lossy(out.line(*line)).into_owned()),
            _ => None,
        };
        out.list().iter().filter_map(line).collect()
    }

    #[test]
    fn a_panic_in_the_continuation_of_a_job_is_survived() {
        let mut engine = engine();
        let mut out = Effects::default();
        let mut cx = engine.cx(Now::default(), SESSION, Answer::new(SESSION, None), &mut out);
        cx.ask(NetworkJob::LookUpHost { ip: LOCALHOST, confirm: false }, Panics);
        cx.finish();
        let ticket = out.list().iter().find_map(|effect| match effect {
            Effect::Ask { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let ticket: Ticket = ticket.expect("a job was requested");
        let sent = handle(&mut engine, Event::Answered { ticket, answer: JobAnswer::Failed });
        assert!(sent.len() == 1 && sent[0].contains("400 * * :"), "{sent:?}");
    }

    #[test]
    fn a_session_whose_end_cannot_be_announced_is_still_removed() {
        let mut engine = engine();
        for line in ["NICK alice", "USER alice 0 * :Alice", "JOIN #x"] {
            handle(&mut engine, Event::Received { session: SESSION, line: Line::Text(line) });
        }
        assert_eq!(engine.state().users.iter().count(), 1);
        let mut out = Effects::default();
        let mut cx = engine.cx(Now::default(), SESSION, Answer::discarded(SESSION), &mut out);
        cx.abandon_session("on purpose");
        assert_eq!(engine.state().users.iter().count(), 0);
        assert!(engine.state().sessions.get(SESSION).is_none());
        assert!(crate::state::check::violations(engine.state()).is_empty());
    }

    #[test]
    fn a_panic_in_a_long_answer_is_survived_and_ends_its_batches() {
        let mut engine = engine();
        handle(&mut engine, Event::Received { session: SESSION, line: Line::Text("CAP REQ batch") });
        let mut out = Effects::default();
        let mut cx = engine.cx(Now::default(), SESSION, Answer::new(SESSION, None), &mut out);
        cx.answer_long(Panics);
        cx.finish();
        let sent = handle(&mut engine, Event::Drained { session: SESSION });
        assert_eq!(sent.len(), 3, "{sent:?}");
        assert!(sent[0].contains("BATCH +") && sent[1].contains("BATCH -"), "{sent:?}");
        assert!(sent[2].contains("400 * * :"), "{sent:?}");
        assert!(handle(&mut engine, Event::Drained { session: SESSION }).is_empty());
    }
}
