//! From an accepted socket to a session: TLS handshake, WebSocket upgrade, and what the engine is told
//! about how the client came in.

use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

use super::listener::Permit;
use super::shard::Shard;
use super::socket::{Handover, Socket};
use super::tls::fingerprint;
use super::upgrade::upgrade;
use crate::config::{Config, Listener, Net};
use crate::engine::Door;

/// What a listener demands of connections and says about them; replaced whole when the configuration
/// or a certificate changes.
#[derive(Debug)]
pub(super) struct Terms {
    /// The address as the configuration writes it.
    pub(super) address: Box<str>,
    pub(super) is_unix: bool,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) websocket: bool,
    pub(super) tor: bool,
    sts_only: bool,
    hide_sts: bool,
    allowed_origins: Vec<String>,
    secure_nets: Vec<Net>,
    /// Time for the handshakes.
    handshake: Duration,
}

impl Terms {
    pub(super) fn new(
        address: &str,
        listener: &Listener,
        tls: Option<Arc<ServerConfig>>,
        config: &Config,
    ) -> Terms {
        Terms {
            address: address.into(),
            is_unix: super::address::is_path(address),
            tls,
            websocket: listener.websocket,
            tor: listener.tor,
            sts_only: listener.sts_only,
            hide_sts: listener.hide_sts,
            allowed_origins: config.server.websockets.allowed_origins.clone(),
            secure_nets: config.server.secure_nets.clone(),
            handshake: config.server.idle_timeouts.registration,
        }
    }

    /// What the engine is told about a connection from `peer`.
    fn door(&self, peer: IpAddr, certfp: Option<Box<str>>) -> Door {
        let encrypted = self.tls.is_some();
        // The Tor daemon's loopback address says nothing about where its clients are.
        let trusted =
            !self.tor && (peer.is_loopback() || self.secure_nets.iter().any(|net| net.contains(peer)));
        Door {
            ip: peer,
            listener: self.address.clone(),
            secure: encrypted || self.is_unix || trusted,
            certfp,
            websocket: self.websocket,
            tor: self.tor,
            sts_only: self.sts_only,
            hide_sts: self.hide_sts,
        }
    }
}

/// A socket on its way from the listener to a shard.
#[derive(Debug)]
pub struct Arrival {
    pub(super) socket: Handover,
    pub(super) peer: IpAddr,
    pub(super) terms: Arc<Terms>,
    /// Its place among the connections the server may have.
    pub(super) permit: Permit,
}

/// Takes a socket into a shard. What has no handshake to do is there at once; the rest has until the
/// registration timeout. Must be called inside the shard's runtime.
pub fn admit(shard: &Rc<Shard>, arrival: Arrival) {
    let Arrival { socket, peer, terms, permit } = arrival;
    let socket = match socket.adopt() {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(target: "connect-ip", %peer, "cannot take the connection: {}", super::reason(&error));
            return;
        }
    };
    if terms.tls.is_none() && !terms.websocket {
        shard.open(socket, permit, None, None, Box::new(terms.door(peer, None)));
        return;
    }
    let shard = shard.clone();
    tokio::task::spawn_local(async move {
        let hands = tokio::time::timeout(terms.handshake, shake_hands(socket, &terms)).await;
        match hands {
            Ok(Ok(Some(done))) => {
                let door = Box::new(terms.door(peer, done.certfp));
                shard.open(done.socket, permit, done.tls, done.frames, door);
            }
            Ok(Ok(None)) => tracing::debug!(target: "connect-ip", %peer, "not a websocket client"),
            Ok(Err(error)) => {
                tracing::debug!(target: "connect-ip", %peer, "handshake failed: {}", super::reason(&error));
            }
            Err(_) => tracing::debug!(target: "connect-ip", %peer, "handshake not done in time"),
        }
    });
}

/// A connection whose handshakes are done.
struct Done {
    socket: Socket,
    tls: Option<Box<ServerConnection>>,
    certfp: Option<Box<str>>,
    frames: Option<u8>,
}

/// None when the client was refused politely.
async fn shake_hands(mut socket: Socket, terms: &Terms) -> io::Result<Option<Done>> {
    let Some(config) = &terms.tls else {
        let frames = upgrade(&mut socket, &terms.allowed_origins).await?;
        return Ok(frames.map(|first| Done { socket, tls: None, certfp: None, frames: Some(first) }));
    };
    // A client that says nothing costs no TLS state.
    socket.readable().await?;
    let mut stream = Box::pin(TlsAcceptor::from(config.clone()).accept(socket)).await?;
    let mut frames = None;
    if terms.websocket {
        frames = upgrade(&mut stream, &terms.allowed_origins).await?;
        if frames.is_none() {
            return Ok(None);
        }
    }
    let (socket, tls) = stream.into_inner();
    let certfp = tls.peer_certificates().and_then(|chain| chain.first()).map(fingerprint).map(Into::into);
    Ok(Some(Done { socket, tls: Some(Box::new(tls)), certfp, frames }))
}
