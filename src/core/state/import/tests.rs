//! Imports of valid documents, with skipped entries, and of invalid ones.

use serde_json::json;

use super::*;
use crate::state::Rank;

const NOW_MS: u64 = 1_700_000_000_000;

fn config(casemapping: &str) -> Config {
    let text = format!(
        "network: {{name: Test}}\nserver:\n  name: irc.test\n  listeners: {{'127.0.0.1:6667': }}\n  \
         casemapping: {casemapping}\n  max-sendq: 64k\n\
         limits: {{nicklen: 12, channellen: 12, awaylen: 100, kicklen: 100, topiclen: 10}}\n\
         datastore: {{path: ircd.db}}\n"
    );
    crate::config::load(&text, &[]).unwrap().config
}

fn read_with(casemapping: &str, document: &Value) -> Result<(State, Vec<String>), Vec<String>> {
    let read = read(document.to_string().as_bytes(), &config(casemapping), NOW_MS);
    let Imported { records, skipped } = read.expect("an object")?;
    let mut state = State::default();
    let mapping = config(casemapping).server.casemapping;
    let moment = Moment { mono_ms: 0, wall_ms: NOW_MS, mapping };
    assert_eq!(state.restore(moment, &records, |_| true), []);
    assert_eq!(super::super::check::violations(&state), Vec::<String>::new());
    Ok((state, skipped))
}

fn read_ascii(document: &Value) -> Result<(State, Vec<String>), Vec<String>> {
    read_with("ascii", document)
}

fn anope(users: Value, channels: Value) -> Value {
    json!({"version": 1, "source": "anope", "users": users, "channels": channels})
}

const HASH: &str = "plain:c2VzYW1l";

#[test]
fn all_fields_are_imported() {
    let (a, b) = ("A1".repeat(32), "b2".repeat(32));
    let document = json!({
        "version": 1,
        "source": "atheme",
        "users": {
            "Alice": {
                "name": "Alice",
                "hash": "$rawsha1$49fffa5543f21dd6effe88a79633e4073e36a828",
                "email": "alice@example.org",
                "registeredAt": 1_600_000_000_123_456_789_u64,
                "vhost": "staff/alice",
                "additionalnicks": ["Al", "alice"],
                "certfps": [a, b],
            },
            "bob": {"name": "bob", "hash": "$1$hcspif$nCm4r3S14Me9ifsOPGuJT."},
        },
        "channels": {
            "#Garden": {
                "name": "#Garden",
                "founder": "alice",
                "registeredAt": 1_600_000_001_000_000_000_u64,
                "topic": "roses and more",
                "topicSetBy": "bob!~u@example.org",
                "topicSetAt": 1_600_000_002_000_000_000_u64,
                "amode": {"alice": "q", "Bob": "h"},
                "modes": "+nts",
                "key": "spade",
                "limit": 25,
                "forward": "#Shed",
                "successor": "bob",
            },
        },
    });
    let (state, skipped) = read_ascii(&document).unwrap();
    assert_eq!(skipped, Vec::<String>::new());
    let alice = &state.accounts["alice"];
    assert_eq!((alice.name.as_str(), alice.registered_ms), ("Alice", 1_600_000_000_123));
    assert!(alice.verified && alice.credentials.verify("shivarampassphrase"));
    assert_eq!(alice.email.as_deref(), Some("alice@example.org"));
    assert_eq!(alice.vhost, Some(Vhost { host: "staff/alice".into(), enabled: true }));
    assert_eq!(alice.nicks.iter().map(|nick| nick.as_str()).collect::<Vec<_>>(), ["Al"]);
    assert_eq!(state.account_by_certfp(&"a1".repeat(32)), Some("alice"));
    assert_eq!(state.account_by_certfp(&"b2".repeat(32)), Some("alice"));
    assert_eq!(state.accounts["bob"].registered_ms, NOW_MS, "the time is missing");
    let garden = &state.channels[state.channel_by_key("#garden").unwrap()];
    assert_eq!((garden.name.as_str(), garden.created_s), ("#Garden", 1_600_000_001));
    let topic = garden.topic.as_ref().unwrap();
    assert_eq!((&*topic.text, &*topic.by, topic.at_s), ("roses and ", "bob!~u@example.org", 1_600_000_002));
    assert_eq!((garden.flags.to_string(), garden.limit), ("+nst".to_owned(), Some(25)));
    assert_eq!((garden.key.as_deref(), garden.forward.as_ref().unwrap().as_str()), (Some("spade"), "#Shed"));
    let registration = garden.registration.as_ref().unwrap();
    assert_eq!((&*registration.founder, registration.registered_ms), ("alice", 1_600_000_001_000));
    assert_eq!(registration.rank_of("alice"), Some(Rank::Founder));
    assert_eq!(registration.rank_of("bob"), Some(Rank::Halfop));
}

