//! Calls of other programs, which have no session: one file for each kind of thing that they concern.
//!
//! A call is answered exactly once, with [`Effect::Return`], at once or after a job. Who may make which call
//! is decided before it gets here.

mod accounts;
mod channels;
mod server;
mod users;

pub use accounts::{LoginChecked, PassphraseHashed};
pub use server::Reloaded;

use super::border::{Call, CallAnswer, CallId, CallRefused, CallResult, Effect, JobAnswer, Ticket};
use super::context::guard::{GuardedWork, guarded_turn};
use super::context::turn::Turn;
use super::context::waiting::CallOutcome;

/// A call while it is served.
#[derive(Clone, Copy, Debug)]
struct Served<'c> {
    id: CallId,
    /// The program, as logs and notices name it.
    by: &'c str,
}

/// Serves a call.
pub fn called(turn: &mut Turn<'_>, id: CallId, by: &str, call: Call) {
    conclude(turn, id, |turn| serve(turn, Served { id, by }, call));
}

/// Continues a call after a job. Returns false if no call waits for the job.
pub fn answered_job(turn: &mut Turn<'_>, ticket: Ticket, answer: &JobAnswer) -> bool {
    let Some((id, then)) = turn.waiting.calls.remove(&ticket) else { return false };
    conclude(turn, id, |turn| then.resume(turn, id, answer));
    true
}

/// Runs a step of a call, and returns its result if that was the last one.
fn conclude(turn: &mut Turn<'_>, id: CallId, step: impl FnOnce(&mut Turn<'_>) -> CallOutcome) {
    let mut outcome = Err(CallRefused::Failed("internal error".to_owned()));
    guarded_turn(turn, GuardedWork::Call, |turn| outcome = step(turn));
    let result: CallResult = match outcome {
        Ok(None) => return,
        Ok(Some(answer)) => Ok(answer),
        Err(refused) => Err(refused),
    };
    turn.voice.out.push(Effect::Return { id, result: Box::new(result) });
}

fn serve(turn: &mut Turn<'_>, served: Served<'_>, call: Call) -> CallOutcome {
    match call {
        Call::ReadStatus => server::status(turn),
        Call::Rehash => server::rehash(turn, served),
        Call::Defcon { level } => server::defcon(turn, served, level),
        Call::ListChannels { from } => channels::list(turn, from),
        Call::FindUser { nick } => users::find(turn, &nick),
        Call::CheckLogin { account, proof } => accounts::check_login(turn, served, account, proof),
        Call::FindAccount { account } => accounts::find(turn, &account),
        Call::ListAccounts { after } => accounts::list(turn, &after),
        Call::CreateAccount { account, passphrase } => accounts::create(turn, served, &account, passphrase),
        Call::SetPassphrase { account, passphrase } => {
            accounts::set_passphrase(turn, served, &account, passphrase)
        }
        Call::ChangeAccount { account, changes } => accounts::change(turn, served, &account, &changes),
    }
}

/// Returns an answer that follows at once.
fn answered(answer: CallAnswer) -> CallOutcome {
    Ok(Some(answer))
}
