//! Opens listening sockets, accepts connections in bounded batches, and changes listeners at a rehash.
//!
//! Invariant: when no file descriptor is left, accepting does not busy-loop or fill the log, and waiting
//! clients are notified and closed.

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
use super::descriptors::DescriptorReserve;
use super::door::{Arrival, ListenerSettings};
use super::gate::ConnectionLimits;
use super::socket::{Handover, Socket};
use super::tls::{Identity, server_config};
use super::web::{HttpArrival, HttpSender};
use crate::config::{Config, Listener, LogType, TlsVersion};
use crate::metrics::ConnectionCounts;

/// Number of connections accepted before other tasks get a turn.
const ACCEPT_BATCH: usize = 64;
/// Pause after a failure if the reserve does not help.
const BACK_OFF: Duration = Duration::from_millis(200);
/// Minimum interval between log records about rejected clients.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// The only line to a client for which there is no room.
const REJECTION: &[u8] = b"ERROR :Too many connections\r\n";

/// A listener that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The address in the form of the configuration.
    pub address: String,
    /// The port in use; `None` for a Unix socket. Differs from the configured one if that is 0.
    pub port: Option<u16>,
}

/// The listeners of the server.
#[derive(Debug)]
pub struct Listeners {
    open: IndexMap<String, Open>,
    shards: Vec<mpsc::Sender<Arrival>>,
    web: HttpSender,
    counts: ConnectionCounts,
    gate: Arc<ConnectionLimits>,
}

#[derive(Debug)]
struct Open {
    /// The file of a Unix socket, which is removed with the listener.
    path: Option<PathBuf>,
    port: Option<u16>,
    terms: Arc<Mutex<Arc<ListenerSettings>>>,
    /// The socket, until the task starts.
    socket: Option<socket2::Socket>,
    /// The task that accepts, once it has started.
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
    /// Opens the listeners of the configuration, without accepting yet. Connections go to the shards in turn,
    /// HTTP clients to `web`. All are added to `counts`.
    ///
    /// # Errors
    /// If a listener cannot be opened: one line with the listener and the reason.
    pub fn open(
        config: &Config,
        shards: Vec<mpsc::Sender<Arrival>>,
        web: HttpSender,
        counts: ConnectionCounts,
    ) -> Result<Listeners, String> {
        let (open, gate) = Default::default();
        let mut listeners = Listeners { open, shards, web, counts, gate };
        match listeners.change_all(config).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(listeners),
        }
    }

    /// Returns the open listeners.
    pub fn bound(&self) -> Vec<Bound> {
        self.open.iter().map(|(address, open)| Bound { address: address.clone(), port: open.port }).collect()
    }

    /// Applies a configuration: opens and closes listeners, and rereads certificates. Connections stay open.
    /// A listener that fails is left unchanged; returns the failures.
    pub async fn change(&mut self, config: &Config) -> Vec<String> {
        let wanted = config.listeners();
        let (stay, gone) =
            std::mem::take(&mut self.open).into_iter().partition(|(address, _)| wanted.contains_key(address));
        self.open = stay;
        for (address, mut open) in gone {
            // Another listener may need the port, which is free only after the task has ended.
            if let Some(task) = open.task.take() {
                task.abort();
                let _ = task.await;
            }
            tracing::info!(target: LogType::Listeners.name(), "stopped listening on {address}.");
        }
        self.change_all(config)
    }

    fn change_all(&mut self, config: &Config) -> Vec<String> {
        self.gate.set_max(config.server.max_clients);
        let listeners = config.listeners();
        listeners
            .iter()
            .filter_map(|(address, listener)| self.change_one(address, listener, config).err())
            .collect()
    }

    fn change_one(&mut self, address: &str, listener: &Listener, config: &Config) -> Result<(), String> {
        let tls = tls_of(listener).map_err(|reason| format!("listener {address}: {reason}"))?;
        let (web, counts) = (self.web.clone(), self.counts.listener(address));
        let terms = Arc::new(ListenerSettings::new(address, listener, tls, config, web, counts));
        if let Some(open) = self.open.get(address) {
            *open.terms.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = terms;
            let Some(path) = &open.path else { return Ok(()) };
            return permit(path, config.server.unix_bind_mode)
                .map_err(|error| format!("permissions of {address}: {}", super::reason(&error)));
        }
        let socket = match listen(address, config.server.unix_bind_mode) {
            Ok(socket) => socket,
            // The default configuration listens on [::1], and must work on a machine without IPv6.
            Err(error) if address.starts_with("[::1]:") && has_no_ipv6(&error) => {
                tracing::warn!(
                    target: LogType::Listeners.name(),
                    "not listening on {address}: {}",
                    super::reason(&error)
                );
                return Ok(());
            }
            Err(error) => return Err(format!("cannot listen on {address}: {}", super::reason(&error))),
        };
        tracing::info!(
            target: LogType::Listeners.name(),
            "now listening on {address}, tls={}, tlsproxy={}, tor={}, websocket={}, http={}.",
            terms.tls.is_some(), listener.proxy, listener.tor, listener.websocket, listener.http,
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

    /// Starts accepting on all listeners that do not accept yet. Must be called inside a local runtime.
    ///
    /// # Errors
    /// If a socket cannot be registered with the runtime.
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
                reserve: DescriptorReserve::new(),
                rejected: 0,
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
        // Browsers would ask their users to choose a certificate.
        ask_certificate: !listener.websocket && !listener.http,
    };
    server_config(identity).map(Some)
}

