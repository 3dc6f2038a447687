//! A directory with a configuration, in which the tests run the binary.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ircd");
pub const WAIT_MAX: Duration = Duration::from_secs(20);

/// A temporary directory with a configuration.
pub struct Sandbox {
    dir: TempDir,
    pub port: u16,
}

impl Sandbox {
    pub fn empty() -> Sandbox {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Sandbox { dir: tempfile::tempdir().unwrap(), port: listener.local_addr().unwrap().port() }
    }

    /// Returns a directory with one plain and one TLS listener, and without a lock file.
    pub fn configured() -> Sandbox {
        let sandbox = Sandbox::empty();
        let tls_port = Sandbox::empty().port;
        sandbox.write(
            "ircd.yaml",
            &format!(
                "network: {{name: Test}}\n\
                 server:\n    name: irc.test\n    max-sendq: 96k\n    listeners:\n        \
                 \"127.0.0.1:{}\":\n        \
                 \"127.0.0.1:{tls_port}\": {{tls: {{cert: cert.pem, key: key.pem}}}}\n\
                 datastore: {{path: ircd.db, autoupgrade: true}}\n\
                 logging: [{{method: stderr, type: \"*\", level: info}}]\n",
                sandbox.port
            ),
        );
        sandbox
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must fail, and returns its standard error.
    pub fn failure(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        err(&output)
    }

    /// Starts the server and waits until it logs that it is running.
    pub fn start(&self) -> Running {
        Self::start_by(&mut self.command(&["run"]))
    }

    pub fn start_by(command: &mut Command) -> Running {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        while !lines.contains("Server running") {
            assert_ne!(log.read_line(&mut lines).unwrap(), 0, "it did not start: {lines}");
        }
        Running { child, lines, _log: log }
    }
}

/// A server that is stopped at the end of the test.
pub struct Running {
    child: Child,
    pub lines: String,
    // Kept open, because the server writes to it.
    _log: BufReader<std::process::ChildStderr>,
}

impl Running {
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let start = Instant::now();
        while start.elapsed() < WAIT_MAX {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not stop");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
