//! Logs of lines: each line is in them once, without secrets.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::sandbox::{Sandbox, WAIT_MAX};

/// A client that keeps every line it receives.
struct Client {
    stream: BufReader<TcpStream>,
    lines: Vec<String>,
}

impl Client {
    fn connect(sandbox: &Sandbox) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
        stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
        Client { stream: BufReader::new(stream), lines: Vec::new() }
    }

    /// Sends lines, and reads until a line that contains `end`, or to the end of the stream.
    fn ask(&mut self, lines: &[&str], end: Option<&str>) {
        let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
        let mut line = String::new();
        while self.stream.read_line(&mut line).unwrap() > 0 {
            self.lines.push(line.trim_end().to_owned());
            line.clear();
            if end.is_some_and(|end| self.lines.last().unwrap().contains(end)) {
                return;
            }
        }
        assert_eq!(end, None, "{:?}", self.lines);
    }
}

/// Returns the lines in the records of type `useroutput`, once for each recipient, sorted.
fn logged_output(log: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for record in log.lines() {
        let Some((_, rest)) = record.split_once(" : useroutput : ") else { continue };
        let (line, sessions) = rest.rsplit_once(" : session=").unwrap();
        lines.extend(sessions.split(' ').map(|_| line.to_owned()));
    }
    lines.sort();
    lines
}

#[test]
fn every_line_to_a_client_is_logged_once_and_masked() {
    for io_threads in [1, 2] {
        let sandbox = Sandbox::configured();
        let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
        let text =
            text.replace("name: irc.test\n", &format!("name: irc.test\n    io-threads: {io_threads}\n"));
        let logs = "logging: [{method: file, filename: lines.log, type: useroutput, level: debug}, ";
        let accounts = "accounts: {authentication-enabled: true}\n";
        sandbox.write("ircd.yaml", &(text.replace("logging: [", logs) + accounts));
        let _running = sandbox.start();

        let (mut alice, mut bob) = (Client::connect(&sandbox), Client::connect(&sandbox));
        alice.ask(&["CAP REQ :sasl", "AUTHENTICATE PLAIN"], Some("AUTHENTICATE +"));
        alice.ask(&["AUTHENTICATE *", "CAP END", "NICK alice", "USER a 0 * :A", "JOIN #a"], Some(" 366 "));
        bob.ask(&["NICK bob", "USER b 0 * :B", "JOIN #a", "PRIVMSG #a :hello"], Some(" 366 "));
        alice.ask(&[], Some("hello"));
        bob.ask(&["QUIT"], None);
        alice.ask(&["QUIT"], None);

        let received = alice.lines.iter().chain(&bob.lines);
        let mut expected: Vec<String> =
            received.map(|line| line.replace("AUTHENTICATE +", "AUTHENTICATE ***")).collect();
        expected.sort();
        assert_eq!(logged_output(&fs::read_to_string(sandbox.path("lines.log")).unwrap()), expected);
    }
}
