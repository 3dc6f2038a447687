//! Login with SCRAM, and its safeguards: throttles, suspension, replayed proofs, certificates.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use ircd::engine::{Door, HashJob, Job, LoginOutcome, NetworkJob};

use crate::testbench::{CONFIG, TestBench};

const ACCOUNTS: &str = "
accounts:
  authentication-enabled: true
  advertise-scram: true
  login-via-pass-command: true
  registration: {enabled: true, allow-before-connect: true, bcrypt-cost: 4}
";
const CERTFP: &str = "abababababababababababababababababababababababababababababababab";

/// Returns a bench with an account `alice` and the passphrase `sesame`, whose record `change` edits.
fn bench_with_alice(change: impl FnOnce(&mut Value)) -> TestBench {
    let config = format!("{CONFIG}{ACCOUNTS}");
    let mut bench = TestBench::new(&config);
    connect(&mut bench, "alice", None);
    bench.send("alice", "NICK alice");
    bench.send("alice", "REGISTER * * sesame");
    assert!(bench.perform().contains("REGISTER SUCCESS alice"));
    let mut records = bench.records.clone();
    let (_, record) = records.iter_mut().find(|(key, _)| key.contains("alice")).expect("a record");
    let mut value: Value = serde_json::from_slice(record).unwrap();
    change(&mut value);
    *record = serde_json::to_vec(&value).unwrap();
    TestBench::restored(&config, records)
}

fn connect(bench: &mut TestBench, name: &str, certfp: Option<&str>) {
    bench.connect(name, "127.0.0.1".parse().unwrap(), true, certfp);
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Returns the parameter of the last AUTHENTICATE from the server, decoded.
fn challenge(said: &str) -> String {
    let base64 = said.lines().find_map(|line| line.split_once(" AUTHENTICATE ")).expect("a challenge").1;
    String::from_utf8(BASE64.decode(base64.as_bytes()).unwrap()).unwrap()
}

/// Starts a SCRAM exchange; returns the server's first message.
fn scram_first(bench: &mut TestBench, client: &str, account: &str) -> String {
    assert!(bench.send(client, "AUTHENTICATE SCRAM-SHA-256").contains("AUTHENTICATE +"));
    let first = BASE64.encode(format!("n,,n={account},r=client").as_bytes());
    challenge(&bench.send(client, &format!("AUTHENTICATE {first}")))
}

/// Returns the line with the proof for a passphrase.
fn scram_proof(server_first: &str, account: &str, passphrase: &str) -> String {
    let field = |name: &str| server_first.split(',').find_map(|field| field.strip_prefix(name)).unwrap();
    let mut salted = [0; 32];
    let salt = BASE64.decode(field("s=").as_bytes()).unwrap();
    pbkdf2::pbkdf2_hmac::<Sha256>(passphrase.as_bytes(), &salt, field("i=").parse().unwrap(), &mut salted);
    let unproven = format!("c=biws,r={}", field("r="));
    let client_key = mac(&salted, "Client Key");
    let said = format!("n={account},r=client,{server_first},{unproven}");
    let signature = mac(&Sha256::digest(&client_key), &said);
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, sign)| key ^ sign).collect();
    let proven = format!("{unproven},p={}", BASE64.encode(&proof));
    format!("AUTHENTICATE {}", BASE64.encode(proven.as_bytes()))
}

/// Logs in with SCRAM; returns the last reply.
fn scram(bench: &mut TestBench, client: &str, account: &str, passphrase: &str) -> String {
    let server_first = scram_first(bench, client, account);
    let said = bench.send(client, &scram_proof(&server_first, account, passphrase));
    if said.contains(" 904 ") { said } else { bench.send(client, "AUTHENTICATE +") }
}

fn plain(bench: &mut TestBench, client: &str, account: &str, passphrase: &str) -> String {
    bench.send(client, "AUTHENTICATE PLAIN");
    let response = BASE64.encode(format!("\0{account}\0{passphrase}").as_bytes());
    bench.send(client, &format!("AUTHENTICATE {response}"));
    bench.perform()
}

#[test]
fn scram_proves_the_passphrase() {
    let mut bench = bench_with_alice(|_| {});
    connect(&mut bench, "bob", None);
    let said = scram(&mut bench, "bob", "alice", "sesame");
    assert!(said.contains(" 900 * *!*@* alice ") && said.contains(" 903 "), "{said}");
    assert!(scram(&mut bench, "bob", "alice", "Sesame").contains(" 904 * :Invalid account credentials"));
}

