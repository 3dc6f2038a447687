//! PROXY headers: no input panics, and every address that is read is canonical.

#![no_main]

use ircd::wire::proxy::{V1_BYTES_MAX, V2_FIXED_BYTES, V2_SIGNATURE, v1, v2, v2_rest_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(line) = std::str::from_utf8(input)
        && let Ok(Some(ip)) = v1(line)
    {
        assert!(line.len() + 2 <= V1_BYTES_MAX && ip == ip.to_canonical());
    }
    // Prepend the signature, to get past the check for it.
    let signed = [&V2_SIGNATURE, input].concat();
    if let Some((fixed, rest)) = signed.split_first_chunk::<V2_FIXED_BYTES>() {
        let _ = v2_rest_bytes(fixed);
        if let Ok(Some(ip)) = v2(fixed, rest) {
            assert!(ip == ip.to_canonical() && rest.len() >= 12);
        }
    }
});
