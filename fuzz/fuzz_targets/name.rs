//! Names: no input panics, and the key of a key is the key itself.

#![no_main]

use ircd::text::{CaseMapping, ident, truncate};
use libfuzzer_sys::fuzz_target;

const BYTES_MAX: usize = 64;

fuzz_target!(|raw: &str| {
    assert!(truncate(raw, BYTES_MAX).len() <= BYTES_MAX);
    ident(raw, BYTES_MAX);
    for mapping in [
        CaseMapping::Ascii,
        CaseMapping::Rfc1459,
        CaseMapping::Rfc1459Strict,
        CaseMapping::Precis,
        CaseMapping::Permissive,
    ] {
        mapping.skeleton(raw);
        if let Ok(nick) = mapping.nick(raw, BYTES_MAX) {
            assert_eq!(nick.as_str(), raw);
            assert_eq!(mapping.nick_key(nick.key()).as_deref(), Ok(nick.key()));
        }
        if let Ok(channel) = mapping.channel(raw, BYTES_MAX) {
            assert_eq!(mapping.channel_key(channel.key()).as_deref(), Ok(channel.key()));
        }
    }
});
