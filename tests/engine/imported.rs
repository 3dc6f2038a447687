//! Accounts imported from other services log in, first with an old hash and then with an upgraded one.

use data_encoding::BASE64;
use ircd::state::import::{self, Imported};
use serde_json::{Value, json};

use crate::testbench::{CONFIG, TestBench, config};

/// Returns the version of the stored credentials, and whether there are SCRAM keys.
fn stored(bench: &TestBench, account: &str) -> (i64, bool) {
    let record: Value = serde_json::from_slice(&bench.records[&format!("account/{account}")]).unwrap();
    let credentials = &record["credentials"];
    (credentials["Version"].as_i64().unwrap(), credentials["Iters"].as_u64() == Some(4096))
}

fn bench(source: &str, hash: &str) -> TestBench {
    let document = json!({
        "version": 1,
        "source": source,
        "users": {"Alice": {"name": "Alice", "hash": hash, "additionalNicks": ["al"], "vhost": "garden"}},
        "channels": {"#roses": {
            "name": "#roses", "founder": "Alice", "modes": "nt", "topic": "Thorns", "topicSetBy": "al",
        }},
    });
    let text = format!(
        "{CONFIG}accounts: {{authentication-enabled: true, vhosts: {{enabled: true, max-length: 64}}}}\n"
    );
    let read = import::read(document.to_string().as_bytes(), &config(&text), 1_600_000_000_000);
    let Imported { records, skipped } = read.unwrap().unwrap();
    assert_eq!(skipped, Vec::<String>::new());
    TestBench::restored(&text, records.into_iter().collect())
}

fn log_in(bench: &mut TestBench, client: &str, passphrase: &str) -> String {
    bench.connect(client, "127.0.0.1".parse().unwrap(), true, None);
    bench.send(client, "CAP REQ :sasl");
    bench.send(client, &format!("NICK {client}"));
    bench.send(client, "USER u 0 * :r");
    bench.send(client, "AUTHENTICATE PLAIN");
    let response = BASE64.encode(format!("\0alice\0{passphrase}").as_bytes());
    bench.send(client, &format!("AUTHENTICATE {response}"));
    bench.perform() + &bench.send(client, "CAP END")
}

#[test]
fn imported_hash_is_upgraded_at_the_first_login() {
    for (source, hash, passphrase, version) in [
        ("atheme", "$1$hcspif$nCm4r3S14Me9ifsOPGuJT.", "shivarampassphrase", -1),
        ("anope", "md5:dbf8be80e8dccdd33915b482e4390426", "edpassphrase", -2),
    ] {
        let mut bench = bench(source, hash);
        assert_eq!(stored(&bench, "alice"), (version, false));
        let said = log_in(&mut bench, "eve", "guess");
        assert!(said.contains(" 904 "), "{said}");
        assert_eq!(stored(&bench, "alice"), (version, false), "only the right passphrase counts");
        let said = log_in(&mut bench, "alice", passphrase);
        assert!(said.contains(" 903 ") && said.contains(" 001 alice "), "{said}");
        assert_eq!(stored(&bench, "alice"), (1, true));
        let said = log_in(&mut bench, "again", passphrase);
        assert!(said.contains(" 903 "), "{said}");
    }
}

#[test]
fn imported_nicks_and_channels_belong_to_their_accounts() {
    let mut bench = bench("anope", "md5:dbf8be80e8dccdd33915b482e4390426");
    log_in(&mut bench, "alice", "edpassphrase");
    let said = bench.send("alice", "JOIN #roses");
    assert!(said.contains(":alice!~u@garden JOIN #roses"), "{said}");
    assert!(
        said.contains(" 332 alice #roses :Thorns") && said.contains(" 353 alice = #roses :~alice"),
        "{said}"
    );
}