#[test]
fn each_attempt_is_counted_once() {
    use LoginOutcome::{Accepted, Refused, Throttled, Wrong};

    let limit = "  login-throttling: {enabled: true, duration: 1m, max-attempts: 2}\n";
    let mut bench = bench_with_alice(|_| {});
    let outcomes = |bench: &mut TestBench| std::mem::take(&mut bench.logins);
    for (number, (passphrase, outcome)) in [("sesame", Accepted), ("Sesame", Wrong)].into_iter().enumerate() {
        connect(&mut bench, &format!("p{number}"), None);
        plain(&mut bench, &format!("p{number}"), "alice", passphrase);
        assert_eq!(outcomes(&mut bench), [outcome], "PLAIN {passphrase}");
        connect(&mut bench, &format!("s{number}"), None);
        scram(&mut bench, &format!("s{number}"), "alice", passphrase);
        assert_eq!(outcomes(&mut bench), [outcome], "SCRAM {passphrase}");
    }
    connect(&mut bench, "bob", Some(CERTFP));
    bench.send("bob", "AUTHENTICATE EXTERNAL");
    bench.send("bob", "AUTHENTICATE +");
    assert_eq!(outcomes(&mut bench), [Wrong], "EXTERNAL");
    bench.restart(&format!("{CONFIG}{ACCOUNTS}{limit}"));
    connect(&mut bench, "carol", None);
    for _ in 0..2 {
        plain(&mut bench, "carol", "alice", "Sesame");
        assert_eq!(outcomes(&mut bench), [Wrong]);
    }
    bench.send("carol", "AUTHENTICATE PLAIN");
    bench.send("carol", &format!("AUTHENTICATE {}", BASE64.encode(b"\0alice\0sesame")));
    assert_eq!(outcomes(&mut bench), [Throttled]);
    let mut bench = bench_with_alice(|record| record["verified"] = json!(false));
    connect(&mut bench, "alice", None);
    plain(&mut bench, "alice", "alice", "sesame");
    assert_eq!(outcomes(&mut bench), [Refused]);
}

#[test]
fn auth_script_does_not_receive_the_certificate_of_a_gateway() {
    let config = format!(
        "{CONFIG}{ACCOUNTS}  \
         auth-script: {{enabled: true, command: /bin/true, timeout: 9s, kill-timeout: 1s}}\n"
    );
    let config = config.replace(
        "server:\n",
        &format!(
            "server:\n  proxy-allowed-from: [10.0.0.1]\n  webirc: [{{hosts: [10.0.0.1], certfp: {CERTFP}}}]\n"
        ),
    );
    for line in ["WEBIRC x gateway host 192.0.2.7", "PROXY TCP4 192.0.2.7 10.0.0.2 1 2"] {
        let mut bench = TestBench::new(&config);
        let certificates = vec![b"the gateway's".to_vec()].into();
        let from = crate::testbench::door("10.0.0.1".parse().unwrap());
        bench.enter("web", Door { secure: true, certfp: Some(CERTFP.into()), certificates, ..from });
        bench.send("web", line);
        bench.send("web", "AUTHENTICATE PLAIN");
        let said = bench.send("web", &format!("AUTHENTICATE {}", BASE64.encode(b"\0alice\0sesame")));
        let Job::Network(NetworkJob::AskAuthScript { call, .. }) = bench.job() else { panic!("{said}") };
        assert_eq!(call.ip.to_string(), "192.0.2.7", "{line}");
        assert!(call.certfp.is_empty() && call.certificates.is_empty(), "{line}");
    }
}

#[test]
fn an_invalid_stored_device_is_dropped_and_no_record_forges_a_line() {
    let long = "d".repeat(8000);
    let forged = "d\r\n:NickServ NOTICE alice :forged";
    let mut bench = bench_with_alice(|record| {
        record["last_seen"] = json!({"": 1, "phone": 2, &long: 3, forged: 4, "two words": 5});
        record["email"] = json!("a@example.org\r\n:irc.test NOTICE alice :forged\u{0}");
    });
    let account = &bench.engine.state().accounts["alice"];
    let devices: Vec<&str> = account.last_seen.keys().map(|device| &**device).collect();
    assert_eq!(devices, ["", "phone"]);
    connect(&mut bench, "alice", None);
    bench.send("alice", "NICK alice");
    bench.send("alice", "USER alice:sesame 0 * :A");
    bench.perform();
    let said = bench.send("alice", "NS INFO");
    assert!(said.contains(":Email address: a@example.org  :irc.test NOTICE alice :forged"), "{said}");
}

