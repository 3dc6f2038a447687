//! Transcripts: `tests/transcripts/*.txt` are played against the engine and must match its output.
//!
//! ```text
//! # a comment; blank lines are kept
//! config server: {password: ...}        merged over the default of `testbench`, before any client connects
//! alice connects [from 10.0.0.1] [port 4711] [secure] [tor] [sts-only] [hide-sts] [cert 0123...]
//! alice arrives [from ...]              for listeners with handshakes
//! alice shakes hands [from ...] [secure] [cert ...]     completes the handshakes
//! alice registers [with server-time,batch] [from ...]   connects, negotiates, registers; output not shown
//! alice > TOPIC #a :x                   alice sends a line; `\xHH` is a byte
//! alice < :alice!~u@127.0.0.1 TOPIC #a :x               the expected output
//! alice hangs up / alice overflows / alice drains
//! job right / job wrong / job fails     answers the oldest job
//! job done                              performs it: verifies passphrases, delivers email
//! job vouches                           auth-script accepts the login
//! reload server: {...}                  applies a configuration, merged over the original one
//! reload fails                          the new configuration has an error
//! job host irc.example / job ident alice / job accepts
//! job rejects [192.0.2.0/24 for 60s] [why] / job demands [192.0.2.0/24 for 60s] [why]
//! restart                               restarts with the stored data; no client is connected
//! clock +30s
//! ```
//!
//! `UPDATE=1 cargo test --test engine` writes the engine's output into the files; review the diff.

use std::path::Path;

use ircd::config::{Net, parse_duration};
use ircd::engine::{CloseReason, Door, IpRefusal, IpVerdict, JobAnswer, LoginVerdict};
use ircd::state::Endpoints;

use crate::full_log::Log;
use crate::testbench::{CONFIG, TestBench, door};

#[test]
fn transcripts() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut failures = Vec::new();
    for path in &paths {
        let wanted = std::fs::read_to_string(path).unwrap();
        let (played, leaks) = play(&wanted);
        failures.extend(
            leaks.iter().map(|leak| format!("{}\n  the log contains a secret: {leak}", path.display())),
        );
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, played).unwrap();
        } else if played != wanted {
            failures.push(format!("{}\n{}", path.display(), first_difference(&wanted, &played)));
        }
    }
    assert!(!paths.is_empty(), "no transcripts");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn first_difference(wanted: &str, played: &str) -> String {
    for (number, pair) in wanted.lines().zip(played.lines()).enumerate() {
        if pair.0 != pair.1 {
            return format!("  line {}\n  wanted {}\n  got    {}", number + 1, pair.0, pair.1);
        }
    }
    format!("  {} lines wanted, {} got", wanted.lines().count(), played.lines().count())
}

/// Parses `[net for 60s] [why]`.
fn refusal(text: &str) -> IpRefusal {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (lasts, why) = match words.as_slice() {
        [net, "for", time, why @ ..] => {
            let lasts = (Net::parse(net).expect("a network"), parse_duration(time).expect("a time"));
            (Some(lasts), why)
        }
        why => (None, why),
    };
    IpRefusal { why: why.join(" "), lasts }
}

/// Plays a transcript. Returns it with the actual output, and the lines of a full log that contain one of its
/// passwords or codes.
fn play(text: &str) -> (String, Vec<String>) {
    let mut bench: Option<TestBench> = None;
    let mut config = CONFIG.to_owned();
    let mut played = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            played += line;
            played.push('\n');
            continue;
        }
        if let Some(more) = line.strip_prefix("config ") {
            assert!(bench.is_none(), "the configuration comes first");
            config = merged(&config, more);
            played += &format!("{line}\n");
            continue;
        }
        let bench = bench.get_or_insert_with(|| {
            let mut bench = TestBench::new(&config);
            bench.log = Some(Log::default());
            bench
        });
        if line == "restart" {
            bench.restart(&config);
            played += "restart\n";
            continue;
        }
        let follows = match line.strip_prefix("reload ") {
            Some("fails") => Some(bench.reloaded(Err("it is wrong".into()))),
            Some(more) => Some(bench.rehash(&merged(&config, more))),
            None => step(bench, line),
        };
        if let Some(follows) = follows {
            played += &format!("{line}\n{follows}");
        }
    }
    let log = bench.and_then(|bench| bench.log).unwrap_or_default();
    (played, log.leaks().into_iter().map(str::to_owned).collect())
}

