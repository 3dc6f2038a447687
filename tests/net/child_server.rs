//! A server with a real datastore in a child process, so that tests can kill it, fill its disk, and
//! inspect the datastore afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{fs, io, thread};

use ircd::server::{Running, run_core};
use ircd::store::{Outdated, Store};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::fake_core::FakeCore;
use crate::harness::{Client, plain, tcp};

/// Environment variable with the directory of the datastore.
const DIRECTORY: &str = "IRCD_TEST_KEEPER";
/// Exit status after a failure of the datastore.
const FAILED: i32 = 3;
/// Environment variable with the number of kills, for long runs.
const ROUNDS: &str = "IRCD_TEST_KILLS";

/// Serves the datastore in a directory until stopped.
fn serve(directory: &Path, on_ready: impl FnOnce(Running) + Send + 'static) -> Result<(), String> {
    let store =
        Store::open_or_create(&directory.join("ircd.db"), Outdated::Reject).map_err(|e| e.to_string())?;
    let records = store.records().map_err(|error| error.to_string())?.into_iter().collect();
    let writer = store.into_writer().map_err(|error| error.to_string())?;
    let core = FakeCore::with(records);
    let reload = Arc::new(|| Err("not here".to_owned()));
    run_core(plain(), |_| core, writer, None, reload, Box::new(on_ready)).map_err(|error| error.to_string())
}

/// Stores and restores records. In a child process of the other tests, this test is their server instead.
#[test]
fn records_survive_a_normal_stop() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let ended = serve(Path::new(&directory), |running| {
            println!("\nport {}", running.bound[0].port.unwrap());
            // Kept for as long as the server runs.
            std::mem::forget(running);
        });
        println!("\nended {ended:?}");
        std::process::exit(if ended.is_ok() { 0 } else { FAILED });
    }
    let directory = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let (ready, readiness) = channel();
        let place = directory.path().to_owned();
        let server = thread::spawn(move || serve(&place, move |running| ready.send(running).unwrap()));
        let running = readiness.recv().unwrap();
        let mut alice = Client::new(tcp(running.bound[0].port.unwrap()));
        if round > 0 {
            assert_eq!(alice.ask("RECORD account/alice"), format!("\"{}\"", round - 1));
        }
        assert_eq!(alice.ask(&format!("KEEP account/alice {round}")), format!("kept account/alice {round}"));
        running.control.stop("over");
        server.join().unwrap().unwrap();
        assert!(directory.path().join("ircd.db/seal").exists());
        assert!(!directory.path().join("ircd.db.control").exists());
    }
}

struct ChildServer {
    child: Child,
    port: u16,
    output: BufReader<std::process::ChildStdout>,
}

