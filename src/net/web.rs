//! Connections of HTTP clients. They get no session; a thread of their own serves them.
//!
//! On a listener for HTTP only, that thread also does the handshakes. On a WebSocket listener, a request that
//! is not an upgrade is only recognized afterwards, so its bytes are relayed.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc;

use super::door::{Arrival, ListenerSettings, open_http};
use super::gate::ConnectionPermit;
use super::proxy::forwarded_for;

/// Size of the buffers of a relayed connection, in bytes, one for each direction.
const RELAY_BYTES: usize = 16 << 10;
/// Time in which a client must accept some of an answer.
pub const WRITE_TIME_MAX: Duration = Duration::from_secs(30);

/// Passes HTTP clients to the thread that serves them.
pub type HttpSender = mpsc::Sender<HttpArrival>;

/// An HTTP client that has connected.
#[derive(Debug)]
pub enum HttpArrival {
    /// Its handshakes have not begun.
    Accepted(Arrival),
    /// Its first request can be read.
    Ready(HttpConnection),
}

impl HttpArrival {
    /// Returns the address that the connection counts with; `None` for a proxy, which connects for many
    /// clients.
    pub fn connected_from(&self) -> Option<IpAddr> {
        match self {
            HttpArrival::Ready(connection) => connection.door.connected_from(),
            HttpArrival::Accepted(arrival) => {
                Some(arrival.peer).filter(|&peer| !arrival.terms.is_proxy(peer))
            }
        }
    }

    /// Returns the connection once its handshakes are done. Must be called in the runtime that serves it.
    ///
    /// # Errors
    /// If a handshake fails or takes too long.
    pub async fn open(self) -> io::Result<HttpConnection> {
        match self {
            HttpArrival::Ready(connection) => Ok(connection),
            HttpArrival::Accepted(arrival) => open_http(arrival).await,
        }
    }
}

/// Anything that can be read from and written to.
trait ReadWrite: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ReadWrite for S {}

/// The stream of an HTTP client.
pub struct HttpStream(Box<dyn ReadWrite>);

impl HttpStream {
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> HttpStream {
        HttpStream(Box::new(stream))
    }
}

impl fmt::Debug for HttpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpStream").finish_non_exhaustive()
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

/// The connection of an HTTP client.
#[derive(Debug)]
pub struct HttpConnection {
    /// The stream.
    pub stream: HttpStream,
    /// How the client connected.
    pub door: HttpDoor,
    /// Counts the connection against `max-clients`; dropped with the stream.
    pub(super) permit: ConnectionPermit,
}

impl HttpConnection {
    /// Returns the stream, how the client connected, and what must be kept until the stream is closed.
    pub fn into_parts(self) -> (HttpStream, HttpDoor, impl Drop + use<>) {
        (self.stream, self.door, self.permit)
    }
}

/// How an HTTP client connected.
#[derive(Clone, Debug)]
pub struct HttpDoor {
    peer: IpAddr,
    /// The client's address in a PROXY header.
    header: Option<IpAddr>,
    terms: Arc<ListenerSettings>,
}

impl HttpDoor {
    pub(super) fn new(peer: IpAddr, header: Option<IpAddr>, terms: Arc<ListenerSettings>) -> HttpDoor {
        HttpDoor { peer, header, terms }
    }

    /// Returns the client's address; `None` for a trusted proxy that states it with each request.
    fn connected_from(&self) -> Option<IpAddr> {
        match self.terms.is_proxy(self.peer) {
            true => self.header,
            false => Some(self.peer),
        }
    }

    /// Returns the client's address, with the value of `X-Forwarded-For` in its request. Only trusted proxies
    /// are believed.
    pub fn client(&self, chain: &str) -> IpAddr {
        self.connected_from().unwrap_or_else(|| forwarded_for(self.peer, chain, &self.terms.proxies))
    }

    /// Returns whether the listener serves the routes of programs, not only those of browsers.
    pub fn serves_api(&self) -> bool {
        self.terms.http
    }
}

/// Passes on a client whose request, or the beginning of it, has already been read, and relays its bytes
/// until the server has answered or the client is gone. The server limits how long that takes.
pub(super) async fn relay<S>(
    stream: S,
    head: &[u8],
    door: HttpDoor,
    permit: ConnectionPermit,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut near, far) = tokio::io::duplex(RELAY_BYTES);
    near.write_all(head).await?;
    let web = door.terms.web.clone();
    let connection = HttpConnection { stream: HttpStream::new(far), door, permit };
    // If too many wait, the connection is closed.
    web.try_send(HttpArrival::Ready(connection)).map_err(|_| io::ErrorKind::ConnectionRefused)?;
    let (mut from_client, mut to_client) = tokio::io::split(stream);
    let (mut from_server, mut to_server) = tokio::io::split(near);
    let requests = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await?;
        // The client has no further request, but still reads the answer.
        std::future::pending().await
    };
    let answers = async {
        let mut buffer = vec![0; RELAY_BYTES];
        loop {
            let bytes = from_server.read(&mut buffer).await?;
            if bytes == 0 {
                return to_client.shutdown().await;
            }
            let written = async {
                to_client.write_all(&buffer[..bytes]).await?;
                to_client.flush().await
            };
            tokio::time::timeout(WRITE_TIME_MAX, written).await.map_err(|_| io::ErrorKind::TimedOut)??;
        }
    };
    let (mut requests, mut answers) = (pin!(requests), pin!(answers));
    poll_fn(|cx| match answers.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => requests.as_mut().poll(cx),
    })
    .await
}
