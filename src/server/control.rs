//! Shutdown and rehash of a running server, by signal or by call.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::turn::Input;
use super::{Reload, systemd};
use crate::config::{Config, LogType};
use crate::engine::{JobAnswer, Ticket};
use crate::net::Listeners;

/// A command to a running server.
#[derive(Debug)]
pub(super) enum Command {
    Stop(String),
    /// The ticket of the request from the engine, if any.
    Reload(Option<Ticket>),
}

/// Maximum number of queued commands; more are rejected.
pub(super) const COMMANDS_MAX: usize = 16;

/// A handle to a running server.
#[derive(Clone, Debug)]
pub struct ServerControl(pub(super) mpsc::Sender<Command>);

impl ServerControl {
    /// Notifies every client and shuts down; returns false if the server has ended already.
    pub fn stop(&self, reason: &str) -> bool {
        self.0.try_send(Command::Stop(reason.to_owned())).is_ok()
    }

    /// Rehashes on behalf of a client that waits; returns false if the server has ended or the queue is
    /// full.
    pub(super) fn reload_for(&self, asker: Ticket) -> bool {
        self.0.try_send(Command::Reload(Some(asker))).is_ok()
    }

    /// Rehashes; returns false if the server has ended or the queue is full.
    pub fn reload(&self) -> bool {
        self.0.try_send(Command::Reload(None)).is_ok()
    }
}

/// The signals that a server handles, all of them before it is ready.
#[derive(Debug)]
pub(super) struct Signals {
    stops: [(Signal, &'static str); 3],
    hangup: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Signals> {
        Ok(Signals {
            stops: [
                (signal(SignalKind::terminate())?, "SIGTERM"),
                (signal(SignalKind::interrupt())?, "SIGINT"),
                (signal(SignalKind::quit())?, "SIGQUIT"),
            ],
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// Logs the result of a rehash; returns the answer to its request.
fn concluded(reloaded: Result<Vec<String>, String>) -> Result<(), String> {
    match reloaded {
        Ok(problems) => {
            tracing::info!(target: LogType::Server.name(), "configuration reloaded");
            if problems.is_empty() { Ok(()) } else { Err(format!("applied, but {}", problems.join("; "))) }
        }
        Err(why) => {
            tracing::error!(target: LogType::Server.name(), "configuration not reloaded: {why}");
            Err(why)
        }
    }
}

/// Owns the listeners and executes commands until one stops the server.
#[derive(Debug)]
pub(super) struct Supervisor<L> {
    pub(super) listeners: Listeners,
    pub(super) signals: Signals,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) input: mpsc::Sender<Input>,
    /// Passes a new configuration to the shards.
    pub(super) on_config: L,
}

impl<L: Fn(&Config)> Supervisor<L> {
    pub(super) async fn run(mut self, reload: Reload) {
        loop {
            match std::future::poll_fn(|cx| self.poll_command(cx)).await {
                Command::Stop(reason) => {
                    tracing::info!(target: LogType::Shutdown.name(), "stopping: {reason}");
                    systemd::stopping();
                    drop(self.listeners);
                    let _ = self.input.send(Input::Stopping(reason)).await;
                    return;
                }
                Command::Reload(asker) => {
                    systemd::reloading();
                    let result = concluded(self.reload(&reload).await);
                    systemd::ready();
                    if let Some(ticket) = asker {
                        let _ = self.input.send(Input::Answered(ticket, JobAnswer::Reloaded(result))).await;
                    }
                }
            }
        }
    }

    fn poll_command(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Command> {
        use std::task::Poll;
        for (signal, name) in &mut self.signals.stops {
            if signal.poll_recv(cx).is_ready() {
                tracing::info!(target: LogType::Shutdown.name(), "received {name}");
                return Poll::Ready(Command::Stop("Server is shutting down".into()));
            }
        }
        if self.signals.hangup.poll_recv(cx).is_ready() {
            return Poll::Ready(Command::Reload(None));
        }
        match self.commands.poll_recv(cx) {
            Poll::Ready(Some(command)) => Poll::Ready(command),
            // Without handles, only signals remain.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Applies the current configuration, and returns the listeners that failed. On an error, which is one
    /// line, nothing has changed.
    async fn reload(&mut self, reload: &Reload) -> Result<Vec<String>, String> {
        let read = reload.clone();
        let read = tokio::task::spawn_blocking(move || read()).await;
        let (config, texts) = read.map_err(|_| "reading it failed".to_owned())??;
        let mut problems = self.listeners.change(&config).await;
        if let Err(error) = self.listeners.accept() {
            problems.push(format!("cannot accept: {error}"));
        }
        for problem in &problems {
            tracing::error!(target: LogType::Listeners.name(), "{problem}");
        }
        (self.on_config)(&config);
        let _ = self.input.send(Input::Reconfigured(Box::new(config), Box::new(texts))).await;
        Ok(problems)
    }
}
