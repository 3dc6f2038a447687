//! `ircd replay`: runs a recording again, and compares all effects with the recorded ones.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use crate::engine::stored::digest;
use crate::engine::{Effect, Effects, Engine, Event, Line};
use crate::recording::{Recorded, RecordedEntry, Recording, RecordingKey, turn_events};
use crate::state::SessionId;
use crate::wire::clock::{long_date, parse_stamp};

/// The recording to replay, and where to stop.
#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    /// The recording
    file: PathBuf,
    /// Its key [default: FILE.key]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Stop before this event, counted from 1, or before this time: 2006-01-02T15:04:05.000Z
    #[arg(long, value_name = "NUMBER|TIME", value_parser = Until::parse)]
    until: Option<Until>,
    /// Print every event and its effects; passphrases are masked, messages are not
    #[arg(long)]
    trace: bool,
}

/// The point at which a replay stops.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// Before the event with this number.
    Event(u64),
    /// Before the first event at or after this time, in milliseconds since 1970.
    Time(u64),
}

impl Until {
    fn parse(text: &str) -> Result<Until, String> {
        let number = text.parse().ok().map(Until::Event);
        let wanted = number.or_else(|| parse_stamp(text).map(Until::Time));
        wanted.ok_or_else(|| "expected a number, or a time such as 2006-01-02T15:04:05.000Z".to_owned())
    }

    fn is_reached(self, number: u64, wall_ms: u64) -> bool {
        match self {
            Until::Event(event) => number >= event,
            Until::Time(time_ms) => wall_ms >= time_ms,
        }
    }
}

/// Returns the default path of the key of a recording.
pub(super) fn key_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

/// The end of a replay.
enum Ended {
    /// At the end of the recording, with this last entry.
    Here(RecordedEntry),
    /// At the point given with `--until`.
    Until,
}

pub(super) fn run(options: &ReplayOptions) -> Result<(), Failure> {
    let key = options.key.clone().unwrap_or_else(|| key_path(&options.file));
    let key = RecordingKey::read(&key)
        .map_err(|error| Failure::new(format_args!("key {}: {error}", key.display())))?;
    let name = options.file.display();
    let failed = |error| Failure::new(format_args!("recording {name}: {error}"));
    let (mut recording, engine) = Recording::open(&options.file, &key).map_err(failed)?;
    let mut out = io::stdout().lock();
    let started = &recording.start;
    writeln!(out, "snapshot of {} by {}", long_date(started.wall_ms / 1000), started.program)?;
    let mut replay = Replay { engine, effects: Effects::default(), events: 0, options, out };
    let ended = loop {
        match recording.next_entry().map_err(failed)? {
            RecordedEntry::Turn(turn) => {
                if !replay.turn(&turn)? {
                    break Ended::Until;
                }
            }
            end => break Ended::Here(end),
        }
    };
    let how = match ended {
        Ended::Until => "stopped here".to_owned(),
        Ended::Here(RecordedEntry::Torn(0)) => "the recording ends without a stop".to_owned(),
        Ended::Here(RecordedEntry::Torn(bytes)) => {
            format!("the recording ends within a turn ({bytes} bytes skipped)")
        }
        Ended::Here(_) => "the server stopped".to_owned(),
    };
    let Replay { events, mut out, .. } = replay;
    writeln!(out, "{events} events, identical; {how}")?;
    Ok(())
}

struct Replay<'o> {
    engine: Engine,
    effects: Effects,
    /// The number of events so far.
    events: u64,
    options: &'o ReplayOptions,
    out: io::StdoutLock<'static>,
}

impl Replay<'_> {
    /// Replays the events of a turn. Returns false if the point given with `--until` is reached.
    fn turn(&mut self, turn: &[u8]) -> Result<bool, Failure> {
        for recorded in turn_events(turn) {
            let recorded = recorded?;
            let is_last = |until: Until| until.is_reached(self.events + 1, recorded.now.wall_ms);
            if self.options.until.is_some_and(is_last) {
                return Ok(false);
            }
            self.event(recorded)?;
        }
        Ok(true)
    }

    fn event(&mut self, recorded: Recorded<'_>) -> Result<(), Failure> {
        let Recorded { now, event, digest: wanted } = recorded;
        self.events += 1;
        let number = self.events;
        if self.options.trace {
            let time = long_date(now.wall_ms / 1000);
            writeln!(self.out, "{number} at {} ms ({time}): {}", now.mono_ms, shown(&self.engine, &event))?;
        }
        self.effects.clear();
        let kind = kind_of(&event);
        let handled = catch_unwind(AssertUnwindSafe(|| self.engine.handle(now, event, &mut self.effects)));
        if handled.is_err() {
            return Err(Failure::new(format_args!("the engine panicked at event {number} ({kind})")));
        }
        if self.options.trace {
            self.show_effects()?;
        }
        match wanted {
            Some(wanted) if digest(&self.effects, 0) != wanted => Err(Failure::new(format_args!(
                "the effects of event {number} ({kind}) differ from the recording: see --trace --until {}",
                number + 1
            ))),
            _ => Ok(()),
        }
    }

    fn show_effects(&mut self) -> io::Result<()> {
        let shown = |session: SessionId| format!("{}.{}", session.slot, session.generation);
        for effect in self.effects.list() {
            match effect {
                Effect::Deliver { line, to } => {
                    let to: Vec<String> = self.effects.sessions(*to).iter().map(|&to| shown(to)).collect();
                    let line = String::from_utf8_lossy(self.effects.line(*line));
                    writeln!(self.out, "  {} < {}", to.join(","), self.engine.masked_output(&line))?;
                }
                Effect::Answer { to, line } => {
                    let line = String::from_utf8_lossy(self.effects.line(*line));
                    writeln!(self.out, "  {} < {}", shown(*to), self.engine.masked_output(&line))?;
                }
                Effect::Persist { writes, .. } => {
                    let keys: Vec<&str> = writes.iter().map(|write| &*write.key).collect();
                    writeln!(self.out, "  Persist {}", keys.join(" "))?;
                }
                other => writeln!(self.out, "  {other:?}")?,
            }
        }
        Ok(())
    }
}

/// Formats an event as a line, without secrets.
fn shown(engine: &Engine, event: &Event<'_>) -> String {
    match event {
        Event::Received { session, line: Line::Text(text) } => {
            format!("{}.{} > {}", session.slot, session.generation, engine.masked_input(text))
        }
        Event::Reconfigured { .. } => "Reconfigured".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Returns the kind of an event.
fn kind_of(event: &Event<'_>) -> &'static str {
    match event {
        Event::Accepted { .. } => "Accepted",
        Event::HandshakeDone { .. } => "HandshakeDone",
        Event::Opened { .. } => "Opened",
        Event::Received { .. } => "Received",
        Event::Closed { .. } => "Closed",
        Event::Drained { .. } => "Drained",
        Event::Answered { .. } => "Answered",
        Event::Called { .. } => "Called",
        Event::Elapsed => "Elapsed",
        Event::Reconfigured { .. } => "Reconfigured",
        Event::StoreChanged { .. } => "StoreChanged",
        Event::Stopping { .. } => "Stopping",
    }
}