impl ChildServer {
    /// Starts a server; `wrapper` is a shell command whose last part is `"$@"`.
    fn start(directory: &Path, wrapper: &str) -> ChildServer {
        let mut command = Command::new("sh");
        command.args(["-c", wrapper, "sh"]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "child_server::records_survive_a_normal_stop", "--nocapture"]);
        command.env(DIRECTORY, directory).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it did not start: {said}");
            if let Some(port) = line.trim().strip_prefix("port ") {
                break port.parse().unwrap();
            }
            said.push_str(&line);
        };
        ChildServer { child, port, output }
    }

    fn plain(directory: &Path) -> ChildServer {
        ChildServer::start(directory, "exec \"$@\"")
    }

    fn connect(&self) -> Client<TcpStream> {
        Client::new(tcp(self.port))
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the server exits by itself; returns its status and output.
    fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends `KEEP` repeatedly without waiting, until the connection breaks; returns the acknowledged records.
fn keep_on(mut alice: Client<TcpStream>, client: usize, round: usize) -> BTreeMap<String, usize> {
    let mut sender = alice.stream.get_ref().try_clone().unwrap();
    let sending = thread::spawn(move || {
        for number in 0.. {
            // The same key every time, a new key, and two keys at once that always have the same value.
            let hot = format!("KEEP hot/{client} {}\r\n", round * 1_000_000 + number);
            let new = format!("KEEP new/{client}/{round}/{number} {number}\r\n");
            let pair = format!("KEEP left/{client},right/{client} {}\r\n", round * 1_000_000 + number);
            if sender.write_all([hot, new, pair].concat().as_bytes()).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
    let mut kept = BTreeMap::new();
    let mut line = String::new();
    while let Ok(1..) = alice.stream.read_line(&mut line) {
        if let Some((keys, number)) =
            line.strip_prefix("kept ").and_then(|rest| rest.strip_suffix("\r\n")?.split_once(' '))
        {
            kept.extend(keys.split(',').map(|key| (key.to_owned(), number.parse().unwrap())));
        }
        line.clear();
    }
    sending.join().unwrap();
    kept
}

/// Checks every acknowledged record.
fn check(server: &ChildServer, kept: &BTreeMap<String, usize>) {
    let mut alice = server.connect();
    let mut value = |key: &str| alice.ask(&format!("RECORD {key}")).trim_matches('"').to_owned();
    for (key, number) in kept {
        let found = value(key);
        let found: usize = found.parse().unwrap_or_else(|_| panic!("{key} is lost: {found}"));
        // A later value may have been stored without being acknowledged.
        assert!(
            found == *number || (found > *number && !key.starts_with("new/")),
            "{key}: {found} for {number}"
        );
    }
    for client in 0..4 {
        assert_eq!(value(&format!("left/{client}")), value(&format!("right/{client}")), "half of a turn");
    }
}

#[test]
fn acknowledged_records_survive_kill_9() {
    let rounds = std::env::var(ROUNDS).map_or(50, |rounds| rounds.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let mut kept = BTreeMap::new();
    for round in 0..rounds {
        let mut server = ChildServer::plain(directory.path());
        check(&server, &kept);
        let start = |client| {
            let alice = server.connect();
            thread::spawn(move || keep_on(alice, client, round))
        };
        let clients: Vec<_> = (0..4).map(start).collect();
        thread::sleep(Duration::from_millis(20 + round as u64 * 37 % 100));
        server.kill();
        for client in clients {
            kept.extend(client.join().unwrap());
        }
    }
    assert!(kept.len() > rounds, "hardly anything was acknowledged");
    check(&ChildServer::plain(directory.path()), &kept);
}

/// Writes until the server stops; returns the acknowledged keys, and the server's last line.
fn fill_up(alice: &mut Client<TcpStream>) -> (Vec<String>, String) {
    let mut kept = Vec::new();
    for number in 0..10_000 {
        alice.send(&format!("KEEPBIG full/{number} 5000"));
        let mut line = "store".to_owned();
        while line.starts_with("store") {
            line = alice.line();
        }
        if !line.starts_with("kept ") {
            return (kept, line);
        }
        kept.push(format!("full/{number}"));
    }
    panic!("the disk was never full");
}

/// Checks that all acknowledged records are stored.
fn check_full(server: &ChildServer, kept: &[String]) {
    let mut alice = server.connect();
    for key in kept {
        assert_eq!(alice.ask(&format!("RECORD {key}")).len(), 5002, "{key}");
    }
}

#[test]
fn a_disk_error_stops_the_server_with_a_status_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    // The signal would kill the server; when it is ignored, writing fails with "File too large".
    let server = ChildServer::start(directory.path(), "trap '' XFSZ; exec \"$@\"");
    let mut alice = server.connect();
    assert_eq!(alice.ask("KEEP first x"), "kept first x");
    let size = fs::metadata(directory.path().join("ircd.db/db")).unwrap().len() + (600 << 10);
    let process = Pid::from_child(&server.child);
    prlimit(Some(process), Resource::Fsize, Rlimit { current: Some(size), maximum: None }).unwrap();
    let (kept, last) = fill_up(&mut alice);
    assert_eq!(last, "ERROR :Server stops: its datastore failed");
    drop(alice);
    let (status, said) = server.end();
    assert_eq!(status.code(), Some(FAILED), "{said}");
    assert!(said.contains("the datastore failed: ") && said.contains("too large"), "{said}");

    check_full(&ChildServer::plain(directory.path()), &kept);
}

/// Starts a server on a small disk in its own namespace; returns the path under which it is visible here.
fn on_a_small_disk(directory: &Path) -> Option<(ChildServer, PathBuf)> {
    let mount = format!("mount -t tmpfs -o size=24m none {}", directory.display());
    let tried = Command::new("unshare").args(["-rm", "sh", "-c", &mount]).output();
    if !tried.as_ref().is_ok_and(|tried| tried.status.success()) {
        eprintln!("NOT TESTED: a full disk, because no file system can be mounted here: {tried:?}");
        return None;
    }
    let server =
        ChildServer::start(directory, &format!("exec unshare -rm sh -c '{mount} && exec \"$@\"' sh \"$@\""));
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), directory.display()));
    Some((server, seen))
}

/// Uses up all space.
fn take_all(place: &Path) -> io::Result<PathBuf> {
    let path = place.join("others");
    let mut file = fs::File::create(&path)?;
    while file.write_all(&[1; 65536]).is_ok() {}
    while file.write_all(&[1; 512]).is_ok() {}
    Ok(path)
}

#[test]
fn a_full_disk_stops_changes_but_not_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let Some((server, seen)) = on_a_small_disk(directory.path()) else { return };
    let mut alice = server.connect();
    assert_eq!(alice.ask("KEEP first x"), "kept first x");
    // The disk exists as long as a file on it is open.
    let held = fs::File::open(&seen).unwrap();
    let reserve = seen.join("ircd.db.reserve");
    assert!(reserve.exists());
    let others = take_all(&seen).unwrap();
    // The next write still succeeds, and then the core is notified.
    assert_eq!(alice.ask("KEEP second x"), "kept second x");
    assert_eq!(alice.line(), "store writable false");
    assert!(!reserve.exists());
    assert_eq!(alice.ask("KEEP third x"), "kept third x");
    assert_eq!(alice.ask("ECHO chat"), "chat");
    fs::remove_file(others).unwrap();
    assert_eq!(alice.line(), "store writable true");
    assert!(reserve.exists());
    assert_eq!(alice.ask("KEEP fourth x"), "kept fourth x");

    // A core that ignores the notification uses up the reserve, too.
    take_all(&seen).unwrap();
    let (kept, last) = fill_up(&mut alice);
    assert!(kept.len() > 100, "{}", kept.len());
    assert_eq!(last, "ERROR :Server stops: its datastore failed");
    drop(alice);
    let (status, output) = server.end();
    assert_eq!(status.code(), Some(FAILED), "{output}");
    assert!(output.to_lowercase().contains("no space left"), "{output}");

    let roomy = tempfile::tempdir().unwrap();
    let left = format!("/proc/{}/fd/{}/ircd.db", std::process::id(), held.as_raw_fd());
    assert!(Command::new("cp").args(["-r", &left]).arg(roomy.path()).status().unwrap().success());
    let again = ChildServer::plain(roomy.path());
    let mut alice = again.connect();
    for key in ["first", "second", "third", "fourth"] {
        assert_eq!(alice.ask(&format!("RECORD {key}")), "\"x\"");
    }
    check_full(&again, &kept);
}
