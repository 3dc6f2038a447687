//! WebSocket frames: no input panics, no line is longer than the limit, a text message is UTF-8, and the
//! way the bytes are split into reads makes no difference.
//!
//! The first byte of the input is the size of the reads; the rest is what the client sends.

#![no_main]

use ircd::engine::Line;
use ircd::net::websocket::Decoder;
use libfuzzer_sys::fuzz_target;

const LINE_BYTES_MAX: usize = 64;

/// Returns the lines, the reply, and whether the connection stays open.
fn decode(input: &[u8], read_bytes: usize) -> (Vec<Vec<u8>>, Vec<u8>, bool) {
    let (mut lines, mut reply) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::default();
    for read in input.chunks(read_bytes) {
        let result = decoder.feed(read, LINE_BYTES_MAX, &mut reply, |line| {
            lines.push(match line {
                Line::Text(line) => line.as_bytes().to_vec(),
                Line::Bytes(line) => {
                    assert!(std::str::from_utf8(line).is_err());
                    line.to_vec()
                }
                Line::Overlong => b"overlong".to_vec(),
            });
            true
        });
        match result {
            Ok(used) => assert_eq!(used, read.len()),
            Err(_) => return (lines, reply, false),
        }
    }
    (lines, reply, true)
}

fuzz_target!(|input: &[u8]| {
    let Some((&size, input)) = input.split_first() else { return };
    let whole = decode(input, input.len().max(1));
    assert!(whole.0.iter().all(|line| line.len() <= LINE_BYTES_MAX));
    // A pong is shorter than its ping: it has no mask.
    assert!(whole.1.len() <= input.len());
    assert_eq!(whole, decode(input, usize::from(size).max(1)));
});
