//! KILL: an operator disconnects a user.

use crate::engine::cx::Cx;
use crate::engine::effect::Level;
use crate::engine::refusal::Outcome;
use crate::state::Fact;
use crate::text::truncate;
use crate::wire::Message;

use super::{Command, When};

/// Where no reason is given.
const NO_REASON: &str = "No reason given";

pub(super) const KILL: Command = Command {
    name: "KILL",
    params_min: 1,
    when: When::Registered,
    right: Some("kill"),
    help: "<nick> [<reason>]: disconnects a user; for operators",
    run: kill,
};

fn kill(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    let reason = m.param_opt(1).filter(|reason| !reason.is_empty()).unwrap_or(NO_REASON);
    let reason = truncate(reason, cx.config().limits.kicklen);
    let (killer, killed) = (cx.nick(), cx.state().users[user].source());
    let text = format!("{killer} killed {killed}: {reason}");
    cx.note(Level::Info, "opers", text);
    cx.commit(Fact::Killed { by: cx.me(), user, reason });
    Ok(())
}
