//! Listening sockets: opened, accepted from in bounded batches, changed while the server runs.
//!
//! Invariant: having no descriptor left never spins and never fills the log; the clients that wait are
//! told and closed.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use indexmap::IndexMap;
use rustix::io::Errno;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::Instant;

use super::address::{has_no_ipv6, is_path, listen, permit};
use super::descriptors::Reserve;
use super::door::{Arrival, Terms};
use super::gate::Gate;
use super::socket::{Handover, Socket};
use super::tls::{Identity, server_config};
use crate::config::{Config, Listener, TlsVersion};

/// Connections accepted before the others have their turn.
const ACCEPT_BATCH: usize = 64;
/// Pause when not even the reserve helps.
const BACK_OFF: Duration = Duration::from_millis(200);
/// The refusals of this time make one log record.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// The last and only line to a client for which there is no room.
const REFUSAL: &[u8] = b"ERROR :Too many connections\r\n";

/// A listener that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The address as the configuration writes it.
    pub address: String,
    /// The port in use; none of a Unix socket. Differs from the configured one when that is 0.
    pub port: Option<u16>,
}

/// The listeners of the server.
#[derive(Debug)]
pub struct Listeners {
    open: IndexMap<String, Open>,
    shards: Vec<mpsc::Sender<Arrival>>,
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct Open {
    /// Of a Unix socket: its file, to be removed with the listener.
    path: Option<PathBuf>,
    port: Option<u16>,
    terms: Arc<Mutex<Arc<Terms>>>,
    /// Until it is accepted from.
    socket: Option<socket2::Socket>,
    /// The task that accepts, once there is one.
    task: Option<JoinHandle<()>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Listeners {
    /// Opens what the configuration names, without accepting yet. Arrivals go to the shards in turn.
    ///
    /// # Errors
    /// One line that names the listener and what is wrong.
    pub fn open(config: &Config, shards: Vec<mpsc::Sender<Arrival>>) -> Result<Listeners, String> {
        let mut listeners = Listeners { open: IndexMap::new(), shards, gate: Arc::default() };
        match listeners.change_all(config).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(listeners),
        }
    }

    /// What is open.
    pub fn bound(&self) -> Vec<Bound> {
        self.open.iter().map(|(address, open)| Bound { address: address.clone(), port: open.port }).collect()
    }

    /// Brings the listeners in line with a configuration: closes, opens, reads certificates again.
    /// Connections stay as they are. A listener that fails is left as it was; returns what failed.
    pub async fn change(&mut self, config: &Config) -> Vec<String> {
        let (stay, gone) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(address, _)| config.server.listeners.contains_key(address));
        self.open = stay;
        for (address, mut open) in gone {
            // Its port may be wanted by another address: it is free only once the task is gone.
            if let Some(task) = open.task.take() {
                task.abort();
                let _ = task.await;
            }
            tracing::info!(target: "listeners", "stopped listening on {address}.");
        }
        self.change_all(config)
    }

    fn change_all(&mut self, config: &Config) -> Vec<String> {
        self.gate.set_max(config.server.max_clients);
        let listeners = &config.server.listeners;
        listeners
            .iter()
            .filter_map(|(address, listener)| self.change_one(address, listener, config).err())
            .collect()
    }

    fn change_one(&mut self, address: &str, listener: &Listener, config: &Config) -> Result<(), String> {
        let tls = tls_of(listener).map_err(|reason| format!("listener {address}: {reason}"))?;
        let terms = Arc::new(Terms::new(address, listener, tls, config));
        if let Some(open) = self.open.get(address) {
            *open.terms.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = terms;
            let Some(path) = &open.path else { return Ok(()) };
            return permit(path, config.server.unix_bind_mode)
                .map_err(|error| format!("permissions of {address}: {}", super::reason(&error)));
        }
        let socket = match listen(address, config.server.unix_bind_mode) {
            Ok(socket) => socket,
            // The default configuration listens on [::1]; a machine without IPv6 is no reason to stop.
            Err(error) if address.starts_with("[::1]:") && has_no_ipv6(&error) => {
                tracing::warn!(target: "listeners", "not listening on {address}: {}", super::reason(&error));
                return Ok(());
            }
            Err(error) => return Err(format!("cannot listen on {address}: {}", super::reason(&error))),
        };
        tracing::info!(
            target: "listeners",
            "now listening on {address}, tls={}, tlsproxy={}, tor={}, websocket={}.",
            terms.tls.is_some(), listener.proxy, listener.tor, listener.websocket,
        );
        let open = Open {
            path: is_path(address).then(|| address.into()),
            port: socket
                .local_addr()
                .ok()
                .and_then(|address| address.as_socket())
                .map(|address| address.port()),
            terms: Arc::new(Mutex::new(terms)),
            socket: Some(socket),
            task: None,
        };
        self.open.insert(address.to_owned(), open);
        Ok(())
    }

