//! Idle timeouts: PING to silent clients, and the end of sessions that do not answer or never register.

use std::time::Duration;

use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::wire::Text;

/// Limit on the idle time before a PING to a client on a Tor listener.
const TOR_PING: Duration = Duration::from_secs(30);

/// Adds a timer for the PING if it is due before the one from when the session was opened. Otherwise that one
/// is extended when it is due.
pub fn arm_ping(cx: &mut Cx<'_>) {
    let ping_ms = ping_after_ms(cx);
    let timeouts = &cx.config().server.idle_timeouts;
    let session = cx.served();
    let (due_ms, armed_ms) =
        (session.heard_mono_ms + ping_ms, session.opened_mono_ms + timeouts.registration.as_millis() as u64);
    if due_ms < armed_ms {
        cx.turn.timers.arm(due_ms, cx.session);
    }
}

/// Returns the idle time before a PING. It is shorter for Tor, where a dead circuit is not closed by itself.
fn ping_after_ms(cx: &Cx<'_>) -> u64 {
    let ping = cx.config().server.idle_timeouts.ping;
    let ping = if cx.served().door.tor { ping.min(TOR_PING) } else { ping };
    ping.as_millis() as u64
}

/// Handles a deadline of the session being served: sends PING, closes the session, or adds the next deadline.
pub fn check_idle(cx: &mut Cx<'_>) {
    let timeouts = &cx.config().server.idle_timeouts;
    let (ping_ms, disconnect_ms) = (ping_after_ms(cx), timeouts.disconnect.as_millis() as u64);
    if cx.served().user().is_some() {
        cx.refresh_device();
    }
    let session = cx.served();
    let (heard_ms, pinged) = (session.heard_mono_ms, session.pinged);
    let idle_ms = cx.now.mono_ms.saturating_sub(heard_ms);
    if session.user().is_none() {
        let opened_ms = session.opened_mono_ms;
        let limit_ms = timeouts.registration.as_millis() as u64;
        if cx.now.mono_ms >= opened_ms + limit_ms {
            cx.close_saying(Phrase::REGISTRATION_TIMEOUT, &[]);
        } else {
            cx.turn.timers.arm(opened_ms + limit_ms, cx.session);
        }
    } else if idle_ms >= disconnect_ms {
        cx.close_saying(Phrase::PING_TIMEOUT, &[&(disconnect_ms / 1000).to_string()]);
    } else if idle_ms >= ping_ms && !pinged {
        let nick = cx.nick().to_owned();
        cx.reply_bare("PING", &[&nick], Text::None);
        let session = cx.session;
        cx.turn.ledger.mark_pinged(session);
        cx.turn.timers.arm(heard_ms + disconnect_ms, cx.session);
    } else {
        let next_ms = if pinged { disconnect_ms } else { ping_ms };
        cx.turn.timers.arm(heard_ms + next_ms, cx.session);
    }
}