/// A listening socket, with the connections that the system has queued.
#[derive(Debug)]
enum Queue {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Queue {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Socket, IpAddr)>> {
        match self {
            Queue::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, peer)| {
                // Output is already collected per turn, so Nagle's algorithm would only delay it.
                let _ = stream.set_nodelay(true);
                (Socket::Tcp(stream), peer.ip().to_canonical())
            }),
            Queue::Unix(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| (Socket::Unix(stream), IpAddr::V4(Ipv4Addr::LOCALHOST))),
        }
    }
}

/// Accepts connections of one listener.
struct Acceptor {
    queue: Queue,
    terms: Arc<Mutex<Arc<ListenerSettings>>>,
    gate: Arc<ConnectionLimits>,
    shards: Vec<mpsc::Sender<Arrival>>,
    next_shard: usize,
    reserve: DescriptorReserve,
    /// The number of rejected clients that are not in the log yet.
    rejected: u64,
    logged: Option<Instant>,
}

impl Acceptor {
    async fn run(mut self) {
        loop {
            for _ in 0..ACCEPT_BATCH {
                match poll_fn(|cx| self.queue.poll_accept(cx)).await {
                    Ok((socket, peer)) => self.hand_over(socket, peer).await,
                    Err(error) if is_out_of_descriptors(&error) => self.reject_next().await,
                    // The client has disconnected while it waited.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => {
                        self.log_rejection(&super::reason(&error));
                        tokio::time::sleep(BACK_OFF).await;
                    }
                }
            }
            yield_now().await;
        }
    }

    fn terms(&self) -> Arc<ListenerSettings> {
        self.terms.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    async fn hand_over(&mut self, socket: Socket, peer: IpAddr) {
        let terms = self.terms();
        let Some(permit) = self.gate.enter(&terms.counts) else {
            reject(&socket, &terms);
            self.log_rejection("max-clients is reached");
            return;
        };
        // While there are too many handshakes, further clients wait in the system's queue.
        let handshake = if terms.shakes_hands() { Some(self.gate.enter_handshake().await) } else { None };
        // A single shard runs on this thread, so the socket is registered with the right runtime already.
        let socket = match self.shards.len() {
            1 if !terms.is_http_only() => Ok(Handover::Here(socket)),
            _ => socket.detach(),
        };
        let socket = match socket {
            Ok(socket) => socket,
            Err(error) => return self.log_rejection(&super::reason(&error)),
        };
        let arrival = Arrival { socket, peer, terms, permit, handshake };
        if arrival.terms.is_http_only() {
            // If too many wait, the connection is closed.
            let _ = arrival.terms.web.clone().try_send(HttpArrival::Accepted(arrival));
            return;
        }
        let shard = &self.shards[self.next_shard];
        self.next_shard = (self.next_shard + 1) % self.shards.len();
        // While the shard is behind, nothing is accepted, and clients wait in the system's queue.
        let _ = shard.send(arrival).await;
    }

    /// Accepts a client with the reserved descriptor, because no other is left, and rejects it.
    async fn reject_next(&mut self) {
        self.log_rejection("no file descriptors left");
        if !self.reserve.release() {
            tokio::time::sleep(BACK_OFF).await;
            return;
        }
        let once = poll_fn(|cx| Poll::Ready(self.queue.poll_accept(cx))).await;
        if let Poll::Ready(Ok((socket, _))) = once {
            reject(&socket, &self.terms());
        }
        self.reserve.restore();
    }

    fn log_rejection(&mut self, why: &str) {
        self.rejected += 1;
        if self.logged.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
            tracing::warn!(
                target: LogType::Listeners.name(),
                clients = self.rejected,
                "rejecting clients: {why}"
            );
            self.logged = Some(Instant::now());
            self.rejected = 0;
        }
    }
}

/// Sends ERROR if the listener is plain text, without waiting for the client.
fn reject(socket: &Socket, terms: &ListenerSettings) {
    if terms.tls.is_none() && !terms.websocket && !terms.http {
        let _ = socket.write_once(REJECTION);
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}
