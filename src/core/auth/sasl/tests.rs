//! Exchanges with each mechanism, in chunks as clients send them.

use proptest::prelude::*;

use super::*;

fn login(account: &str, device: Option<&str>) -> Login {
    Login { account: account.to_owned(), device: device.map(str::to_owned) }
}

fn password(account: &str, device: Option<&str>, passphrase: &str) -> SaslStep {
    SaslStep::Check(SaslClaim::Password { login: login(account, device), passphrase: passphrase.to_owned() })
}

/// Sends `response` as a client would.
fn send(exchange: &mut Exchange, response: &[u8]) -> SaslStep {
    let chunks = challenge_chunks(response);
    let (last, full) = chunks.split_last().unwrap();
    for chunk in full {
        assert_eq!(exchange.feed(chunk), SaslStep::NeedMore);
    }
    exchange.feed(last)
}

fn outcome(mechanism: Mechanism, response: &[u8]) -> SaslStep {
    send(&mut Exchange::new(mechanism), response)
}

#[test]
fn mechanisms_have_names() {
    for mechanism in [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256] {
        assert_eq!(Mechanism::parse(&mechanism.name().to_lowercase()), Some(mechanism));
    }
    assert_eq!(Mechanism::parse("SCRAM-SHA-256-PLUS"), None);
    assert_eq!(Mechanism::parse(""), None);
}

#[test]
fn plain_claims() {
    // The example of the IRCv3 specification: jilles, sesame.
    let step = Exchange::new(Mechanism::Plain).feed("amlsbGVzAGppbGxlcwBzZXNhbWU=");
    assert_eq!(step, password("jilles", None, "sesame"));
    let cases: &[(&str, SaslStep)] = &[
        ("\0alice\0secret", password("alice", None, "secret")),
        ("\0alice@phone\0a@b", password("alice", Some("phone"), "a@b")),
        ("alice\0alice@phone\0x", password("alice", Some("phone"), "x")),
        ("alice@phone\0alice@phone\0x", password("alice", Some("phone"), "x")),
        ("\0alice@\0x", password("alice", None, "x")),
        ("\0\0", password("", None, "")),
        ("bob\0alice\0x", SaslStep::Failed(Reason::OtherIdentity)),
        ("\0alice", SaslStep::Failed(Reason::Malformed)),
        ("\0alice\0a\0b", SaslStep::Failed(Reason::Malformed)),
        ("", SaslStep::Failed(Reason::Malformed)),
        // A device name that would forge a line when shown to an operator.
        ("\0alice@d\r\n:NickServ NOTICE oper :forged\0x", SaslStep::Failed(Reason::Malformed)),
        ("\0alice\r\nQUIT\0x", SaslStep::Failed(Reason::Malformed)),
        ("alice@d\n\0alice\0x", SaslStep::Failed(Reason::Malformed)),
    ];
    for (response, expected) in cases {
        assert_eq!(outcome(Mechanism::Plain, response.as_bytes()), *expected, "{response:?}");
    }
    assert_eq!(outcome(Mechanism::Plain, b"\0alice\0\xff"), SaslStep::Failed(Reason::Malformed));
}

#[test]
fn external_claims() {
    let claim = |account, device| SaslStep::Check(SaslClaim::External(login(account, device)));
    assert_eq!(outcome(Mechanism::External, b""), claim("", None));
    assert_eq!(outcome(Mechanism::External, b"alice"), claim("alice", None));
    assert_eq!(outcome(Mechanism::External, b"alice@phone"), claim("alice", Some("phone")));
    assert_eq!(outcome(Mechanism::External, b"@phone"), claim("", Some("phone")));
    for forged in [b"alice@a\r\nb".as_slice(), b"alice\n", b"al\0ice", b"alice@two words"] {
        assert_eq!(outcome(Mechanism::External, forged), SaslStep::Failed(Reason::Malformed));
    }
}

