//! The control socket `<datastore>.control`, through which commands of this program talk to the process that
//! has the datastore open.
//!
//! Only the same user can connect. There is one request, `export`, whose answer is the output of
//! [`Export::write`](super::Export::write). Invariant: peers are served one at a time on a separate thread,
//! with a timeout for each step, so that none of them can make the server wait.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use socket2::{Domain, SockAddr, Socket, Type};

use super::open::beside;
use super::writer::StoreReader;
use crate::config::LogType;
use crate::private;

const EXPORT: &[u8] = b"export\n";
/// Timeout for a peer to send a request or to accept the next part of an answer.
const PEER_TIME_MAX: Duration = Duration::from_secs(10);
/// Timeout for the server to send the next part of an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// Maximum number of peers that wait for their turn.
const BACKLOG: i32 = 4;

/// The server's end of the socket, whose file is removed on drop.
#[derive(Debug)]
pub(super) struct StoreControl {
    path: PathBuf,
    ended: Arc<AtomicBool>,
}

impl StoreControl {
    /// Opens the socket. The caller holds the lock of the datastore, so an existing socket is a leftover.
    pub(super) fn open(datastore: &Path, reader: StoreReader) -> io::Result<StoreControl> {
        let path = beside(datastore, "control");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        // No peer can connect before the socket listens, so its initial mode does not matter.
        private::restrict_socket(&path)?;
        socket.listen(BACKLOG)?;
        let listener = UnixListener::from(std::os::fd::OwnedFd::from(socket));
        let ended = Arc::new(AtomicBool::new(false));
        let control = StoreControl { path, ended: ended.clone() };
        thread::Builder::new().name("control".into()).spawn(move || serve(&listener, &ended, &reader))?;
        Ok(control)
    }
}

impl Drop for StoreControl {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // Wakes the thread. If that fails, it has ended already.
        let _ = UnixStream::connect(&self.path);
        let _ = fs::remove_file(&self.path);
    }
}

fn serve(listener: &UnixListener, ended: &AtomicBool, reader: &StoreReader) {
    while let Ok((peer, _)) = listener.accept() {
        if ended.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = answer(peer, reader) {
            tracing::warn!(target: LogType::Datastore.name(), "export through the control socket: {error}");
        }
    }
}

fn answer(mut peer: UnixStream, reader: &StoreReader) -> io::Result<()> {
    peer.set_read_timeout(Some(PEER_TIME_MAX))?;
    peer.set_write_timeout(Some(PEER_TIME_MAX))?;
    let mut request = [0; EXPORT.len()];
    peer.read_exact(&mut request)?;
    if request != EXPORT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "unknown request"));
    }
    let export = reader.export().map_err(io::Error::other)?;
    export.write(&mut BufWriter::new(peer))
}

/// Requests an export from the process that has `datastore` open.
///
/// # Errors
/// If the process cannot be reached.
pub fn request_export(datastore: &Path) -> io::Result<impl Read> {
    let mut server = UnixStream::connect(beside(datastore, "control"))?;
    server.set_read_timeout(Some(ANSWER_TIME_MAX))?;
    server.set_write_timeout(Some(PEER_TIME_MAX))?;
    server.write_all(EXPORT)?;
    server.shutdown(Shutdown::Write)?;
    Ok(BufReader::new(server))
}
