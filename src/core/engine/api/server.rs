//! Calls about the server as a whole.

use serde::{Deserialize, Serialize};

use crate::config::LogType;
use crate::engine::border::{CallAnswer, CallId, CallRefused, JobAnswer, Level, ServerStatus};
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::{CallOutcome, ResumeCall};
use crate::engine::setup::VERSION;
use crate::state::fact::OperAction;
use crate::state::{Defcon, Fact};

use super::{Served, answered};

pub(super) fn status(turn: &Turn<'_>) -> CallOutcome {
    let (state, counts) = (turn.state(), turn.state().counts);
    answered(CallAnswer::Status(Box::new(ServerStatus {
        version: VERSION,
        started_ms: turn.setup.started_s * 1000,
        users: state.users.len(),
        invisible: counts.invisible,
        operators: counts.opers,
        unregistered: counts.unregistered,
        users_max: counts.users_max,
        channels: state.channels.len(),
    })))
}

pub(super) fn rehash(turn: &mut Turn<'_>, served: Served<'_>) -> CallOutcome {
    turn.note(Level::Info, LogType::Opers, format!("{} requested a rehash", served.by));
    turn.ask_reload_for(served.id, Reloaded);
    Ok(None)
}

/// Waits until the configuration has been read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reloaded;

impl ResumeCall for Reloaded {
    fn resume(self: Box<Self>, _: &mut Turn<'_>, _: CallId, answer: &JobAnswer) -> CallOutcome {
        match answer {
            JobAnswer::Reloaded(Ok(())) => answered(CallAnswer::Done),
            JobAnswer::Reloaded(Err(reason)) => Err(CallRefused::Failed(reason.clone())),
            _ => Err(CallRefused::Busy),
        }
    }
}

pub(super) fn defcon(turn: &mut Turn<'_>, served: Served<'_>, level: Option<u8>) -> CallOutcome {
    if let Some(level) = level {
        let level = Defcon::new(level).ok_or(CallRefused::Invalid("defcon"))?;
        turn.commit(Fact::OperAction(OperAction::Defcon { level, by: served.by }));
    }
    answered(CallAnswer::Defcon(turn.state().defcon.level()))
}