/// RFC 7677 section 3, in chunks.
#[test]
fn scram_succeeds() {
    let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = ScramKeys::derive("pencil", salt, 4096);
    let last = concat!(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,",
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );
    let start = || {
        let mut exchange = Exchange::new(Mechanism::ScramSha256);
        let step = send(&mut exchange, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        assert_eq!(step, SaslStep::Keys(login("user", None)));
        exchange
    };
    let mut exchange = start();
    let SaslStep::Challenge(challenge) = exchange.answer_keys(&keys, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0") else {
        panic!("no challenge")
    };
    assert!(challenge.ends_with(b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    let server_final = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_vec();
    assert_eq!(send(&mut exchange, last.as_bytes()), SaslStep::Challenge(server_final));
    let mut hasty = exchange.clone();
    assert_eq!(send(&mut hasty, b"?"), SaslStep::Failed(Reason::Malformed));
    assert_eq!(exchange.feed("+"), SaslStep::Check(SaslClaim::Scram(login("user", None))));
    assert_eq!(exchange.feed("+"), SaslStep::Failed(Reason::Malformed));

    // A replay of the same messages fails because the server's nonce differs.
    let mut replayed = start();
    replayed.answer_keys(&keys, &nonce([7; 18]));
    assert_eq!(send(&mut replayed, last.as_bytes()), SaslStep::Failed(Reason::Proof));
    assert_eq!(replayed.feed("+"), SaslStep::Failed(Reason::Malformed));

    // For an account that does not exist, the messages look the same up to the proof.
    let mut unknown = start();
    let step = unknown.answer_keys(&ScramKeys::pretend(b"secret", "user"), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    let SaslStep::Challenge(pretended) = step else { panic!("no challenge") };
    assert_eq!(pretended.len(), challenge.len());
    assert_eq!(send(&mut unknown, last.as_bytes()), SaslStep::Failed(Reason::Proof));
}

#[test]
fn scram_out_of_turn() {
    let first = b"n,a=alice,n=alice@phone,r=x";
    let mut exchange = Exchange::new(Mechanism::ScramSha256);
    assert_eq!(send(&mut exchange, first), SaslStep::Keys(login("alice", Some("phone"))));
    assert_eq!(send(&mut exchange, first), SaslStep::Failed(Reason::Malformed));
    let keys = ScramKeys::pretend(b"", "");
    assert_eq!(exchange.answer_keys(&keys, "y"), SaslStep::Failed(Reason::Malformed));
    let mut plain = Exchange::new(Mechanism::Plain);
    assert_eq!(plain.answer_keys(&keys, "y"), SaslStep::Failed(Reason::Malformed));
    let other = outcome(Mechanism::ScramSha256, b"n,a=bob,n=alice,r=x");
    assert_eq!(other, SaslStep::Failed(Reason::OtherIdentity));
}

#[test]
fn failures_end_the_exchange() {
    let full = "A".repeat(CHUNK_BYTES_MAX);
    let long = "A".repeat(CHUNK_BYTES_MAX + 1);
    let cases = [
        ("*", Reason::Aborted),
        (&long[..], Reason::ChunkTooLong),
        ("AAA", Reason::Encoding),
        ("\u{e4}", Reason::Encoding),
        ("AAAA AAA", Reason::Encoding),
    ];
    for (chunk, reason) in cases {
        let mut exchange = Exchange::new(Mechanism::Plain);
        assert_eq!(exchange.feed(&full), SaslStep::NeedMore);
        assert_eq!(exchange.feed(chunk), SaslStep::Failed(reason), "{chunk}");
        assert_eq!(exchange.feed(&full), SaslStep::Failed(Reason::Malformed), "{chunk}");
    }
}

#[test]
fn the_length_of_a_response_is_limited() {
    let most = [b"\0alice\0".to_vec(), vec![b'x'; RESPONSE_BYTES_MAX - 7]].concat();
    assert_eq!(
        outcome(Mechanism::Plain, &most),
        password("alice", None, &"x".repeat(RESPONSE_BYTES_MAX - 7))
    );
    let mut exchange = Exchange::new(Mechanism::Plain);
    let full = "A".repeat(CHUNK_BYTES_MAX);
    let fed = (0..100).position(|_| exchange.feed(&full) == SaslStep::Failed(Reason::ResponseTooLong));
    assert_eq!(fed, Some(RESPONSE_BYTES_MAX / 300));
}

#[test]
fn debug_output_contains_no_secret() {
    let mut exchange = Exchange::new(Mechanism::Plain);
    exchange.feed(&BASE64.encode(&[b"\0alice\0".to_vec(), vec![b'x'; 293]].concat()));
    assert!(!format!("{exchange:?}").contains("120"), "{exchange:?}");
    let step = outcome(Mechanism::Plain, b"\0alice\0sesame");
    assert!(!format!("{step:?}").contains("sesame"), "{step:?}");
}

#[test]
fn chunks() {
    assert_eq!(challenge_chunks(b""), ["+"]);
    assert_eq!(challenge_chunks(b"a"), ["YQ=="]);
    assert_eq!(challenge_chunks(&[0; 299]).len(), 2);
    assert_eq!(challenge_chunks(&[0; 300]), ["A".repeat(400), "+".to_owned()]);
    assert_eq!(challenge_chunks(&[0; 301]), ["A".repeat(400), "AA==".to_owned()]);
}

proptest! {
    #[test]
    fn chunks_are_reassembled(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let mut exchange = Exchange::new(Mechanism::Plain);
        let mut chunks = challenge_chunks(&bytes);
        prop_assert!(chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK_BYTES_MAX));
        let last = chunks.pop().unwrap();
        for chunk in chunks {
            prop_assert_eq!(exchange.collect(&chunk), Ok(None));
        }
        prop_assert_eq!(exchange.collect(&last), Ok(Some(bytes)));
    }

    #[test]
    fn no_chunk_panics_or_exceeds_the_limit(
        mechanism in 0..3_usize,
        chunks in prop::collection::vec(".{0,20}|[A-Za-z]{400}|\\+", 0..40),
    ) {
        let mechanism = [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256][mechanism];
        let mut exchange = Exchange::new(mechanism);
        for chunk in chunks {
            exchange.feed(&chunk);
            prop_assert!(exchange.response.len() <= RESPONSE_BYTES_MAX);
        }
    }

    #[test]
    fn no_response_panics(mechanism in 0..3_usize, responses in prop::collection::vec(".{0,20}", 1..4)) {
        let mechanism = [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256][mechanism];
        let mut exchange = Exchange::new(mechanism);
        for response in responses {
            if let SaslStep::Keys(_) = send(&mut exchange, response.as_bytes()) {
                exchange.answer_keys(&ScramKeys::pretend(b"", ""), "x");
            }
        }
    }
}
