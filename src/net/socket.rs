//! One type for the kinds of stream sockets that clients use.

use std::io::{self, IoSlice, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::state::Endpoints;

/// A connected, non-blocking stream socket, registered with the runtime in which it was created.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A socket that moves to the thread that will own it.
#[derive(Debug)]
pub(super) enum Handover {
    /// The socket is on the right thread already.
    Here(Socket),
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl Handover {
    /// Registers the socket with the current runtime.
    ///
    /// # Errors
    /// If the socket cannot be registered.
    pub(super) fn adopt(self) -> io::Result<Socket> {
        match self {
            Handover::Here(socket) => Ok(socket),
            Handover::Tcp(stream) => TcpStream::from_std(stream).map(Socket::Tcp),
            Handover::Unix(stream) => UnixStream::from_std(stream).map(Socket::Unix),
        }
    }
}

impl Socket {
    /// Removes the socket from its runtime.
    ///
    /// # Errors
    /// If the socket cannot be removed.
    pub(super) fn detach(self) -> io::Result<Handover> {
        Ok(match self {
            Socket::Tcp(stream) => Handover::Tcp(stream.into_std()?),
            Socket::Unix(stream) => Handover::Unix(stream.into_std()?),
        })
    }

    /// Tries once to write to a new socket, whose readiness the runtime does not know yet.
    pub(super) fn write_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => SockRef::from(stream).send(bytes),
            Socket::Unix(stream) => SockRef::from(stream).send(bytes),
        }
    }

    /// Returns both addresses; `None` for a Unix socket.
    pub(super) fn endpoints(&self) -> Option<Box<Endpoints>> {
        let Socket::Tcp(stream) = self else { return None };
        let (local, remote) = (stream.local_addr().ok()?, stream.peer_addr().ok()?);
        Some(Box::new(Endpoints { local, remote }))
    }

    /// Waits until there is something to read.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.readable().await,
            Socket::Unix(stream) => stream.readable().await,
        }
    }

    pub(super) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Tcp(stream) => stream.poll_write_ready(cx),
            Socket::Unix(stream) => stream.poll_write_ready(cx),
        }
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.try_write(bytes),
            Socket::Unix(stream) => stream.try_write(bytes),
        }
    }

    /// Ends the output of the stream.
    pub(super) fn shutdown_write(&self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
            Socket::Unix(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
        }
    }
}

/// A writer that never waits, for the records of rustls.
#[derive(Debug)]
pub(super) struct Immediate<'a>(pub(super) &'a Socket);

impl Write for Immediate<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.0 {
            Socket::Tcp(stream) => stream.try_write_vectored(pieces),
            Socket::Unix(stream) => stream.try_write_vectored(pieces),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Socket::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
