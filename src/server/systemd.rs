//! Notifies a service manager, such as systemd with `Type=notify`; does nothing without one (sd_notify(3)).

use sd_notify::NotifyState;

use crate::config::LogType;

/// Reports that clients can connect.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Reports a rehash, until [`ready`].
pub(super) fn reloading() {
    // The manager needs the time to distinguish a new notification from an old one.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// Reports a shutdown.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(target: LogType::Server.name(), "cannot notify the service manager: {error}");
    }
}
