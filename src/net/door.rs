//! Turns an accepted socket into a session: PROXY header, TLS handshake, WebSocket upgrade, and the
//! description of the connection for the engine. A client that speaks plain HTTP is handed over to
//! [`super::web`].

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

use super::connection::Connection;
use super::gate::{ConnectionPermit, HandshakePermit};
use super::handshake::Handshake;
use super::proxy::{forwarded_for, read_header};
use super::shard::Shard;
use super::socket::{Handover, Socket};
use super::tls::fingerprint;
use super::upgrade::{FirstRequest, Upgraded, upgrade};
use super::web::{HttpConnection, HttpDoor, HttpSender, HttpStream, relay};
use crate::config::{Config, Listener, LogType, Net};
use crate::engine::Door;
use crate::metrics::ListenerCounts;

/// Timeout for a PROXY header, which proxies send at once.
const HEADER_TIME_MAX: Duration = Duration::from_secs(5);

/// Maximum size of a client's certificates that the engine gets, in bytes.
const CERTIFICATES_BYTES_MAX: usize = 16 << 10;

/// The settings of a listener for its connections; replaced as a whole when the configuration or a
/// certificate changes.
#[derive(Debug)]
pub(super) struct ListenerSettings {
    pub(super) is_unix: bool,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) websocket: bool,
    /// Whether clients are HTTP clients, except for those that request a WebSocket where there are any.
    pub(super) http: bool,
    /// Where HTTP clients go.
    pub(super) web: HttpSender,
    pub(super) counts: Arc<ListenerCounts>,
    pub(super) tor: bool,
    /// Whether connections begin with a PROXY header.
    proxy: bool,
    sts_only: bool,
    hide_sts: bool,
    allowed_origins: Vec<String>,
    secure_nets: Vec<Net>,
    /// Networks of the proxies that are trusted to state addresses.
    pub(super) proxies: Vec<Net>,
    check_ident: bool,
}

impl ListenerSettings {
    pub(super) fn new(
        address: &str,
        listener: &Listener,
        tls: Option<Arc<ServerConfig>>,
        config: &Config,
        web: HttpSender,
        counts: Arc<ListenerCounts>,
    ) -> ListenerSettings {
        ListenerSettings {
            is_unix: super::address::is_path(address),
            tls,
            websocket: listener.websocket,
            http: listener.http,
            web,
            counts,
            tor: listener.tor,
            proxy: listener.proxy,
            sts_only: listener.sts_only,
            hide_sts: listener.hide_sts,
            allowed_origins: config.server.websockets.allowed_origins.clone(),
            secure_nets: config.server.secure_nets.clone(),
            proxies: config.server.proxy_allowed_from.clone(),
            check_ident: config.server.check_ident && !listener.tor,
        }
    }

    /// Returns whether there is a handshake before the first line.
    pub(super) fn shakes_hands(&self) -> bool {
        self.tls.is_some() || self.websocket || self.http || self.proxy
    }

    /// Returns whether there are only HTTP clients.
    pub(super) fn is_http_only(&self) -> bool {
        self.http && !self.websocket
    }

    /// Returns whether the client's address is final, so that no later handshake can change it.
    fn knows_address(&self, peer: IpAddr, passed: &HandshakeResults) -> bool {
        !self.websocket || passed.header.is_some() || !self.is_proxy(peer)
    }

    pub(super) fn is_proxy(&self, peer: IpAddr) -> bool {
        // The Tor daemon connects for all its clients and must not state their addresses.
        !self.tor && self.proxies.iter().any(|net| net.contains(peer))
    }

    /// Returns whether the connection between the client and us counts as secure.
    fn is_secure(&self, peer: IpAddr, passed: &HandshakeResults) -> bool {
        if self.tls.is_some() {
            return true;
        }
        match &passed.upgraded {
            // There may be a web server in between, which has to say that the client used HTTPS.
            Some(upgraded) => upgraded.https && self.is_proxy(peer),
            None if self.is_unix => true,
            // Clients of the Tor daemon are not on this machine, although its address is loopback.
            None => {
                !self.tor && (peer.is_loopback() || self.secure_nets.iter().any(|net| net.contains(peer)))
            }
        }
    }

    /// Returns the description of a connection from `peer` for the engine.
    fn door(&self, peer: IpAddr, socket: &Socket, passed: &HandshakeResults) -> Door {
        let ip = match (&passed.header, &passed.upgraded) {
            (Some(client), _) if self.is_proxy(peer) => *client,
            (None, Some(upgraded)) if self.is_proxy(peer) => {
                forwarded_for(peer, &upgraded.forwarded_for, &self.proxies)
            }
            _ => peer,
        };
        let proxied = ip != peer;
        // After a PROXY header, the TLS handshake is with the client. With X-Forwarded-For, it is with the
        // proxy, and the certificate is the proxy's.
        let is_proxys_certificate = proxied && passed.header.is_none();
        let own = if is_proxys_certificate { &[][..] } else { &passed.certificates[..] };
        Door {
            ip,
            proxied,
            endpoints: (self.check_ident && !proxied).then(|| socket.endpoints()).flatten(),
            secure: self.is_secure(peer, passed),
            certfp: own.first().map(|own| fingerprint(own).into()),
            certificates: shown_certificates(own),
            websocket: self.websocket,
            tor: self.tor,
            sts_only: self.sts_only,
            hide_sts: self.hide_sts,
        }
    }
}