#[test]
fn unsupported_entries_are_skipped_and_reported() {
    let certfp = "c3".repeat(32);
    let users = json!({
        "alice": {"hash": HASH, "certfps": [certfp, "nonsense"], "additionalNicks": ["bob", "a b", "al"]},
        "bob": {"hash": "rot13:frfnzr", "certfps": [certfp], "vhost": "a host", "greet": "hi"},
        "carol": {"hash": "", "additionalNicks": ["AL"]},
        "da ve": {"hash": HASH},
        "a-name-too-long": {"hash": HASH},
    });
    let channels = json!({
        "#a": {
            "founder": "alice", "modes": "nPt", "key": "a b", "limit": 3_000_000_000_u64, "forward": "shed",
            "amode": {"dave": "o", "bob": "x", "carol": "vo"},
        },
        "#b": {"founder": "zoe"},
        "c": {"founder": "alice"},
    });
    let (state, skipped) = read_ascii(&anope(users, channels)).unwrap();
    let expected = [
        "users.a-name-too-long: the name is longer than 12 bytes",
        "users.alice.certfps.1: not the SHA-256 fingerprint of a certificate",
        "users.bob.hash: unsupported form of hash; the account gets no passphrase",
        "users.bob.certfps.0: already a certificate of alice",
        "users.bob.vhost: not allowed by accounts.vhosts",
        "users.carol.hash: missing; the account gets no passphrase",
        "users.da ve: the name contains ' '",
        "users.alice.additionalNicks.0: bob is a nick of bob",
        "users.alice.additionalNicks.1: the name contains ' '",
        "users.carol.additionalNicks.0: AL is a nick of alice",
        "channels.#a.amode.bob: not one of q, a, o, h, v",
        "channels.#a.amode.carol: not one of q, a, o, h, v",
        "channels.#a.amode.dave: no such account",
        "channels.#a.modes: P is not a mode without a parameter",
        "channels.#a.key: not a valid channel key; the channel gets none",
        "channels.#a.limit: the limit is too large",
        "channels.#a.forward: the name does not begin with '#'",
        "channels.#b: the founder zoe has no account",
        "channels.c: the name does not begin with '#'",
        "users.*.greet: unknown field",
    ];
    assert_eq!(skipped, expected);
    assert_eq!(state.accounts.len(), 3);
    assert_eq!(state.registered_channels().count(), 1);
}

#[test]
fn names_that_look_alike_are_reported() {
    let users = json!({"alice": {"hash": HASH}, "аlice": {"hash": HASH}});
    let (state, skipped) = read_with("precis", &anope(users, json!({}))).unwrap();
    assert_eq!(skipped, ["users.аlice: the name looks like alice, which may make one of the two unusable"]);
    assert_eq!(state.accounts.len(), 2);
}

