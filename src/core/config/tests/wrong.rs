//! Invalid configurations, and their problems: line, key, expectation.

use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// A text, and the lines that report its problems, without the file name.
type Row = (&'static str, &'static [&'static str]);

/// Text after [`MINIMAL`], from line 6.
const ADDED: &[Row] = &[
    ("    max-sendq: lots", &["6: server.max-sendq: expected a size such as 96k, found \"lots\""]),
    (
        "    max-sendqq: 96k",
        &["6: server.max-sendqq: expected a known key, found an unknown one (did you mean `max-sendq`?)"],
    ),
    (
        "    idle-timeouts: {ping: 3m, disconnect: 2m}",
        &["6: server.idle-timeouts.ping: expected less than `disconnect`, so that clients have \
             time to answer, found 180s and 120s"],
    ),
    (
        "    idle-timeouts:\n        registration: soon",
        &["7: server.idle-timeouts.registration: expected a duration such as 1m30s, found \"soon\""],
    ),
    (
        "    casemapping: latin1",
        &["6: server.casemapping: expected `ascii`, `precis`, `permissive`, `rfc1459` or \
             `rfc1459-strict`, found \"latin1\""],
    ),
    ("    enforce-utf8: maybe", &["6: server.enforce-utf8: expected `true` or `false`, found \"maybe\""]),
    (
        "    coerce-ident: u",
        &["6: server.coerce-ident: expected `~` and a username, such as ~u, found \"u\""],
    ),
    (
        "    coerce-ident: ~u\n    check-ident: true",
        &["6: server.coerce-ident: expected no `check-ident: true` at the same time, found both"],
    ),
    (
        "    unix-bind-mode: 0999",
        &["6: server.unix-bind-mode: expected octal file permissions such as 0770, found \"0999\""],
    ),
    (
        "    secure-nets: [localhost, 10.0.0.0/33]",
        &["6: server.secure-nets.1: expected an IP address, a range such as 10.0.0.0/8, or \
             `localhost`, found \"10.0.0.0/33\""],
    ),
    ("    secure-nets: 10.0.0.0/8", &["6: server.secure-nets: expected a list, found \"10.0.0.0/8\""]),
    (
        "    password: hunter2",
        &["6: server.password: expected a bcrypt hash, as printed by `ircd genpasswd`, \
             found something else"],
    ),
    (
        "    relaymsg: {enabled: true, separators: '/@'}",
        &["6: server.relaymsg.separators: expected none of the characters \" ,*?.!@:\", found \"/@\""],
    ),
    (
        "roleplay: {npc-nick-mask: '*%s*@host', scene-nick-mask: 'Scene !%s@host'}",
        &[
            "6: roleplay.npc-nick-mask: expected the form nickname!user@host with two %s, \
             found \"*%s*@host\"",
            "6: roleplay.scene-nick-mask: expected the form nickname!user@host with one %s, \
             found \"Scene !%s@host\"",
        ],
    ),
    (
        "    ip-cloaking: {enabled: true, netname: 'my net'}",
        &["6: server.ip-cloaking.netname: expected a hostname, such as irc, found \"my net\""],
    ),
    (
        "    ip-cloaking: {num-bits: 300}",
        &["6: server.ip-cloaking.num-bits: expected a number from 0 to 256, found 300"],
    ),
    ("    websockets: [a, b]", &["6: server.websockets: expected a section of keys, found a list"]),
    ("    motd: [a]", &["6: server.motd: expected text, found a list"]),
    (
        "    command-aliases: {'a b': MODE}",
        &["6: server.command-aliases: expected names of letters and digits, found \"A B\" for \"MODE\""],
    ),
    ("    io-threads: -1", &["6: server.io-threads: expected a number from 0 to 256, found -1"]),
    (
        "    webirc: [{hosts: [localhost]}]",
        &["6: server.webirc.0: expected `certfp`, `password` or both, found neither"],
    ),
    (
        "    ip-check-script: {enabled: true, command: a, socket: b}",
        &["6: server.ip-check-script: expected either `command` or `socket`, found both"],
    ),
    (
        "    ip-limits: {custom-limits: {friends: {max-concurrent-connections: 3}}}",
        &["6: server.ip-limits.custom-limits.friends.nets: expected a list of networks, found nothing"],
    ),
    (
        "    password: $2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234\naccounts: \
         {login-via-pass-command: true}",
        &["7: accounts.skip-server-password: expected `true`, which `server.password` with \
             `login-via-pass-command` requires, found nothing"],
    ),
    (
        "accounts:\n    multiclient:\n        always-on: sometimes",
        &["8: accounts.multiclient.always-on: expected `disabled`, `opt-in`, `opt-out`, \
             `mandatory`, `true` or `false`, found \"sometimes\""],
    ),
    (
        "accounts: {nick-reservation: {enabled: true, force-nick-equals-account: true}}",
        &["6: accounts.nick-reservation.force-nick-equals-account: expected \
             `accounts.multiclient.enabled: true` as well, found multiclient disabled"],
    ),
    (
        "accounts: {nick-reservation: {guest-nickname-format: Guest}}",
        &["6: accounts.nick-reservation.guest-nickname-format: expected a format with one `*` and \
             no `?`, found \"Guest\""],
    ),
    (
        "accounts: {registration: {bcrypt-cost: 3}}",
        &["6: accounts.registration.bcrypt-cost: expected a number from 4 to 31, found 3"],
    ),
    (
        "accounts: {registration: {email-verification: {enabled: true}}}",
        &["6: accounts.registration.email-verification.sender: expected the sender address of \
             emails, found nothing"],
    ),
    (
        "accounts: {oauth2: {enabled: true, auth-script: true}}",
        &["6: accounts.oauth2.auth-script: expected `accounts.auth-script.enabled: true` as well, \
             found no script"],
    ),
    (
        "accounts: {jwt-auth: {enabled: true, tokens: [{algorithm: rot13}]}}",
        &[
            "6: accounts.jwt-auth.tokens.0.algorithm: expected `hmac`, `rsa` or `eddsa`, found \"rot13\"",
            "6: accounts.jwt-auth.tokens.0: expected `account-claims`, and `key` or `key-file`, \
             found one missing",
        ],
    ),
    ("limits: {nicklen: 0}", &["6: limits.nicklen: expected a number from 1 to 400, found 0"]),
    (
        "limits:\n    nicklen: 65\ndatastore:\n    sqlite: {enabled: true}",
        &[
            "7: limits.nicklen: expected at most 64, with a history database, found 65",
            "8: warning: datastore: expected this key only once, \
             found a duplicate of the one on line 2, which it overrides",
            "9: datastore.sqlite.database-path: expected the name of a file, found nothing",
        ],
    ),
    (
        "opers:\n    admin:\n        class: boss",
        &[
            "7: opers.admin: expected `password`, `certfp` or both, found neither",
            "8: opers.admin.class: expected a class of `oper-classes`, found \"boss\"",
        ],
    ),
    (
        "oper-classes: {boss: {}}\nopers: {admin: {class: bos, certfp: 12, modes: +x}}",
        &[
            "7: opers.admin.certfp: expected a SHA-256 fingerprint of 64 hexadecimal digits, found 12",
            "7: opers.admin.class: expected one of the classes `boss`, found \"bos\"",
            "7: opers.admin.modes: expected `+`, `-` and some of the letters BERTios, found 'x'",
        ],
    ),
    (
        "oper-classes:\n    a: {extends: b}\n    b: {extends: a}\n    c: {extends: d}",
        &[
            "7: oper-classes.a.extends: expected one of the classes `a`, `b`, `c`, \
             found `b`, which leads back to itself or to an unknown class",
            "8: oper-classes.b.extends: expected one of the classes `a`, `b`, `c`, \
             found `a`, which leads back to itself or to an unknown class",
            "9: oper-classes.c.extends: expected one of the classes `a`, `b`, `c`, found \"d\"",
        ],
    ),
    (
        "logging: [{method: file, type: '*', level: loud}]",
        &[
            "6: logging.0.level: expected a log level: `debug`, `info`, `warn` or `error`, found \"loud\"",
            "6: logging.0.filename: expected a file, for the method `file`, found nothing",
        ],
    ),
    (
        "logging: [{method: pigeon, type: '*', level: info}]",
        &[
            "6: warning: logging.0.method: expected one or more of `stderr`, `stdout` and `file`, \
             found \"pigeon\"",
            "6: logging.0.method: expected one or more of `stderr`, `stdout` and `file`, found \"pigeon\"",
        ],
    ),
    (
        "logging: [{method: stderr, type: -userinput, level: info}]",
        &["6: logging.0.type: expected `*` or types to log, and types to exclude with a leading \
             `-`, found \"-userinput\""],
    ),
    ("logging: stderr", &["6: logging: expected a list, found \"stderr\""]),
    (
        "history: {enabled: true, persistent: {enabled: true}}",
        &["6: history.persistent.enabled: expected `enabled: true` in `datastore.mysql`, \
             `.postgresql` or `.sqlite` as well, found no database"],
    ),
    (
        "webpush: {enabled: true, expiration: 1d}",
        &[
            "6: webpush.enabled: expected `accounts.multiclient.always-on` other than `disabled`, \
             found always-on disabled",
            "6: webpush.expiration: expected 3d or more, found \"1d\"",
        ],
    ),
    ("api: {enabled: true}", &["6: api.listener: expected an address such as 127.0.0.1:8089, found nothing"]),
    (
        "channels: {auto-join: [lobby]}",
        &["6: channels.auto-join: expected channel names, with `#`, found \"lobby\""],
    ),
    (
        "extjwt: {algorithm: hmac}\nauthtoken: {enabled: true, services: {X: {url: 'http://x'}}}",
        &[
            "6: extjwt.key: expected a key, or `key-file`, found nothing",
            "7: authtoken.services.X: expected `url`, `algorithm`, and `key` or `key-file`, \
             found one missing",
        ],
    ),
    (
        "chanels: {default-modes: +n}",
        &["6: chanels: expected a known key, found an unknown one (did you mean `channels`?)"],
    ),
    (
        "limits: {nick-len: 9, nicklne: 9, private-note: 9, chan_list_modes: 9}",
        &[
            "6: limits.nick-len: expected a known key, found an unknown one (did you mean `nicklen`?)",
            "6: limits.nicklne: expected a known key, found an unknown one (did you mean `nicklen`?)",
            "6: warning: limits.private-note: expected a known key, found an unknown one",
            "6: limits.chan_list_modes: expected a known key, \
             found an unknown one (did you mean `chan-list-modes`?)",
        ],
    ),
    (
        "accounts: {vhosts: {max-length: many}}",
        &["6: accounts.vhosts.max-length: expected a number from 0 to 1000000000, found \"many\""],
    ),
];

/// Whole documents.
const WHOLE: &[Row] = &[
    (
        "network: {name: X}\ndatastore: {path: d}\nserver:\n  name: localhost\n  listeners:\n    \
         ':6697':\n      tls: {cert: a.pem}\n    '6667': \n    '/': \n    ':70000': ",
        &[
            "4: server.name: expected a hostname with a dot, such as irc.example.com, found \"localhost\"",
            "7: server.listeners.:6697.tls.key: expected the name of a PEM file, found nothing",
            "8: server.listeners.6667: expected `address:port`, `[address]:port`, `:port` or the \
             path of a Unix socket, found \"6667\"",
            "9: server.listeners./: expected `address:port`, `[address]:port`, `:port` or the path \
             of a Unix socket, found \"/\"",
            "10: server.listeners.:70000: expected `address:port`, `[address]:port`, `:port` or the \
             path of a Unix socket, found \":70000\"",
        ],
    ),
    (
        "network: {name: X}\ndatastore: {path: d}\nserver:\n  name: a.b\n  enforce-utf8: false\n  \
         listeners:\n    ':1':\n      sts-only: true\n      tls: no\n    ':2': {websocket: true, \
         min-tls-version: 0.9}",
        &[
            "8: server.listeners.:1.sts-only: expected `server.sts.enabled: true` as well, \
             found STS disabled",
            "9: server.listeners.:1.tls: expected a section of keys, found \"no\"",
            "10: server.listeners.:2.min-tls-version: expected a TLS version, `1.2` or `1.3`, found 0.9",
            "10: server.listeners.:2.websocket: expected `server.enforce-utf8: true` as well, \
             found UTF-8 not enforced",
        ],
    ),
    (
        "network: {name: X}\ndatastore: {path: d, mysql: {enabled: true}, sqlite: {enabled: true, \
         database-path: x}}\nserver: {name: a.b, listeners: {':1': }}",
        &["2: datastore.sqlite.enabled: expected at most one history database, found `mysql` as well"],
    ),
    (
        "",
        &[
            "1: expected a configuration, as printed by `ircd defaultconfig`, found an empty document",
            "1: network.name: expected the name of the network, such as ExampleNet, found nothing",
            "1: server.name: expected a hostname with a dot, such as irc.example.com, found nothing",
            "1: server.listeners: expected at least one address to listen on, such as \":6697\", \
             found nothing",
            "1: datastore.path: expected the path of the database, such as ircd.db, found nothing",
        ],
    ),
    (
        "# only a comment\n",
        &[
            "1: expected a configuration, as printed by `ircd defaultconfig`, found an empty document",
            "1: network.name: expected the name of the network, such as ExampleNet, found nothing",
            "1: server.name: expected a hostname with a dot, such as irc.example.com, found nothing",
            "1: server.listeners: expected at least one address to listen on, such as \":6697\", \
             found nothing",
            "1: datastore.path: expected the path of the database, such as ircd.db, found nothing",
        ],
    ),
    (
        "{}",
        &[
            "1: network.name: expected the name of the network, such as ExampleNet, found nothing",
            "1: server.name: expected a hostname with a dot, such as irc.example.com, found nothing",
            "1: server.listeners: expected at least one address to listen on, such as \":6697\", \
             found nothing",
            "1: datastore.path: expected the path of the database, such as ircd.db, found nothing",
        ],
    ),
    ("- a", &["1: expected a document made of sections such as `server:`, found a list"]),
    (
        "server:\n\tname: x",
        &["2: expected a YAML document, found an error: found character that cannot start any \
             token, while scanning for the next token (YAML is indented with spaces, not with tabs)"],
    ),
    (
        "server: {name: [}",
        &["1: expected a YAML document, found an error: did not find expected node content, while \
             parsing a flow node"],
    ),
    ("network: &n\n  name: *missing", &["2: expected a YAML document, found an error: unknown anchor"]),
    (
        "{\"network\": {\"name\": \"X\"}, \"server\": {\"name\": 5}}",
        &[
            "1: server.name: expected a hostname with a dot, such as irc.example.com, found 5",
            "1: server.listeners: expected at least one address to listen on, such as \":6697\", \
             found nothing",
            "1: datastore.path: expected the path of the database, such as ircd.db, found nothing",
        ],
    ),
];

fn check(text: &str, expected: &[&str]) {
    let problems = load(text, &[]).expect_err(text);
    let expected: Vec<String> = expected.iter().map(|line| format!("f:{line}")).collect();
    assert_eq!(shown(&problems), expected.join("\n"), "of\n{text}");
}

#[test]
fn every_problem_is_reported_with_line_key_and_expectation() {
    for (added, expected) in ADDED {
        check(&format!("{MINIMAL}{added}\n"), expected);
    }
    for (whole, expected) in WHOLE {
        check(whole, expected);
    }
}

#[test]
fn a_plaintext_password_is_not_repeated() {
    for text in ["    password: sesame-open", "opers: {x: {password: sesame-open}}"] {
        let problems = load(&format!("{MINIMAL}{text}\n"), &[]).expect_err(text);
        assert!(!format!("{problems:?}").contains("sesame"), "{problems:?}");
    }
}

#[test]
fn a_text_that_would_exhaust_memory_or_time_is_rejected() {
    let mut texts = Vec::new();
    for open in ["[", "{a: ", "- ", "? ", "[{a: "] {
        texts.push(open.repeat(200_000 / open.len()));
    }
    texts.push(format!("server: {}{}", "[".repeat(200_000), "]".repeat(200_000)));
    // A tab that only one of the two parsers accepts hides the nesting from the other.
    texts.push(format!("a: \"\\\n\t\"\nb: [\t\n]\n{}", "[".repeat(200_000)));
    // Each anchor doubles the previous one: a document of a few lines becomes a huge tree.
    let mut laughs = String::from("a0: &a0 [x, x]\n");
    for n in 1..64 {
        laughs += &format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1);
    }
    texts.push(laughs);
    texts.push(format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(20_000), "*a, ".repeat(20_000)));
    // A long text that is repeated, and a long key with many values.
    texts.push(format!("a: &a {}\nb: [{}]\n", "x".repeat(400_000), "*a, ".repeat(100_000)));
    texts.push(format!("{}: [{}]\n", "k".repeat(1000), "x, ".repeat(100_000)));
    texts.push(format!("{MINIMAL}# {}", "x".repeat(crate::config::TEXT_BYTES_MAX)));
    for text in texts {
        let shown: String = text.chars().take(60).collect();
        assert!(load(&text, &[]).is_err(), "{shown}");
    }
}