/// The results of the handshakes before the first line.
#[derive(Debug, Default)]
struct HandshakeResults {
    header_read: bool,
    /// The client's address in the PROXY header.
    header: Option<IpAddr>,
    /// The certificate chain of the peer, its own certificate first.
    certificates: Vec<CertificateDer<'static>>,
    upgraded: Option<Upgraded>,
}

/// An accepted socket that a listener hands over to a shard.
#[derive(Debug)]
pub struct Arrival {
    pub(super) socket: Handover,
    pub(super) peer: IpAddr,
    pub(super) terms: Arc<ListenerSettings>,
    /// Counts the connection against `max-clients`.
    pub(super) permit: ConnectionPermit,
    /// Counts the connection against the limit of handshakes, if it has any.
    pub(super) handshake: Option<HandshakePermit>,
}

/// Takes a socket into a shard. A connection without handshakes is opened at once; others must be admitted by
/// the engine first, and complete their handshakes within a timeout. Must be called in the shard's runtime.
pub fn admit(shard: &Rc<Shard>, arrival: Arrival) {
    let Arrival { socket, peer, terms, permit, handshake } = arrival;
    let socket = match socket.adopt() {
        Ok(socket) => socket,
        Err(error) => {
            let reason = super::reason(&error);
            tracing::warn!(
                target: LogType::ConnectIp.name(),
                %peer,
                "cannot register the connection: {reason}"
            );
            return;
        }
    };
    let Some(handshake) = handshake else {
        let door = Box::new(terms.door(peer, &socket, &HandshakeResults::default()));
        return shard.open(Connection::new(socket, permit, None, None), door);
    };
    let shard = shard.clone();
    tokio::task::spawn_local(async move {
        let time = handshake.time_max();
        match tokio::time::timeout(time, arrive(&shard, socket, peer, &terms, permit)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(
                    target: LogType::ConnectIp.name(),
                    %peer,
                    "handshake failed: {}",
                    super::reason(&error)
                );
            }
            Err(_) => tracing::debug!(target: LogType::ConnectIp.name(), %peer, "handshake timed out"),
        }
        drop(handshake);
    });
}

/// Performs the handshakes before the first line. The engine is asked to admit the connection as soon as the
/// client's address is known. If the address comes last (`X-Forwarded-For`), the engine is notified only once
/// the connection is ready.
async fn arrive(
    shard: &Rc<Shard>,
    mut socket: Socket,
    peer: IpAddr,
    terms: &Arc<ListenerSettings>,
    permit: ConnectionPermit,
) -> io::Result<()> {
    if shard.is_shut() {
        return Ok(());
    }
    let mut passed = HandshakeResults::default();
    // The headers of other hosts are ignored, so these must be admitted before the header is read.
    if terms.is_proxy(peer) {
        passed.read_header(&mut socket, terms).await?;
    }
    if !terms.knows_address(peer, &passed) {
        match shake_hands(socket, terms, passed).await? {
            DoorOpened::Irc { socket, tls, passed } => {
                let door = Box::new(terms.door(peer, &socket, &passed));
                shard.open(Connection::new(socket, permit, tls, passed.frames()), door);
            }
            DoorOpened::Http { stream, head, header } => {
                serve_http(stream, head, HttpDoor::new(peer, header, terms.clone()), permit);
            }
            DoorOpened::Rejected => {}
        }
        return Ok(());
    }
    let handshake = Handshake::begin(shard, Box::new(terms.door(peer, &socket, &passed)));
    if !handshake.is_admitted().await {
        return Ok(());
    }
    let done = {
        let mut hands = pin!(shake_hands(socket, terms, passed));
        let mut closed = pin!(handshake.closed());
        poll_fn(|cx| match closed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Ok(DoorOpened::Rejected)),
            Poll::Pending => hands.as_mut().poll(cx),
        })
        .await?
    };
    match done {
        DoorOpened::Irc { socket, tls, passed } => {
            let door = Box::new(terms.door(peer, &socket, &passed));
            handshake.done(Connection::new(socket, permit, tls, passed.frames()), door);
        }
        DoorOpened::Http { stream, head, header } => {
            serve_http(stream, head, HttpDoor::new(peer, header, terms.clone()), permit);
        }
        DoorOpened::Rejected => {}
    }
    Ok(())
}

/// Relays the requests of an HTTP client in a task of its own, whose time is not limited like a handshake.
fn serve_http(stream: HttpStream, head: Vec<u8>, door: HttpDoor, permit: ConnectionPermit) {
    tokio::task::spawn_local(async move {
        // A client that is gone gets no answer.
        let _ = relay(stream, &head, door, permit).await;
    });
}

