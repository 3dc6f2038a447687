//! What a service manager is told that waits for it, as systemd does with `Type=notify`; nothing where there is none
//! (sd_notify(3)).

use sd_notify::NotifyState;

/// Clients can connect.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is read again, until [`ready`].
pub(super) fn reloading() {
    // The manager needs the time, so as not to take an old word for the new one.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The server is about to end.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(target: "server", "cannot tell the service manager: {error}");
    }
}