proptest! {
    /// The pieces have a meaning, so that many texts are not rejected at the first character.
    #[test]
    fn loading_any_text_does_not_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.concat();
        for problem in load(&text, &[]).err().unwrap_or_default() {
            let line = problem.line.unwrap_or(1);
            // An empty value at the end counts as after the last line.
            prop_assert!((1..=text.lines().count() + 1).contains(&line), "{problem:?} of\n{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A complete file, damaged in a few places.
    #[test]
    fn a_damaged_file_loads_or_has_problems(edits in prop::collection::vec(EDIT, 1..6)) {
        let mut text = crate::config::DEFAULT_YAML.to_owned();
        for (at, length, piece) in edits {
            let boundary = |from: usize| (from..text.len()).find(|at| text.is_char_boundary(*at));
            let start = boundary(at % text.len()).unwrap_or(text.len());
            let end = boundary(start + length).unwrap_or(text.len());
            text.replace_range(start..end, PIECES[piece % PIECES.len()]);
        }
        let problems = load(&text, &[]).map_or_else(|problems| problems, |loaded| loaded.warnings);
        for problem in problems {
            prop_assert!((1..=text.lines().count() + 1).contains(&problem.line.unwrap_or(1)), "{problem:?}");
        }
    }
}

/// A position, the number of bytes to replace, and the index of the piece that replaces them.
const EDIT: (Range<usize>, Range<usize>, Range<usize>) = (0..1 << 20, 0..40, 0..1 << 10);

const PIECES: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    ": ",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&a ",
    "*a",
    "<<: *a",
    "'",
    "\"",
    "# ",
    "--- ",
    "~",
    "!x ",
    "|",
    "1",
    "0x7",
    "1e400",
    "true",
    "network",
    "name",
    "server",
    "listeners",
    ":6697",
    "tls",
    "max-sendq",
    "10m",
    "opers",
    "class",
    "oper-classes",
    "extends",
    "logging",
    "type",
    "connection-limits",
    "limits",
    "enabled",
    "\u{feff}",
    "é",
    "\t",
    "\r\n",
    "\0",
];