    /// Begins to accept on every listener that does not yet. Must be called inside a local runtime.
    ///
    /// # Errors
    /// When the system refuses to watch a socket.
    pub fn accept(&mut self) -> io::Result<()> {
        for open in self.open.values_mut() {
            let Some(socket) = open.socket.take() else { continue };
            let acceptor = Acceptor {
                queue: match &open.path {
                    Some(_) => Queue::Unix(UnixListener::from_std(socket.into())?),
                    None => Queue::Tcp(TcpListener::from_std(socket.into())?),
                },
                terms: open.terms.clone(),
                gate: self.gate.clone(),
                shards: self.shards.clone(),
                next_shard: 0,
                reserve: Reserve::new(),
                refused: 0,
                logged: None,
            };
            open.task = Some(tokio::task::spawn_local(acceptor.run()));
        }
        Ok(())
    }
}

fn tls_of(listener: &Listener) -> Result<Option<Arc<tokio_rustls::rustls::ServerConfig>>, String> {
    let pairs: Vec<(&Path, &Path)> =
        listener.key_pairs().iter().map(|pair| (Path::new(&pair.cert), Path::new(&pair.key))).collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let identity = Identity {
        pairs: &pairs,
        tls13_only: listener.min_tls_version == TlsVersion::Tls13,
        // A browser would ask its user to choose one.
        ask_certificate: !listener.websocket,
    };
    server_config(identity).map(Some)
}

/// Clients that the system has accepted for us.
#[derive(Debug)]
enum Queue {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Queue {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Socket, IpAddr)>> {
        match self {
            Queue::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, peer)| {
                // Output is already collected per turn: Nagle could only delay it.
                let _ = stream.set_nodelay(true);
                (Socket::Tcp(stream), peer.ip().to_canonical())
            }),
            Queue::Unix(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| (Socket::Unix(stream), IpAddr::V4(Ipv4Addr::LOCALHOST))),
        }
    }
}

/// Accepts from one listener.
struct Acceptor {
    queue: Queue,
    terms: Arc<Mutex<Arc<Terms>>>,
    gate: Arc<Gate>,
    shards: Vec<mpsc::Sender<Arrival>>,
    next_shard: usize,
    reserve: Reserve,
    /// Clients turned away and not yet in the log.
    refused: u64,
    logged: Option<Instant>,
}

impl Acceptor {
    async fn run(mut self) {
        loop {
            for _ in 0..ACCEPT_BATCH {
                match poll_fn(|cx| self.queue.poll_accept(cx)).await {
                    Ok((socket, peer)) => self.hand_over(socket, peer).await,
                    Err(error) if is_out_of_descriptors(&error) => self.turn_away().await,
                    // The client gave up while it waited: the next one.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => {
                        self.log_refusal(&super::reason(&error));
                        tokio::time::sleep(BACK_OFF).await;
                    }
                }
            }
            yield_now().await;
        }
    }

    fn terms(&self) -> Arc<Terms> {
        self.terms.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    async fn hand_over(&mut self, socket: Socket, peer: IpAddr) {
        let terms = self.terms();
        let Some(permit) = self.gate.enter() else {
            refuse(&socket, &terms);
            self.log_refusal("max-clients is reached");
            return;
        };
        // While there are too many handshakes, the system keeps the clients.
        let handshake = if terms.shakes_hands() { Some(self.gate.enter_handshake().await) } else { None };
        // With one shard it runs where we do, and the socket is watched in the right place already.
        let socket = match self.shards.len() {
            1 => Ok(Handover::Here(socket)),
            _ => socket.detach(),
        };
        let socket = match socket {
            Ok(socket) => socket,
            Err(error) => return self.log_refusal(&super::reason(&error)),
        };
        let shard = &self.shards[self.next_shard];
        self.next_shard = (self.next_shard + 1) % self.shards.len();
        // A shard that is behind stops the accepting; the system keeps the clients meanwhile.
        let _ = shard.send(Arrival { socket, peer, terms, permit, handshake }).await;
    }

    /// No descriptor is left: the one in reserve serves to tell a client and close it.
    async fn turn_away(&mut self) {
        self.log_refusal("no file descriptors left");
        if !self.reserve.give_up() {
            tokio::time::sleep(BACK_OFF).await;
            return;
        }
        let once = poll_fn(|cx| Poll::Ready(self.queue.poll_accept(cx))).await;
        if let Poll::Ready(Ok((socket, _))) = once {
            refuse(&socket, &self.terms());
        }
        self.reserve.restore();
    }

    fn log_refusal(&mut self, why: &str) {
        self.refused += 1;
        if self.logged.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
            tracing::warn!(target: "listeners", clients = self.refused, "refusing clients: {why}");
            self.logged = Some(Instant::now());
            self.refused = 0;
        }
    }
}

/// Says why, if the client speaks plain text, and never waits for it.
fn refuse(socket: &Socket, terms: &Terms) {
    if terms.tls.is_none() && !terms.websocket {
        let _ = socket.write_once(REFUSAL);
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}
