//! Every file that the server writes is for its owner only, whatever umask it is started with.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::sandbox::{Running, Sandbox, WAIT_MAX, mode};

/// Everything that exists while such a server runs and stores history.
const CREATED: &[&str] = &[
    "backup.jsonl",
    "cert.pem",
    "history.db",
    "ircd.db",
    "ircd.db.control",
    "ircd.db.reserve",
    "ircd.db/db",
    "ircd.db/ircd",
    "ircd.db/wal",
    "ircd.db/watermark",
    "ircd.lock",
    "ircd.log",
    "ircd_history.spool",
    "ircd_history.spool/lock",
    "ircd_history.spool/mark",
    "key.pem",
    "recording",
    "recording.key",
];

/// Returns a sandbox whose server writes every kind of file.
fn writing_everything() -> Sandbox {
    let sandbox = Sandbox::configured();
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    let text = text.replace(
        "autoupgrade: true",
        "autoupgrade: true, sqlite: {enabled: true, database-path: history.db}",
    );
    let text = text
        .replace("logging: [", "logging: [{method: file, filename: ircd.log, type: \"*\", level: debug}, ");
    let persistent = "persistent: {enabled: true, registered-channels: mandatory}";
    let history = format!("history: {{enabled: true, channel-length: 10, {persistent}}}\n");
    let rest = "lock-file: ircd.lock\n\
                accounts: {authentication-enabled: true, registration: {enabled: true, bcrypt-cost: 4}}\n\
                channels: {registration: {enabled: true}}\n";
    sandbox.write("ircd.yaml", &(text + rest + &history));
    sandbox
}

fn command(sandbox: &Sandbox, arguments: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("umask 022; exec \"$0\" {arguments}"), env!("CARGO_BIN_EXE_ircd")]);
    shell.current_dir(sandbox.path(""));
    shell
}

fn start(sandbox: &Sandbox) -> Running {
    Sandbox::start_by(&mut command(sandbox, "run --record recording"))
}

/// Registers an account and a channel, and sends a message that is stored.
fn chat(sandbox: &Sandbox) {
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let lines = "NICK alice\r\nUSER a 0 * :A\r\nNS REGISTER sesame1234\r\nJOIN #roses\r\n\
                 CS REGISTER #roses\r\nPRIVMSG #roses :hello\r\nQUIT\r\n";
    stream.write_all(lines.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.contains(" 900 ") && said.contains(" 366 alice #roses "), "{said}");
    // The database follows the spool.
    let start = Instant::now();
    while !sandbox.path("history.db-wal").exists() {
        assert!(start.elapsed() < WAIT_MAX, "nothing is written to the history database");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns the modes of all files and directories, by their path.
fn modes(sandbox: &Sandbox) -> BTreeMap<String, u32> {
    fn collect(root: &Path, dir: &Path, found: &mut BTreeMap<String, u32>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), mode(&path));
            if path.is_dir() {
                collect(root, &path, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(&sandbox.path(""), &sandbox.path(""), &mut found);
    found.remove("ircd.yaml");
    found
}

fn assert_private(sandbox: &Sandbox) {
    let modes = modes(sandbox);
    let missing: Vec<&&str> = CREATED.iter().filter(|name| !modes.contains_key(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} of {modes:?}");
    let open: Vec<String> = modes
        .iter()
        .filter(|(_, mode)| *mode & 0o077 != 0)
        .map(|(name, mode)| format!("{name} {mode:04o}"))
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_server_under_umask_022_writes_nothing_for_other_users() {
    let sandbox = writing_everything();
    let server = start(&sandbox);
    chat(&sandbox);
    assert!(command(&sandbox, "exportdb backup.jsonl").status().unwrap().success());
    assert!(sandbox.path("history.db-shm").exists() && sandbox.path("history.db-wal").exists());
    assert_private(&sandbox);
    assert!(!server.lines.contains("restricted to its owner"), "{}", server.lines);
    assert_eq!(server.stop(), Some(0));
    // A second run replaces files, seals the datastore and keeps the first recording.
    start(&sandbox).stop();
    assert!(sandbox.path("recording.1").exists() && sandbox.path("ircd.db/seal").exists());
    assert!(modes(&sandbox).values().all(|mode| mode & 0o077 == 0), "{:?}", modes(&sandbox));
}

#[test]
fn files_that_other_users_could_read_are_restricted_at_start() {
    let sandbox = writing_everything();
    let server = start(&sandbox);
    chat(&sandbox);
    drop(server);
    let copy = sandbox.path("ircd.db.v1.20260101T000000Z.bak");
    fs::create_dir(&copy).unwrap();
    fs::write(copy.join("db"), "a copy").unwrap();
    let mut open = modes(&sandbox);
    open.retain(|name, _| {
        !["backup.jsonl", "ircd.db.control"].contains(&name.as_str()) && !name.ends_with(".pem")
    });
    for name in open.keys() {
        let path = sandbox.path(name);
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(sandbox.path("ircd.yaml"), fs::Permissions::from_mode(0o644)).unwrap();

    let server = start(&sandbox);
    assert!(command(&sandbox, "exportdb backup.jsonl").status().unwrap().success());
    assert_private(&sandbox);
    assert_eq!(mode(&sandbox.path("ircd.yaml")), 0o644, "it belongs to the administrator");
    for (restricted, old) in [
        ("history.db", "0644)\n"),
        ("history.db-wal", "0644)\n"),
        ("ircd.db", "0755), and "),
        ("ircd.db.reserve", "0644)\n"),
        ("ircd.db.v1.20260101T000000Z.bak", "0755), and 1 more in "),
        ("ircd.lock", "0644)\n"),
        ("ircd.log", "0644)\n"),
        ("ircd_history.spool", "0755), and "),
        ("recording", "0644)\n"),
        ("recording.key", "0644)\n"),
    ] {
        let line = format!("warn  : server     : restricted to its owner: {restricted} (its mode was {old}");
        assert!(server.lines.contains(&line), "{line:?} in {}", server.lines);
    }
}
