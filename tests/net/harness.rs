//! Starts servers on free ports and talks to them with blocking clients. Every read has a deadline, so
//! that a silent server fails the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ircd::archive::{Database, Opened};
use ircd::config::{Config, KeyPair, Listener};
use ircd::engine::Texts;
use ircd::server::{RunError, ServerControl, run_core};
use tempfile::TempDir;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
    SupportedProtocolVersion,
};

use ircd::store::StoreWriter;

use crate::disk::TestDisk;
use crate::fake_core::FakeCore;

/// Far longer than anything takes; only a failing test waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) ports: Vec<u16>,
    pub(crate) control: ServerControl,
    /// The results that the next rehashes will read, in order.
    next_configs: Sender<Result<Config, String>>,
    pub(crate) thread: Option<JoinHandle<Result<(), RunError>>>,
}

/// Returns a configuration with these listeners; the addresses end in port 0.
pub(crate) fn config(listeners: Vec<(&str, Listener)>) -> Config {
    let mut config = Config::default();
    config.server.listeners = listeners.into_iter().map(|(address, l)| (address.to_owned(), l)).collect();
    config.server.io_threads = 1;
    config.server.unix_bind_mode = 0o700;
    config
}

pub(crate) fn plain() -> Config {
    config(vec![("127.0.0.1:0", Listener::default())])
}

pub(crate) fn start(config: Config) -> Server {
    start_with(config, writer())
}

/// Returns a writer with a disk that works.
pub(crate) fn writer() -> StoreWriter {
    StoreWriter::start(TestDisk::default()).unwrap()
}

pub(crate) fn start_with(config: Config, writer: StoreWriter) -> Server {
    start_recording(config, writer, None)
}

/// Starts a server that also stores history.
pub(crate) fn start_recording(
    config: Config,
    writer: StoreWriter,
    archive: Option<Opened<Database>>,
) -> Server {
    let (ready, readiness) = channel();
    let (next_configs, to_read) = channel::<Result<Config, String>>();
    let to_read = Mutex::new(to_read);
    let thread = std::thread::spawn(move || {
        run_core(
            config,
            |_| FakeCore::default(),
            writer,
            archive,
            Arc::new(move || {
                let config = to_read.lock().unwrap().recv_timeout(PATIENCE).expect("a configuration to read");
                Ok((config?, Texts::default()))
            }),
            Box::new(move |running| ready.send(running).unwrap()),
        )
    });
    let running = readiness.recv_timeout(PATIENCE).expect("the server starts");
    let ports = running.bound.iter().map(|bound| bound.port.unwrap_or(0)).collect();
    Server { ports, control: running.control, next_configs, thread: Some(thread) }
}

impl Server {
    pub(crate) fn connect(&self) -> Client<TcpStream> {
        Client::new(tcp(self.ports[0]))
    }

    /// Makes the next rehash read this configuration, or this error.
    pub(crate) fn reload(&self, next: Result<Config, String>) {
        self.will_read(next);
        assert!(self.control.reload());
    }

    /// Like `reload`, but for a rehash that a client requests.
    pub(crate) fn will_read(&self, next: Result<Config, String>) {
        self.next_configs.send(next).unwrap();
    }

    /// Waits until the server stops.
    pub(crate) fn join(mut self) -> Result<(), RunError> {
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.control.stop("test over");
            let result = thread.join();
            if !std::thread::panicking() {
                result.expect("the server did not panic").expect("the server ran");
            }
        }
    }
}

pub(crate) fn tcp(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A client that sends and receives lines.
pub(crate) struct Client<S> {
    pub(crate) stream: BufReader<S>,
}

impl<S: Read + Write> Client<S> {
    /// Connects and reads the greeting, after which the session is open.
    pub(crate) fn new(stream: S) -> Client<S> {
        let mut client = Client::silent(stream);
        assert_eq!(client.line(), "welcome");
        client
    }

    /// Connects without expecting a greeting.
    pub(crate) fn silent(stream: S) -> Client<S> {
        Client { stream: BufReader::with_capacity(64 * 1024, stream) }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.send_raw(format!("{text}\r\n").as_bytes());
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    /// Returns the next line, which must end in CR LF.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("no CR LF: {line:?}")).to_owned()
    }

    /// Sends a line, and returns the next one received.
    pub(crate) fn ask(&mut self, text: &str) -> String {
        self.send(text);
        self.line()
    }

    /// Reads until the server closes the connection; returns the lines.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        rest
    }
}

/// A self-signed certificate in files.
pub(crate) struct Pair {
    pub(crate) directory: TempDir,
    pub(crate) certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

pub(crate) fn certificate(name: &str) -> Pair {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(directory.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    Pair { directory, certificate: cert.der().clone(), key }
}

impl Pair {
    pub(crate) fn files(&self) -> KeyPair {
        let path = |name: &str| self.directory.path().join(name).to_str().unwrap().to_owned();
        KeyPair { cert: path("cert.pem"), key: path("key.pem") }
    }

    pub(crate) fn listener(&self) -> Listener {
        Listener { tls: Some(self.files()), ..Listener::default() }
    }
}

/// Opens a TLS stream to the server name `name`, with a client certificate if given.
pub(crate) fn tls(
    port: u16,
    name: &str,
    identity: Option<&Pair>,
) -> StreamOwned<ClientConnection, TcpStream> {
    tls_with(tcp(port), name, identity, &[&TLS13, &TLS12])
}

/// Like `tls`, over a given stream and with the given versions of TLS.
pub(crate) fn tls_with(
    stream: TcpStream,
    name: &str,
    identity: Option<&Pair>,
    versions: &[&'static SupportedProtocolVersion],
) -> StreamOwned<ClientConnection, TcpStream> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer));
    let config = match identity {
        Some(pair) => {
            builder.with_client_auth_cert(vec![pair.certificate.clone()], pair.key.clone_key()).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, stream)
}

#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
