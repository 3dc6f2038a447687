//! Long answers yield to other clients, and list each user once even if others join and leave meanwhile.

use crate::testbench::{CONFIG, TestBench};

/// More users than one piece examines.
const USERS: usize = 1500;

fn register(bench: &mut TestBench, name: &str) {
    bench.connect(name, "127.0.0.1".parse().unwrap(), false, None);
    bench.send(name, &format!("NICK {name}"));
    bench.send(name, &format!("USER {name} 0 * :{name}"));
}

/// Reads an answer of several pieces to its end; returns all lines.
fn read_all(
    bench: &mut TestBench,
    name: &str,
    mut said: String,
    mut between: impl FnMut(&mut TestBench),
) -> String {
    let mut pieces = 1;
    while said.lines().last() == Some(&format!("{name} is held")) {
        between(bench);
        said += &bench.drained(name);
        pieces += 1;
    }
    assert!(pieces > 1, "the answer has only one piece:\n{said}");
    said
}

#[test]
fn a_search_that_finds_nothing_pauses() {
    let mut bench = TestBench::new(CONFIG);
    register(&mut bench, "asker");
    (0..USERS).for_each(|number| register(&mut bench, &format!("u{number}")));
    let first = bench.send("asker", "WHO absent*");
    assert_eq!(first, "asker is held\n");
    let said = read_all(&mut bench, "asker", first, |_| {});
    assert!(said.ends_with("315 asker absent* :End of WHO list\nasker is released\n"), "{said}");

    // Slots of users who have left take time, too.
    (0..USERS).for_each(|number| {
        bench.send(&format!("u{number}"), "QUIT");
    });
    assert_eq!(bench.send("asker", "WHO absent*"), "asker is held\n");
}

#[test]
fn who_and_names_list_each_user_once() {
    const MEMBERS: usize = 700;
    for asks in ["WHO #a", "NAMES #a"] {
        let mut bench = TestBench::new(&CONFIG.replace("max-sendq: 64k", "max-sendq: 4k"));
        register(&mut bench, "asker");
        bench.send("asker", "JOIN #a");
        let names: Vec<String> = (0..MEMBERS).map(|number| format!("u{number}x")).collect();
        for name in &names {
            register(&mut bench, name);
            bench.send(name, "JOIN #a");
        }
        let first = bench.send("asker", asks);
        // Some users who are already listed, and some who are not yet.
        let (mut low, mut high) = ((0..MEMBERS).step_by(3), (0..MEMBERS).rev().step_by(5));
        let mut left = Vec::new();
        let said = read_all(&mut bench, "asker", first, |bench| {
            for number in low.by_ref().take(9).chain(high.by_ref().take(9)) {
                bench.send(&names[number], "PART #a");
                left.push(number);
            }
        });
        let replies = said.lines().filter(|line| line.contains(" 352 ") || line.contains(" 353 "));
        let words: Vec<&str> = replies.flat_map(|line| line.split([' ', ':'])).collect();
        for (number, name) in names.iter().enumerate() {
            // WHO contains the nick again, as the real name.
            let times = words.iter().filter(|word| **word == name).count();
            let whole = if asks.starts_with("WHO") { 2 } else { 1 };
            assert!(times == whole || (times == 0 && left.contains(&number)), "{asks}: {name} {times} times");
        }
    }
}

/// The names of a large channel replaced the history of other channels joined with it, or vice versa.
#[test]
fn joining_large_channels_sends_all_names_and_all_history() {
    const MEMBERS: usize = 250;
    let more = "{history: {enabled: true, channel-length: 100, client-length: 100, \
                chathistory-maxmessages: 10, \
                autoreplay-on-join: 1, persistent: {enabled: true, unregistered-channels: true}}, \
                datastore: {sqlite: {enabled: true, database-path: history.db}}}";
    let mut bench = TestBench::new(&crate::transcript::merged(CONFIG, more));
    for number in 0..MEMBERS {
        let name = format!("u{number}x");
        register(&mut bench, &name);
        for channel in ["#a", "#b"] {
            bench.send(&name, &format!("JOIN {channel}"));
            while bench.has_jobs() {
                bench.perform();
            }
        }
    }
    bench.send("u0x", "PRIVMSG #a :one");
    bench.send("u0x", "PRIVMSG #b :two");
    register(&mut bench, "asker");
    bench.pass(1000);
    let mut said = bench.send("asker", "JOIN #a,#small,#b");
    for _ in 0..20 {
        said += &if bench.has_jobs() { bench.perform() } else { bench.drained("asker") };
    }
    for wanted in
        ["366 asker #a ", "366 asker #b ", "366 asker #small ", "#a :[01:55:02] one", "#b :[01:55:02] two"]
    {
        assert_eq!(said.matches(wanted).count(), 1, "{wanted}:\n{said}");
    }
    assert!(said.contains("asker is released"), "{said}");
}