/// Merges one YAML document over another.
pub fn merged(base: &str, more: &str) -> String {
    fn overlay(base: &mut serde_yaml::Value, more: serde_yaml::Value) {
        match (base, more) {
            (serde_yaml::Value::Mapping(base), serde_yaml::Value::Mapping(more)) => {
                for (key, value) in more {
                    overlay(base.entry(key).or_insert(serde_yaml::Value::Null), value);
                }
            }
            (base, more) => *base = more,
        }
    }
    let mut document = serde_yaml::from_str(base).unwrap();
    overlay(&mut document, serde_yaml::from_str(more).unwrap_or_else(|e| panic!("{more}: {e}")));
    serde_yaml::to_string(&document).unwrap()
}

/// Takes a step and returns the output; `None` for a line of output.
fn step(bench: &mut TestBench, line: &str) -> Option<String> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match (name, rest) {
        ("clock", rest) => bench.pass(milliseconds(rest)),
        ("job", "right") => bench.answer(JobAnswer::Password(true)),
        ("job", "wrong") => bench.answer(JobAnswer::Password(false)),
        ("job", "done") => bench.perform(),
        ("job", "vouches") => {
            bench.answer(JobAnswer::ScriptLogin(LoginVerdict::Vouched { account: String::new() }))
        }
        ("job", "accepts") => bench.answer(JobAnswer::IpChecked(IpVerdict::Accepted)),
        ("job", rest) if rest.starts_with("rejects") => {
            bench.answer(JobAnswer::IpChecked(IpVerdict::Rejected(refusal(&rest["rejects".len()..]))))
        }
        ("job", rest) if rest.starts_with("demands") => {
            bench.answer(JobAnswer::IpChecked(IpVerdict::NeedsLogin(refusal(&rest["demands".len()..]))))
        }
        ("job", rest) if rest.starts_with("host") => {
            bench.answer(JobAnswer::HostFound(option(rest, "host").map(str::to_owned)))
        }
        ("job", rest) if rest.starts_with("ident") => {
            bench.answer(JobAnswer::IdentFound(option(rest, "ident").map(str::to_owned)))
        }
        ("job", "fails") => bench.answer(JobAnswer::Failed),
        ("store", "full") => bench.store_changed(false),
        ("store", "well") => bench.store_changed(true),
        ("server", "stops") => bench.stop("Server shutting down"),
        (_, "hangs up") => bench.hang_up(name, CloseReason::Hangup),
        (_, "overflows") => bench.hang_up(name, CloseReason::SendqExceeded),
        (_, "drains") => bench.drained(name),
        (_, rest) => match rest.split_once(' ').unwrap_or((rest, "")) {
            (">", line) => bench.send(name, line),
            ("connects", how) => bench.enter(name, door_of(how)),
            ("arrives", how) => bench.arrive(name, door_of(how)),
            ("shakes", how) => bench.shake_hands(name, door_of(how)),
            ("registers", how) => register(bench, name, how),
            _ => return None,
        },
    })
}

fn milliseconds(text: &str) -> u64 {
    let text = text.strip_prefix('+').expect("clock +30s");
    let (number, factor) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').expect("s or ms"), 1000),
    };
    number.parse::<u64>().expect("a number") * factor
}

fn option<'a>(how: &'a str, name: &str) -> Option<&'a str> {
    let mut words = how.split(' ');
    words.find(|&word| word == name).and_then(|_| words.next())
}

fn door_of(how: &str) -> Door {
    let ip = option(how, "from").unwrap_or("127.0.0.1").parse().expect("an address");
    let is = |flag: &str| how.split(' ').any(|word| word == flag);
    let endpoints = |port: &str| Endpoints {
        local: "192.0.2.1:6667".parse().expect("an address"),
        remote: (ip, port.parse().expect("a port")).into(),
    };
    Door {
        secure: is("secure"),
        certfp: option(how, "cert").map(Box::from),
        endpoints: option(how, "port").map(endpoints).map(Box::new),
        tor: is("tor"),
        sts_only: is("sts-only"),
        hide_sts: is("hide-sts"),
        ..door(ip)
    }
}

fn register(bench: &mut TestBench, name: &str, how: &str) -> String {
    bench.enter(name, door_of(how));
    if let Some(caps) = option(how, "with") {
        bench.send(name, &format!("CAP REQ :{}", caps.replace(',', " ")));
    }
    bench.send(name, &format!("NICK {name}"));
    let welcome = bench.send(name, &format!("USER {name} 0 * :Real {name}")) + &bench.send(name, "CAP END");
    // A client whose hostname is being looked up is welcomed later.
    let waits = welcome.contains(&format!("{name} is held"));
    assert!(waits || welcome.contains(" 001 "), "{name} was not welcomed: {welcome}");
    String::new()
}
