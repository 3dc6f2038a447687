//! The interface of the binary to scripts and users: streams, files, exit status.

mod api;
mod logs;
mod permissions;
mod sandbox;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Output, Stdio};

use sandbox::{Sandbox, WAIT_MAX, err, mode, out};

#[test]
fn genpasswd_prints_only_the_hash_of_the_first_line() {
    let sandbox = Sandbox::empty();
    let mut child =
        sandbox.command(&["genpasswd"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"testpassword\ntestpassword\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let hash = out(&output);
    assert!(hash.starts_with("$2a$04$") && hash.len() == 61 && hash.ends_with('\n'), "{hash}");
    assert!(bcrypt::verify("testpassword", hash.trim_end()).unwrap());
}

#[test]
fn gentoken_prints_a_new_token_each_time() {
    let sandbox = Sandbox::empty();
    let (one, two) = (out(&sandbox.run(&["gentoken"])), out(&sandbox.run(&["gentoken"])));
    assert_eq!(one.trim_end().len(), 43);
    assert_ne!(one, two);
}

#[test]
fn the_default_configuration_is_valid() {
    let sandbox = Sandbox::empty();
    sandbox.write("ircd.yaml", &out(&sandbox.run(&["defaultconfig"])));
    let output = sandbox.run(&["check"]);
    assert!(output.status.success(), "{output:?}");
    assert!(out(&output).ends_with("ircd.yaml: ok\n"), "{output:?}");
}

#[test]
fn check_names_file_line_key_and_expectation() {
    let sandbox = Sandbox::configured();
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    sandbox.write("other.yaml", &text.replace("96k", "lots").replace("autoupgrade: true", "autoupgrade: 7"));
    let output = sandbox.run(&["check", "--conf", "other.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let lines = out(&output);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lines.starts_with("other.yaml:4: server.max-sendq: expected "), "{lines}");
    assert!(lines.contains("other.yaml:8: datastore.autoupgrade: expected "), "{lines}");
    assert_eq!(sandbox.failure(&["run", "--conf", "other.yaml"]), lines);
}

/// Deep, wide and repetitive texts take little CPU time, which does not depend on other load.
#[test]
fn check_rejects_deep_wide_and_repetitive_texts_quickly() {
    let many = |line: &dyn Fn(usize) -> String| (0..5_000).map(line).collect::<String>();
    let keys = |value: u8| many(&|n| format!("k{n}: {value}, "));
    let texts = [
        ("nested lists", "[".repeat(200_000)),
        ("nested maps", "{a: ".repeat(100_000)),
        ("closed lists", format!("server: {}{}", "[".repeat(200_000), "]".repeat(200_000))),
        ("unknown keys", many(&|n| format!("key{n}: 1\n"))),
        ("duplicate keys", format!("server: {{{}}}\nserver: {{{}}}\n", keys(1), keys(2))),
        ("shared keys", format!("a: &a {{{}}}\nserver: {{<<: *a, x: 1}}\n", keys(1))),
        (
            "a chain of classes",
            format!("oper-classes: {{{}}}\n", many(&|n| format!("c{n}: {{extends: c{}}}, ", n + 1))),
        ),
        ("operators without classes", format!("opers: {{{}}}\n", many(&|n| format!("o{n}: {{class: c}}, ")))),
        ("a long text repeated", format!("a: &a {}\nb: [{}]\n", "x".repeat(400_000), "*a, ".repeat(20_000))),
    ];
    let sandbox = Sandbox::empty();
    for (name, text) in texts {
        sandbox.write("hopeless.yaml", &text);
        let limited = "ulimit -t 20; exec \"$0\" check --conf hopeless.yaml";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", limited, env!("CARGO_BIN_EXE_ircd")]).current_dir(sandbox.path(""));
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {:?}", err(&output));
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let sandbox = Sandbox::configured();
    let mut text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    text.push_str("allow-environment-overrides: true\n");
    sandbox.write("ircd.yaml", &text);
    let output = sandbox.command(&["check"]).env("ERGO__SERVER__MAX_SENDQ", "lots").output().unwrap();
    assert!(out(&output).contains("server.max-sendq"), "{output:?}");
    assert!(!output.status.success());
}

#[test]
fn initdb_creates_a_datastore_once() {
    let sandbox = Sandbox::configured();
    let output = sandbox.run(&["initdb", "--quiet"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(sandbox.path("ircd.db").is_dir());
    assert_eq!(sandbox.failure(&["initdb"]), "ircd: datastore ircd.db already exists\n");
    assert!(sandbox.run(&["upgradedb", "--quiet"]).status.success());
}

#[test]
fn mkcerts_creates_each_pair_once_and_overwrites_nothing() {
    let sandbox = Sandbox::configured();
    let output = sandbox.run(&["mkcerts"]);
    assert!(output.status.success(), "{output:?}");
    assert!(err(&output).contains("making self-signed certificates\n"), "{output:?}");
    assert!(err(&output).contains("  Certificate created at cert.pem : key.pem\n"), "{output:?}");
    assert_eq!(mode(&sandbox.path("key.pem")), 0o600);
    let key = fs::read_to_string(sandbox.path("key.pem")).unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));

    fs::remove_file(sandbox.path("cert.pem")).unwrap();
    assert!(sandbox.failure(&["mkcerts"]).contains("preexisting"));
    assert_eq!(fs::read_to_string(sandbox.path("key.pem")).unwrap(), key);
    assert!(!sandbox.path("cert.pem").exists());
}

#[test]
fn a_missing_configuration_is_named() {
    let message = Sandbox::empty().failure(&["run", "--conf", "absent.yaml"]);
    assert_eq!(message.lines().count(), 1);
    assert!(message.starts_with("ircd: configuration file absent.yaml: "), "{message}");
}

#[test]
fn run_creates_missing_files_serves_and_stops() {
    let sandbox = Sandbox::configured();
    let server = sandbox.start();
    let starts = [
        " : info  : server     : ircd-0.1.0 starting\n",
        " : info  : server     : Using config file : ircd.yaml\n",
        " : info  : server     : Using datastore : ircd.db\n",
        "created a self-signed certificate for 127.0.0.1:",
        &format!("now listening on 127.0.0.1:{}, tls=false", sandbox.port),
        " : info  : server     : Server running\n",
    ];
    let mut rest = server.lines.as_str();
    for wanted in starts {
        let at = rest.find(wanted).unwrap_or_else(|| panic!("no {wanted:?} in {}", server.lines));
        rest = &rest[at..];
    }
    assert_eq!(mode(&sandbox.path("key.pem")), 0o600);

    let message = sandbox.failure(&["run", "--quiet"]);
    assert_eq!(message, "ircd: datastore ircd.db is in use by another process\n");
    assert!(sandbox.failure(&["upgradedb"]).contains("in use by another process"));

    let mut client = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
    client.set_read_timeout(Some(WAIT_MAX)).unwrap();
    assert_eq!(server.stop(), Some(0));
    // The client must see the end of the connection, in whatever form.
    let _ = client.read_to_end(&mut Vec::new());
    drop(sandbox.start());
}

#[test]
fn run_survives_a_kill() {
    let sandbox = Sandbox::configured();
    drop(sandbox.start());
    assert_eq!(sandbox.start().stop(), Some(0));
}

#[test]
fn an_occupied_port_is_named() {
    let sandbox = Sandbox::configured();
    let _taken = TcpListener::bind(("127.0.0.1", sandbox.port)).unwrap();
    let message = sandbox.failure(&["run", "--quiet"]);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(&sandbox.port.to_string()), "{message}");
}

#[test]
fn an_unusable_key_or_certificate_is_named() {
    let sandbox = Sandbox::configured();
    sandbox.write("key.pem", "not a key");
    let message = sandbox.failure(&["run", "--quiet"]);
    assert!(message.lines().count() == 1 && message.contains("cert.pem"), "{message}");
    sandbox.write("cert.pem", "not a certificate");
    let message = sandbox.failure(&["run", "--quiet"]);
    assert!(message.lines().count() == 1 && message.contains("cert.pem"), "{message}");
}

#[test]
fn another_servers_datastore_is_left_alone() {
    let sandbox = Sandbox::configured();
    sandbox.write("ircd.db", "*3\r\n");
    assert!(sandbox.failure(&["run", "--quiet"]).starts_with("ircd: ircd.db is not a datastore of ircd: "));
    assert_eq!(fs::read_to_string(sandbox.path("ircd.db")).unwrap(), "*3\r\n");
}

#[test]
fn the_languages_of_ergo_are_skipped_with_one_warning() {
    let sandbox = Sandbox::configured();
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    sandbox.write("ircd.yaml", &(text + "languages: {enabled: true, path: languages}\n"));
    fs::create_dir(sandbox.path("languages")).unwrap();
    for code in ["de-DE", "fr-FR"] {
        sandbox.write(&format!("languages/{code}.lang.yaml"), &format!("name: x\ncode: {code}\n"));
        sandbox.write(&format!("languages/{code}-irc.lang.json"), "{}");
    }
    let lines = sandbox.start().lines.clone();
    assert_eq!(lines.lines().filter(|line| line.contains("language")).count(), 1, "{lines}");
    assert!(lines.contains("languages in languages: skipped 2 of Ergo"), "{lines}");
}

#[test]
fn a_lock_file_serves_one_server() {
    let sandbox = Sandbox::configured();
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    sandbox.write("ircd.yaml", &(text + "lock-file: ircd.lock\n"));
    let _server = sandbox.start();
    let message = sandbox.failure(&["run", "--quiet"]);
    assert_eq!(message, "ircd: lock file ircd.lock is in use by another process\n");
}

#[test]
fn a_smoke_run_starts_and_stops() {
    let sandbox = Sandbox::configured();
    let output = sandbox.run(&["run", "--smoke"]);
    assert!(output.status.success(), "{output:?}");
    assert!(err(&output).contains("Server running"), "{output:?}");
    let quiet = sandbox.run(&["run", "--smoke", "--quiet"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty() && quiet.stdout.is_empty(), "{quiet:?}");
}

#[test]
fn a_service_manager_is_notified_of_start_reload_and_stop() {
    let sandbox = Sandbox::configured();
    let manager = UnixDatagram::bind(sandbox.path("notify")).unwrap();
    manager.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let notification = || {
        let mut bytes = [0; 256];
        let len = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..len].to_vec()).unwrap()
    };
    let server = Sandbox::start_by(sandbox.command(&["run"]).env("NOTIFY_SOCKET", sandbox.path("notify")));
    assert_eq!(notification(), "READY=1\n");
    server.signal("HUP");
    assert!(notification().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(notification(), "READY=1\n");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(notification(), "STOPPING=1\n");
}

#[test]
fn startup_logs_where_history_is_stored() {
    let sandbox = Sandbox::configured();
    let plain = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    let smoke = |datastore: &str, rest: &str| {
        let datastore = format!("datastore: {{path: ircd.db, autoupgrade: true, {datastore}}}");
        let yaml = plain.replace("datastore: {path: ircd.db, autoupgrade: true}", &datastore);
        sandbox.write("ircd.yaml", &format!("{yaml}{rest}"));
        sandbox.run(&["run", "--smoke"])
    };
    let kept = "history: {enabled: true, persistent: {enabled: true}}\n";
    let said = |output: &Output, text: &str| {
        assert!(output.status.success() && err(output).contains(text), "{text}: {output:?}");
    };
    said(&smoke("", ""), "History : off");
    said(&smoke("", "history: {enabled: true}\n"), "History : memory");
    let file = "sqlite: {enabled: true, database-path: history.db}";
    said(&smoke(file, kept), "History : SQLite history.db\n");
    let mode = fs::metadata(sandbox.path("ircd_history.spool")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(!sandbox.path("history.db-wal").exists(), "it was not closed cleanly");
    said(&smoke(file, "history: {enabled: true}\n"), "History : memory (history.persistent is off");

    let unreachable =
        "mysql: {enabled: true, host: 127.0.0.1, port: 1, user: irc, password: sesame, history-database: h}";
    let away = smoke(unreachable, kept);
    said(&away, "History : MySQL irc@127.0.0.1:1/h\n");
    said(&away, "MySQL irc@127.0.0.1:1/h is unavailable, history waits in ircd_history.spool: ");
    assert!(!err(&away).contains("sesame"), "{away:?}");

    sandbox.write("history.db", &"text, not a database\n".repeat(100));
    let refused = smoke(file, kept);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        err(&refused).ends_with("ircd: SQLite history.db: (code: 26) file is not a database\n"),
        "{refused:?}"
    );
}

#[test]
fn a_datastore_is_exported_even_from_a_running_server_and_imported() {
    let sandbox = Sandbox::configured();
    sandbox.run(&["initdb"]);
    let exported = out(&sandbox.run(&["exportdb"]));
    let lines: Vec<&str> = exported.lines().collect();
    assert!(lines[0].starts_with("{\"key\":\"meta/export\","), "{exported}");
    assert!(lines[1].starts_with("{\"key\":\"meta/cloak-secret\","), "{exported}");

    let running = sandbox.start();
    let mode = fs::metadata(sandbox.path("ircd.db.control")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(out(&sandbox.run(&["exportdb"])), exported);
    let to_file = sandbox.run(&["exportdb", "backup.jsonl"]);
    assert!(to_file.status.success(), "{to_file:?}");
    drop(running);
    assert_eq!(fs::read_to_string(sandbox.path("backup.jsonl")).unwrap(), exported);
    assert_eq!(fs::metadata(sandbox.path("backup.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);

    assert!(sandbox.failure(&["importdb", "backup.jsonl"]).contains("ircd.db already exists"));
    fs::remove_dir_all(sandbox.path("ircd.db")).unwrap();
    let imported = sandbox.run(&["importdb", "backup.jsonl"]);
    assert!(err(&imported).contains("database imported: ircd.db, 0 records"), "{imported:?}");
    assert_eq!(out(&sandbox.run(&["exportdb"])), exported);
}

#[test]
fn an_import_with_problems_names_all_of_them_and_creates_nothing() {
    let sandbox = Sandbox::configured();
    sandbox.write(
        "backup.jsonl",
        "{\"key\":\"meta/export\",\"value\":{\"schema\":1,\"lines\":3}}\n\
         {\"key\":\"account/alice\",\"value\":{}\n\
         {\"key\":\"meta/cloak-secret\",\"value\":\"s\"}\n\
         nonsense\n",
    );
    let refused = sandbox.failure(&["importdb", "backup.jsonl"]);
    assert!(
        refused.contains("backup.jsonl: line 2: ") && refused.contains("backup.jsonl: line 4: "),
        "{refused}"
    );
    sandbox.write(
        "other.json",
        "{\n\"version\": 1,\n\"source\": \"atheme\",\n\"users\": {\"a\": {\"hash\": 5}}\n}\n",
    );
    let refused = sandbox.failure(&["importdb", "other.json"]);
    assert_eq!(refused, "other.json: users.a.hash: expected a string, found 5\n");
    assert!(!sandbox.path("ircd.db").exists());
}

#[test]
fn accounts_of_other_services_are_imported_and_log_in() {
    let sandbox = Sandbox::configured();
    sandbox.write(
        "anope.json",
        r##"{"version": 1, "source": "anope",
            "users": {"Alice": {"name": "Alice", "hash": "plain:c2VzYW1l",
                                "registeredAt": 1600000000000000000},
                      "no good": {"hash": "plain:c2VzYW1l"}},
            "channels": {"#roses": {"name": "#roses", "founder": "Alice", "topic": "Thorns",
                                    "modes": "nt"}}}"##,
    );
    let imported = sandbox.run(&["importdb", "anope.json"]);
    assert!(imported.status.success(), "{imported:?}");
    let said = err(&imported);
    assert!(said.contains("skipped: users.no good: the name contains ' '\n"), "{said}");
    assert!(said.contains("database imported: ircd.db, 2 records"), "{said}");
    let accounts = "accounts: {authentication-enabled: true, registration: {bcrypt-cost: 4}, \
                    login-via-pass-command: true}\n";
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    sandbox.write("ircd.yaml", &(text + accounts));
    let _running = sandbox.start();
    let version = || {
        let exported = out(&sandbox.run(&["exportdb"]));
        let record = exported.lines().find(|line| line.contains("account/alice")).unwrap().to_owned();
        [r#""Version":-2"#, r#""Version":1"#].map(|version| record.contains(version))
    };
    assert_eq!(version(), [true, false]);
    for _ in 0..2 {
        let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
        stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
        stream
            .write_all(b"PASS alice:sesame\r\nNICK alice\r\nUSER a 0 * :A\r\nJOIN #roses\r\nQUIT\r\n")
            .unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.contains(" 900 ") && said.contains(" 332 alice #roses :Thorns"), "{said}");
        assert!(said.contains(" 353 alice = #roses :~alice"), "{said}");
        assert_eq!(version(), [false, true]);
    }
}

#[test]
fn logs_of_lines_contain_no_password_and_clients_get_a_notice() {
    let sandbox = Sandbox::configured();
    let logs = "logging: [{method: file, filename: lines.log, type: userinput useroutput, level: debug}, \
                {method: stderr, type: \"*\", level: info}]\n";
    let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
    let before = text.find("logging:").unwrap();
    sandbox.write("ircd.yaml", &(text[..before].to_owned() + logs));
    let _running = sandbox.start();
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let lines = "PASS sesame1\r\nCAP REQ echo-message\r\nCAP END\r\nNICK alice\r\nUSER a 0 * :A\r\n\
                 PRIVMSG NickServ :IDENTIFY sesame2\r\nOPER root sesame3\r\nNS REGISTER sesame4\r\n\
                 PRIVMSG alice :hello\r\nQUIT\r\n";
    stream.write_all(lines.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.contains("NOTICE alice :This server is logging all messages"), "{said}");
    let log = fs::read_to_string(sandbox.path("lines.log")).unwrap();
    for shown in [
        "PASS ***",
        "PRIVMSG NickServ IDENTIFY ***",
        "OPER root ***",
        "NS REGISTER ***",
        "PRIVMSG alice :hello",
    ] {
        assert!(log.contains(shown), "{shown}: {log}");
    }
    assert!(log.contains("useroutput : :irc.test 001 alice"), "{log}");
    assert!(!log.contains("sesame"), "{log}");
}