/// Performs the handshakes of a connection to a listener for HTTP only, within a timeout. Must be called in
/// the runtime that serves it.
pub(super) async fn open_http(arrival: Arrival) -> io::Result<HttpConnection> {
    let Arrival { socket, peer, terms, permit, handshake } = arrival;
    let mut socket = socket.adopt()?;
    let shake = async {
        let mut passed = HandshakeResults::default();
        passed.read_header(&mut socket, &terms).await?;
        let stream = match &terms.tls {
            None => HttpStream::new(socket),
            Some(config) => {
                socket.readable().await?;
                HttpStream::new(Box::pin(TlsAcceptor::from(config.clone()).accept(socket)).await?)
            }
        };
        Ok::<_, io::Error>((stream, passed.header))
    };
    let time = handshake.as_ref().map_or(HEADER_TIME_MAX, HandshakePermit::time_max);
    let (stream, header) = tokio::time::timeout(time, shake).await.map_err(|_| io::ErrorKind::TimedOut)??;
    Ok(HttpConnection { stream, door: HttpDoor::new(peer, header, terms.clone()), permit })
}

/// What a client turned out to be.
enum ClientKind {
    /// An IRC client.
    Irc,
    /// An HTTP client, with the beginning of its request.
    Http(Vec<u8>),
    /// Neither of these; it was rejected with an answer.
    Neither,
}

/// The result of the handshakes.
enum DoorOpened {
    /// An IRC client whose lines can be read.
    Irc { socket: Socket, tls: Option<Box<ServerConnection>>, passed: HandshakeResults },
    /// An HTTP client, with the beginning of its request and its address in a PROXY header.
    Http { stream: HttpStream, head: Vec<u8>, header: Option<IpAddr> },
    /// The client was rejected with an answer.
    Rejected,
}

/// Performs the handshakes that are left: PROXY header, TLS and WebSocket.
async fn shake_hands(
    mut socket: Socket,
    terms: &ListenerSettings,
    mut passed: HandshakeResults,
) -> io::Result<DoorOpened> {
    passed.read_header(&mut socket, terms).await?;
    let Some(config) = &terms.tls else {
        return Ok(match passed.upgrade(&mut socket, terms).await? {
            ClientKind::Irc => DoorOpened::Irc { socket, tls: None, passed },
            ClientKind::Http(head) => {
                DoorOpened::Http { stream: HttpStream::new(socket), head, header: passed.header }
            }
            ClientKind::Neither => DoorOpened::Rejected,
        });
    };
    // Until a client sends something, it gets no TLS state.
    socket.readable().await?;
    let mut stream = Box::pin(TlsAcceptor::from(config.clone()).accept(socket)).await?;
    match passed.upgrade(&mut stream, terms).await? {
        ClientKind::Irc => {}
        ClientKind::Http(head) => {
            return Ok(DoorOpened::Http { stream: HttpStream::new(stream), head, header: passed.header });
        }
        ClientKind::Neither => return Ok(DoorOpened::Rejected),
    }
    let (socket, tls) = stream.into_inner();
    passed.certificates = tls.peer_certificates().unwrap_or_default().to_vec();
    Ok(DoorOpened::Irc { socket, tls: Some(Box::new(tls)), passed })
}

/// Returns the certificates for the engine; none if they are too long.
fn shown_certificates(certificates: &[CertificateDer<'_>]) -> Box<[Vec<u8>]> {
    let bytes: usize = certificates.iter().map(|certificate| certificate.len()).sum();
    if bytes > CERTIFICATES_BYTES_MAX {
        return Box::default();
    }
    certificates.iter().map(|certificate| certificate.to_vec()).collect()
}

impl HandshakeResults {
    /// Returns the first byte of data frames, for a WebSocket.
    fn frames(&self) -> Option<u8> {
        self.upgraded.as_ref().map(|upgraded| upgraded.frames)
    }

    /// Reads the PROXY header if the listener expects one and it was not read before.
    async fn read_header(&mut self, socket: &mut Socket, terms: &ListenerSettings) -> io::Result<()> {
        if terms.proxy && !std::mem::replace(&mut self.header_read, true) {
            let header = tokio::time::timeout(HEADER_TIME_MAX, read_header(socket)).await;
            self.header = header.map_err(|_| io::ErrorKind::TimedOut)??;
        }
        Ok(())
    }

    /// Upgrades to a WebSocket if the listener expects that.
    async fn upgrade<S>(&mut self, stream: &mut S, terms: &ListenerSettings) -> io::Result<ClientKind>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !terms.websocket {
            return Ok(ClientKind::Irc);
        }
        Ok(match upgrade(stream, &terms.allowed_origins).await? {
            FirstRequest::WebSocket(upgraded) => {
                self.upgraded = Some(upgraded);
                ClientKind::Irc
            }
            FirstRequest::Http(head) => ClientKind::Http(head),
            FirstRequest::Rejected => ClientKind::Neither,
        })
    }
}