#[test]
fn scram_does_not_reveal_which_accounts_exist() {
    let mut bench = bench_with_alice(|_| {});
    connect(&mut bench, "bob", None);
    let shape = |first: String| (first.len(), first.split(',').count(), first.ends_with(",i=4096"));
    let known = scram_first(&mut bench, "bob", "alice");
    bench.send("bob", "AUTHENTICATE *");
    let unknown = scram_first(&mut bench, "bob", "unknown");
    bench.send("bob", "AUTHENTICATE *");
    let again = scram_first(&mut bench, "bob", "unknown");
    let salt = |first: &str| first.split(',').nth(1).unwrap().to_owned();
    assert_eq!(salt(&unknown), salt(&again), "a changing salt would reveal it");
    assert_ne!(unknown, again, "each exchange has its own nonce");
    assert_eq!(shape(known), shape(unknown));
    let proof = scram_proof(&again, "unknown", "sesame");
    assert!(bench.send("bob", &proof).contains(" 904 * :Invalid account credentials"));
}

#[test]
fn scram_proof_is_valid_for_one_exchange() {
    let mut bench = bench_with_alice(|_| {});
    connect(&mut bench, "bob", None);
    let server_first = scram_first(&mut bench, "bob", "alice");
    let proof = scram_proof(&server_first, "alice", "sesame");
    bench.send("bob", &proof);
    assert!(bench.send("bob", "AUTHENTICATE +").contains(" 903 "));
    // The same lines on another connection, and on the same one again.
    connect(&mut bench, "eve", None);
    for client in ["eve", "bob"] {
        scram_first(&mut bench, client, "alice");
        assert!(bench.send(client, &proof).contains(" 904 "), "{client}");
    }
    // Without an exchange, a proof is an unknown mechanism.
    assert!(bench.send("eve", &proof).contains(" 904 "));
}

#[test]
fn unusable_account_rejects_every_kind_of_login() {
    let suspension = json!({"by": "admin", "reason": "spam", "at_ms": 0});
    let with_certificate = |record: &mut Value| record["credentials"]["Certfps"] = json!([CERTFP]);
    let suspended = bench_with_alice(|record| {
        record["suspended"] = suspension;
        with_certificate(record);
    });
    assert_no_login(suspended, "Your account has been suspended");
    let unverified = bench_with_alice(|record| {
        record["verified"] = json!(false);
        with_certificate(record);
    });
    assert_no_login(unverified, "Your account has not been verified yet");
}

/// Tries every way to log in. The server gives the reason only to a client that knows the passphrase.
fn assert_no_login(mut bench: TestBench, why: &str) {
    connect(&mut bench, "bob", None);
    let said_why = why;
    let why = &format!(" 904 * :{said_why}");
    let wrong = " 904 * :Invalid account credentials";
    assert!(plain(&mut bench, "bob", "alice", "wrong").contains(wrong));
    assert!(scram(&mut bench, "bob", "alice", "wrong").contains(wrong));
    assert!(plain(&mut bench, "bob", "alice", "sesame").contains(why));
    assert!(scram(&mut bench, "bob", "alice", "sesame").contains(why));
    // Without an exchange, the reply is not about SASL.
    bench.send("bob", "PASS alice:sesame");
    assert!(bench.perform().contains(&format!("NOTICE * :{said_why}")));
    bench.send("bob", "NICK bob");
    bench.send("bob", "USER alice:sesame 0 * :Bob");
    assert!(!bench.perform().contains(" 900 "));
    connect(&mut bench, "eve", Some(CERTFP));
    bench.send("eve", "AUTHENTICATE EXTERNAL");
    assert!(bench.send("eve", "AUTHENTICATE +").contains(why));
    bench.send("eve", "NICK eve");
    bench.send("eve", "USER eve 0 * :Eve");
    assert!(bench.send("eve", "NS IDENTIFY").contains(said_why));
    bench.send("eve", "NS IDENTIFY alice sesame");
    assert!(bench.perform().contains(said_why));
    bench.send("eve", "NS IDENTIFY alice wrong");
    assert!(!bench.perform().contains(said_why));
    assert!(bench.send("eve", "NS GHOST alice").contains("NOTICE eve"));
    assert!(bench.engine.state().users_of("alice").is_empty());
}

/// Returns the hash that a passphrase is compared with, and the final reply to the client.
fn refusal(bench: &mut TestBench, lines: &[&str]) -> (String, String) {
    let mut said: String = lines.iter().map(|line| bench.send("bob", line)).collect();
    let Job::Hash(HashJob::CheckLogin { credentials, .. }) = bench.job() else { panic!("{said}") };
    let hash = String::from_utf8(credentials.passphrase_hash.clone().unwrap()).unwrap();
    said += &bench.perform();
    (hash, said.lines().filter(|line| line.starts_with("bob < ")).map(|line| format!("{line}\n")).collect())
}

