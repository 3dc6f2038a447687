//! Masks and globs: no input panics, and parsing a canonical mask returns it unchanged.
//!
//! The input is a mask and, after a newline, the user to match it against.

#![no_main]

use ircd::text::{CaseMapping, Mask, glob};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (pattern, user) = input.split_once('\n').unwrap_or((input, input));
    glob::matches(pattern, user);
    assert!(glob::matches(user, user), "a text matches itself, with or without wildcards");
    for mapping in [CaseMapping::Ascii, CaseMapping::Rfc1459, CaseMapping::Precis, CaseMapping::Permissive] {
        if let Some(mask) = Mask::parse(mapping, pattern) {
            mask.matches(user);
            assert_eq!(Mask::parse(mapping, mask.as_str()).as_ref(), Some(&mask));
        }
    }
});