#[test]
fn invalid_documents_are_rejected_with_paths() {
    let problems = |document: &Value| read_ascii(document).unwrap_err();
    let one = |document: Value| {
        let found = problems(&document);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    assert_eq!(one(json!({})), "version: expected 1, found nothing");
    assert_eq!(one(json!({"version": 2})), "version: expected 1, found 2");
    assert_eq!(one(json!({"version": "1"})), "version: expected a whole number, found \"1\"");
    assert_eq!(one(json!({"version": 1})), "source: expected atheme or anope, found nothing");
    let other = json!({"version": 1, "source": "x3\n"});
    assert_eq!(one(other), "source: expected atheme or anope, found x3\\n");
    let none = json!({"version": 1, "source": "anope"});
    assert_eq!(one(none), "users: expected an object, found nothing");
    assert_eq!(one(anope(json!([]), json!({}))), "users: expected an object, found a list");

    let users = json!({
        "a": 5,
        "b": {"name": "c"},
        "d": {"hash": {}},
        "e": {"registeredAt": "then"},
        "f": {"additionalNicks": ["g", 1]},
        "h": {}, "H": {},
    });
    let channels = json!({"#a": {}, "#b": {"founder": "h", "amode": {"h": 1}}});
    let expected = [
        "channels.#a.founder: expected an account, found nothing",
        "channels.#b.amode.h: expected a string, found 1",
        "users.a: expected an object, found 5",
        "users.b.name: expected b in any case, found c",
        "users.d.hash: expected a string, found an object",
        "users.e.registeredAt: expected a whole number, found \"then\"",
        "users.f.additionalNicks: expected a list of strings, found a list",
        "users.h: expected each name only once, found another spelling of it",
    ];
    assert_eq!(problems(&anope(users, channels)), expected);
}

#[test]
fn other_kinds_of_files_are_not_imported() {
    for text in ["", "[]", "nonsense", "{\"key\":\"meta/export\"}\n{}"] {
        assert!(read(text.as_bytes(), &config("ascii"), NOW_MS).is_none(), "{text}");
    }
}

#[test]
fn imported_values_obey_the_rules_of_the_server() {
    let (long, later) = ("x".repeat(100), (NOW_MS + 1_000_000) * 1_000_000);
    let users = json!({
        "alice": {"hash": HASH, "email": "a@b.example\r\nQUIT", "vhost": "a\u{0}b", "registeredAt": later},
        "bob": {"hash": HASH, "email": "bob@b.example", "vhost": long, "additionalNicks": ["ChanServ"]},
        "carol": {"hash": HASH, "vhost": "carol:staff"},
        "NickServ": {"hash": HASH},
    });
    let channels = json!({"#a": {
        "founder": "alice", "topic": "one\r\ntwo", "topicSetBy": "bob\u{0}x!y@z", "topicSetAt": later,
        "modes": "+nk sesame", "key": "a\u{0}b", "forward": "#A",
    }});
    let (state, skipped) = read_ascii(&anope(users, channels)).unwrap();
    let expected = [
        "users.NickServ: the name is reserved for a service",
        "users.alice.email: not an email address",
        "users.alice.vhost: not allowed by accounts.vhosts",
        "users.bob.vhost: not allowed by accounts.vhosts",
        "users.carol.vhost: not allowed by accounts.vhosts",
        "users.bob.additionalNicks.0: the nick is reserved for a service",
        "channels.#a.modes: k is not a mode without a parameter",
        "channels.#a.key: not a valid channel key; the channel gets none",
    ];
    assert_eq!(skipped, expected);
    assert_eq!(state.accounts["alice"].registered_ms, NOW_MS);
    assert_eq!(state.accounts["bob"].email.as_deref(), Some("bob@b.example"));
    let channel = &state.channels[state.channel_by_key("#a").unwrap()];
    let topic = channel.topic.as_ref().unwrap();
    assert_eq!((&*topic.text, &*topic.by, topic.at_s), ("one  two", "bob", NOW_MS / 1000));
    assert!(channel.forward.is_none() && channel.flags.to_string() == "+n");
}

proptest::proptest! {
    /// Under every casemapping, the records of any document contain nothing that can break a line.
    #[test]
    fn no_record_contains_a_line_break(
        texts in proptest::collection::vec("(a|b|#|@|\\.|!|x|é|\r|\n|\u{0}| |:|,){0,9}", 9),
    ) {
        let user = json!({
            "hash": HASH, "email": texts[0], "vhost": texts[1], "additionalNicks": [texts[2]],
            "certfps": [texts[3]],
        });
        let channel = json!({
            "founder": "alice", "topic": texts[4], "topicSetBy": texts[5], "key": texts[6],
            "forward": texts[7], "modes": texts[8], "amode": {(&texts[2]): "o"},
        });
        let document = anope(
            json!({"alice": user.clone(), (&texts[2]): user}),
            json!({"#a": channel.clone(), (&texts[7]): channel}),
        );
        for casemapping in ["ascii", "precis", "permissive", "rfc1459"] {
            let read = read(document.to_string().as_bytes(), &config(casemapping), NOW_MS);
            let read = read.expect("an object");
            for (key, value) in read.map(|imported| imported.records).unwrap_or_default() {
                let value = String::from_utf8(value).unwrap();
                for bad in ["\\r", "\\n", "\\u0000"] {
                    let is_clean = !value.contains(bad) && !key.contains(['\r', '\n', '\0']);
                    proptest::prop_assert!(is_clean, "{key} {value}");
                }
            }
        }
    }
}
