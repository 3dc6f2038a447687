//! SASL: no sequence of AUTHENTICATE parameters panics, and challenges are no longer than clients accept.
//!
//! The first byte of the input chooses the mechanism; each further line is a parameter. A line that is not
//! base64 is encoded, so that most inputs get past the encoding.

#![no_main]

use data_encoding::BASE64;
use ircd::auth::{CHUNK_BYTES_MAX, Exchange, Mechanism, SaslStep, ScramKeys, challenge_chunks, nonce};
use libfuzzer_sys::fuzz_target;

const MECHANISMS: [Mechanism; 3] = [Mechanism::Plain, Mechanism::External, Mechanism::ScramSha256];

fuzz_target!(|input: &[u8]| {
    let Some((&mechanism, input)) = input.split_first() else { return };
    let mut exchange = Exchange::new(MECHANISMS[usize::from(mechanism) % MECHANISMS.len()]);
    let keys = ScramKeys::derive("pencil", b"salt".to_vec(), 1);
    for line in input.split(|&byte| byte == b'\n') {
        let parameter = match std::str::from_utf8(line) {
            Ok(text) if text == "+" || text == "*" || BASE64.decode(line).is_ok() => text.to_owned(),
            _ => BASE64.encode(line),
        };
        let mut step = exchange.feed(&parameter);
        if let SaslStep::Keys(_) = step {
            step = exchange.answer_keys(&keys, &nonce([7; 18]));
        }
        match step {
            SaslStep::Challenge(bytes) => {
                assert!(challenge_chunks(&bytes).iter().all(|chunk| chunk.len() <= CHUNK_BYTES_MAX));
            }
            SaslStep::NeedMore => {}
            SaslStep::Keys(_) => panic!("the keys were given"),
            SaslStep::Check(_) | SaslStep::Failed(_) => return,
        }
    }
});
