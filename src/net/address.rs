//! Addresses in the form of the configuration, and sockets that listen on them.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

/// Maximum number of connections that the system queues until they are accepted.
const BACKLOG: i32 = 4096;

/// Returns whether an address of the configuration is the path of a Unix socket.
pub(super) fn is_path(address: &str) -> bool {
    address.starts_with('/')
}

/// Returns a listening, non-blocking socket on `127.0.0.1:6667`, `[::1]:6667`, `:6697` (all addresses, IPv4
/// and IPv6), `name:port` or `/a/path`.
pub(super) fn listen(address: &str, unix_mode: u32) -> io::Result<Socket> {
    let socket = if is_path(address) {
        listen_unix(Path::new(address), unix_mode)?
    } else if let Some(port) = address.strip_prefix(':') {
        let port = port.parse().map_err(|_| invalid("the port is not a number from 0 to 65535"))?;
        listen_everywhere(port)?
    } else {
        let mut found = address.to_socket_addrs().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => invalid("expected address:port, [address]:port, :port or a path"),
            _ => error,
        })?;
        listen_tcp(found.next().ok_or_else(|| invalid("the name has no address"))?, true)?
    };
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn listen_everywhere(port: u16) -> io::Result<Socket> {
    match listen_tcp((Ipv6Addr::UNSPECIFIED, port).into(), false) {
        Err(error) if has_no_ipv6(&error) => listen_tcp((Ipv4Addr::UNSPECIFIED, port).into(), false),
        result => result,
    }
}

/// Returns whether binding failed because this machine has no IPv6.
pub(super) fn has_no_ipv6(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL))
}

fn listen_tcp(address: SocketAddr, only_v6: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    // A restarted server need not wait until the connections of the previous one time out.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

fn listen_unix(path: &Path, mode: u32) -> io::Result<Socket> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    permit(path, mode)?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// Sets the permissions of a Unix socket.
pub(super) fn permit(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Removes the socket file of a server that has ended; a socket that accepts connections stays.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => match UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            _ => Err(io::ErrorKind::AddrInUse.into()),
        },
        Ok(_) => Err(invalid("there is a file that is not a socket")),
        Err(_) => Ok(()),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_address_works() {
        for address in ["127.0.0.1:0", ":0", "localhost:0"] {
            let socket = listen(address, 0).unwrap();
            assert_ne!(socket.local_addr().unwrap().as_socket().unwrap().port(), 0, "{address}");
        }
        for address in ["", "6667", "127.0.0.1", ":seven", "127.0.0.1:70000"] {
            assert!(listen(address, 0).is_err(), "{address}");
        }
    }

    #[test]
    fn an_occupied_port_is_an_error() {
        let first = listen("127.0.0.1:0", 0).unwrap();
        let port = first.local_addr().unwrap().as_socket().unwrap().port();
        let error = listen(&format!("127.0.0.1:{port}"), 0).unwrap_err();
        assert_eq!(super::super::reason(&error), "address already in use");
    }

    #[test]
    fn only_a_stale_unix_socket_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ircd.sock");
        let address = path.to_str().unwrap();
        let first = listen(address, 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(listen(address, 0o600).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        listen(address, 0o600).unwrap();
        let file = directory.path().join("notes");
        fs::write(&file, "keep").unwrap();
        assert!(listen(file.to_str().unwrap(), 0o600).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "keep");
    }
}