#[test]
fn unknown_account_is_indistinguishable_from_a_wrong_passphrase() {
    let attempts = |account: &str| -> [Vec<String>; 3] {
        let response = BASE64.encode(format!("\0{account}\0guess").as_bytes());
        [
            vec!["AUTHENTICATE PLAIN".to_owned(), format!("AUTHENTICATE {response}")],
            vec![format!("PASS {account}:guess")],
            vec![format!("NS IDENTIFY {account} guess")],
        ]
    };
    for (known, unknown) in attempts("alice").into_iter().zip(attempts("unknown")) {
        let outcome = |lines: Vec<String>| {
            let mut bench = bench_with_alice(|_| {});
            connect(&mut bench, "bob", None);
            if lines[0].starts_with("NS ") {
                bench.send("bob", "NICK bob");
                bench.send("bob", "USER bob 0 * :Bob");
            }
            refusal(&mut bench, &lines.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let (real, wrong_passphrase) = outcome(known);
        let (decoy, wrong_name) = outcome(unknown);
        assert_eq!(wrong_passphrase, wrong_name);
        // The time depends on version and cost.
        assert_eq!(real[..7], decoy[..7]);
        assert_eq!(&real[..7], "$2a$04$");
        assert_eq!(real.len(), decoy.len());
        assert_ne!(real, decoy);
    }
}

#[test]
fn hash_with_another_cost_is_upgraded_at_login() {
    let hash_of = |bench: &TestBench| {
        let record: Value = serde_json::from_slice(&bench.records["account/alice"]).unwrap();
        let hash = BASE64.decode(record["credentials"]["PassphraseHash"].as_str().unwrap().as_bytes());
        String::from_utf8(hash.unwrap()).unwrap()
    };
    let before = bench_with_alice(|_| {});
    assert!(hash_of(&before).starts_with("$2a$04$"));
    let higher_cost = format!("{CONFIG}{}", ACCOUNTS.replace("bcrypt-cost: 4", "bcrypt-cost: 5"));
    let mut bench = TestBench::restored(&higher_cost, before.records);
    connect(&mut bench, "bob", None);
    assert!(plain(&mut bench, "bob", "alice", "sesamf").contains(" 904 "));
    assert!(hash_of(&bench).starts_with("$2a$04$"));
    assert!(plain(&mut bench, "bob", "alice", "sesame").contains(" 903 "));
    assert!(hash_of(&bench).starts_with("$2a$05$"), "an unknown name takes as long");
    assert!(scram(&mut bench, "bob", "alice", "sesame").contains(" 903 "));
}

#[test]
fn certificate_logs_in_to_its_own_account_only() {
    let mut bench = bench_with_alice(|record| record["credentials"]["Certfps"] = json!([CERTFP]));
    connect(&mut bench, "bob", Some(CERTFP));
    let mut external = |authzid: &str| {
        bench.send("bob", "AUTHENTICATE EXTERNAL");
        let response = if authzid.is_empty() { "+".to_owned() } else { BASE64.encode(authzid.as_bytes()) };
        bench.send("bob", &format!("AUTHENTICATE {response}"))
    };
    assert!(external("").contains(" 900 * *!*@* alice "));
    assert!(external("alice@phone").contains(" 903 "));
    assert!(external("unknown").contains(" 904 "));
    connect(&mut bench, "eve", Some(&CERTFP.replace('a', "c")));
    bench.send("eve", "AUTHENTICATE EXTERNAL");
    assert!(bench.send("eve", "AUTHENTICATE +").contains(" 904 * :Invalid account credentials"));
}

#[test]
fn old_hash_is_upgraded_at_login() {
    let old = |record: &mut Value| {
        let credentials = &mut record["credentials"];
        credentials["Version"] = json!(-2);
        credentials["PassphraseHash"] = json!(BASE64.encode(b"plain:c2VzYW1l"));
        credentials["Iters"] = json!(0);
    };
    let mut bench = bench_with_alice(old);
    connect(&mut bench, "bob", None);
    assert!(scram(&mut bench, "bob", "alice", "sesame").contains(" 904 "), "there are no keys yet");
    assert!(plain(&mut bench, "bob", "alice", "sesame").contains(" 903 "));
    assert!(scram(&mut bench, "bob", "alice", "sesame").contains(" 903 "));
}
